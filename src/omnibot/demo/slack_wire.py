"""What Slack reads, signs and refuses, and the ways in which it can fail."""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlencode

from aiohttp import web

Json = dict[str, Any]

SIGNING_SECRET = "fake-signing-secret"  # noqa: S105 - of no real app


@dataclass(frozen=True, slots=True)
class Refuse:
    """`ok: false` with this code."""

    code: str
    needed: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """HTTP 429."""

    seconds: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP status without a body of Slack's; `after` the work was done where it is set."""

    status: int
    after: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection breaks, before or after the work was done."""

    after: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, before or after the work was done."""

    after: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """The work is done, and seen by all; the answer comes so many seconds later."""

    seconds: float


Fault = Refuse | RateLimit | Status | Reset | Hang | Late


class Refused(Exception):
    """What a method says instead of ok."""


def path_of(payload: Json) -> str:
    """Which of the app's addresses gets a payload."""
    if "command" in payload:
        return "commands"
    return "events" if "event" in payload or payload.get("type") == "url_verification" else "interactions"


def encode(path: str, payload: Json) -> tuple[bytes, str]:
    """A payload as Slack sends it there, with its content type."""
    if path == "events":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if path == "commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def sign(body: bytes, *, at: int = 1780304400, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """The headers by which an app knows Slack; 1 June 2026, 09:00 UTC unless told otherwise."""
    digest = hmac.new(secret.encode(), b"v0:%d:" % at + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}


def check_limits(given: Json) -> None:
    """Refuse what Slack refuses. https://docs.slack.dev/reference/block-kit/blocks"""
    text, blocks = given.get("text") or "", given.get("blocks") or []
    if not text and not blocks:
        refuse("no_text")
    if len(text) > 40_000:
        refuse("msg_too_long")
    if len(blocks) > 50:
        refuse("invalid_blocks")
    for block in blocks:
        elements = block.get("elements") or []
        if block["type"] == "section" and len(block["text"]["text"]) > 3_000:
            refuse("invalid_blocks")
        if block["type"] in ("actions", "rich_text") and not elements:
            refuse("invalid_blocks")
        if block["type"] == "actions":
            _check_buttons(elements)
    if len(json.dumps(given.get("metadata") or {})) > 8_000:
        refuse("metadata_too_large")
    if sum(map(_characters, blocks)) > 13_200:
        refuse("msg_blocks_too_long")


def check_view(view: Json) -> None:
    """Refuse a modal as Slack does. https://docs.slack.dev/reference/views/modal-views"""
    titles = [view[part]["text"] for part in ("title", "submit", "close")]
    if any(not 1 <= len(title) <= 24 for title in titles) or not 1 <= len(view["blocks"]) <= 100:
        refuse("invalid_arguments")
    if len(view.get("private_metadata") or "") > 3_000:
        refuse("invalid_arguments")
    ids = [block["block_id"] for block in view["blocks"]]
    if len(set(ids)) < len(ids) or any(len(id) > 255 for id in ids):
        refuse("invalid_arguments")
    for block in view["blocks"]:
        element = block["element"]
        options = element.get("options", [])
        if len(block["label"]["text"]) > 2_000 or len(options) > 100:
            refuse("invalid_arguments")
        if element["type"] == "static_select" and (
            not options or any(len(one["text"]["text"]) > 75 or len(one["value"]) > 150 for one in options)
        ):
            refuse("invalid_arguments")


def _check_buttons(buttons: list[Json]) -> None:
    ids = [button["action_id"] for button in buttons]
    is_wrong = len(buttons) > 25 or len(set(ids)) < len(ids) or any(len(id) > 255 for id in ids)
    for button in buttons:
        is_wrong |= len(button["value"]) > 2_000 or not 0 < len(button["text"]["text"]) <= 75
    if is_wrong:
        refuse("invalid_blocks")


def _characters(node: Any) -> int:
    if isinstance(node, dict):
        return sum(
            len(value) if name in ("text", "url") and isinstance(value, str) else _characters(value)
            for name, value in node.items()
        )
    return sum(map(_characters, node)) if isinstance(node, list) else 0


def refuse(code: str) -> NoReturn:
    raise Refused(code)


def page(posts: list[Json], given: Json) -> Json:
    limit, start = int(given.get("limit", 100)), int(given.get("cursor") or 0)
    newer = [post for post in posts if float(post["ts"]) > float(given.get("oldest") or 0)]
    if given.get("include_all_metadata") not in ("true", "1", True):
        newer = [{name: value for name, value in post.items() if name != "metadata"} for post in newer]
    more = {"next_cursor": str(start + limit)} if start + limit < len(newer) else {}
    return {"messages": newer[start : start + limit], "has_more": bool(more), "response_metadata": more}


async def read_arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        given: Json = await request.json()
        return given
    fields = {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}
    return {name: json.loads(value) if value[:1] in ("[", "{") else value for name, value in fields.items()}


async def go_wrong(fault: Fault, request: web.Request) -> web.StreamResponse:
    match fault:
        case Refuse(code, needed):
            return web.json_response({"ok": False, "error": code, **({"needed": needed} if needed else {})})
        case RateLimit(seconds):
            headers = {} if seconds is None else {"Retry-After": str(seconds)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        case Status(status):
            return web.Response(status=status, text="<html>sorry</html>", content_type="text/html")
        case Hang():
            await asyncio.Event().wait()
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
