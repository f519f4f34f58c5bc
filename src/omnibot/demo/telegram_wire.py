"""What a Bot API server reads and refuses, and the ways in which it can fail."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Answer like this instead of doing what was asked."""

    status: int
    description: str
    parameters: dict[str, int] = field(default_factory=dict)
    body: bytes | None = None  # in place of the JSON


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Do what was asked, or not, then never answer."""

    is_done: bool = True


@dataclass(frozen=True, kw_only=True)
class Reset:
    """Do what was asked, or not, then break the connection."""

    is_done: bool = True


@dataclass(frozen=True, kw_only=True)
class Late:
    """Do what was asked, so that all see it; answer so many seconds later."""

    seconds: float
    is_done: bool = True


Fault = Refusal | Silence | Reset | Late


def too_many_requests(seconds: int) -> Refusal:
    return Refusal(
        status=429, description=f"Too Many Requests: retry after {seconds}", parameters={"retry_after": seconds}
    )


def blocked() -> Refusal:
    return Refusal(status=403, description="Forbidden: bot was blocked by the user")


async def read_parameters(request: web.Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """As the Bot API takes them: JSON, a form whose values may be JSON, or the query. And the files."""
    if request.content_type == "application/json":
        body = await request.read()
        return (json.loads(body) if body else {}), {}
    parameters: dict[str, Any] = {key: _loaded(key, value) for key, value in request.query.items()}
    files = {}
    for key, value in (await request.post()).items():
        if isinstance(value, str):
            parameters[key] = _loaded(key, value)
        else:
            assert isinstance(value, web.FileField)
            files[key] = (value.filename, value.file.read())
    return parameters, files


def _loaded(key: str, value: str) -> Any:
    return json.loads(value) if value[:1] in ("{", "[") and key not in ("text", "caption") else value


def wrong_text(text: str, entities: list[dict[str, Any]], *, content: str) -> str | None:
    """What Telegram would say about it."""
    units = len(text.encode("utf-16-le")) // 2
    if content == "text" and not text.strip():
        return "Bad Request: message text is empty"
    if units > (4096 if content == "text" else 1024):
        return "Bad Request: message is too long" if content == "text" else "Bad Request: message caption is too long"
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if not 0 <= start < end <= units:
            return f"Bad Request: entity beginning at UTF-16 offset {start} ends after the end of the text"
        wide = text.encode("utf-16-le")
        try:
            wide[2 * start : 2 * end].decode("utf-16-le")
        except UnicodeDecodeError:
            return f"Bad Request: entity at UTF-16 offset {start} begins in a middle of a UTF-16 symbol"
    return None


def refuse(refusal: Refusal) -> web.Response:
    if refusal.body is not None:
        return web.Response(status=refusal.status, body=refusal.body)
    answer: dict[str, Any] = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    return web.json_response(answer, status=refusal.status)
