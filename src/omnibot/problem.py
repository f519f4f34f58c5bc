"""Problem documents (RFC 9457): how every HTTP interface of ours says no."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from omnibot.exchange import Answer

if TYPE_CHECKING:
    from aiohttp import web

T = TypeVar("T")

CONTENT_TYPE = "application/problem+json"
JSON_TYPE = "application/json"
BUSY = "the database cannot take it now; try again"


class Problem(Exception):
    """An answer that is not a success: raised where it is found, rendered in one place."""

    def __init__(
        self, status: int, detail: str, *, kind: str | None = None, retry_after: float = 0.0, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.retry_after = retry_after
        self.extra = extra

    def answer(self) -> Answer:
        title = HTTPStatus(self.status).phrase
        body = {"type": self.kind or "about:blank", "title": title, "status": self.status, "detail": self.detail}
        headers = [("Content-Type", CONTENT_TYPE)]
        if self.retry_after:
            headers.append(("Retry-After", str(max(1, ceil(self.retry_after)))))
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", 'Bearer realm="omnibot"'))
        return Answer(self.status, msgspec.json.encode(body | self.extra), tuple(headers))

    def response(self) -> "web.Response":
        from aiohttp import web  # here and below: whoever calls has it, and hot paths do without

        answer = self.answer()
        return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))


async def read_json(request: "web.Request", decoder: "msgspec.json.Decoder[T]") -> T:
    """The body as a `T`. Raises Problem as `decode_json`, and 413."""
    from aiohttp import web

    # Refused by its kind, a body need not be read.
    _check_kind(request.headers)
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Problem(413, "the body is too large") from None
    return decode_json(request.headers, body, decoder)


def decode_json(headers: Mapping[str, str], body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """The body as a `T`. Raises Problem: 415 for another content type, 400 for what is not JSON, 422 for other shapes."""
    _check_kind(headers)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Problem(422, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is not valid JSON: {error}") from None


def _check_kind(headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "")
    # The plain comparison spares most requests that the header is taken apart.
    if kind != JSON_TYPE and kind.partition(";")[0].strip().lower() != JSON_TYPE:
        raise Problem(415, "send the body as application/json")


def checked_text(text: str, *, longest: int, what: str = "text") -> str:
    """A person's words as they can be stored and shown. Raises Problem for what no channel could carry."""
    if "\0" in text:
        raise Problem(422, f"{what} must not contain NUL characters")
    if len(text) > longest:
        raise Problem(422, f"{what} is too long: {len(text)} characters, at most {longest} are taken")
    if not text.strip():
        raise Problem(422, f"{what} is empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Problem(422, f"{what} contains half of a surrogate pair") from None
    return text
