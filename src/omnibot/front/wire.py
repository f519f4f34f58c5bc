"""Writes answers as bytes. Pure."""

from functools import lru_cache
from http import HTTPStatus

from omnibot.exchange import Answer

Headers = tuple[tuple[str, str], ...]

_NO_BODY = frozenset((204, 304))
_CLOSE = b"Connection: close\r\n"


def encode(answer: Answer, *, also: Headers, date: bytes, keep_alive: bool) -> bytes:
    """A whole answer, with the fields that every one has; of one with a source, the head: its body ends with the connection."""
    lead = _lead(answer.status, answer.headers + also)
    if answer.source is not None:
        return b"%b%b%b\r\n" % (lead, date, _CLOSE)
    close = b"" if keep_alive else _CLOSE
    if answer.status in _NO_BODY:
        return b"%b%b%b\r\n" % (lead, date, close)
    return b"%b%b%bContent-Length: %d\r\n\r\n%b" % (lead, date, close, len(answer.body), answer.body)


def date_field(date: str) -> bytes:
    return b"Date: %b\r\n" % date.encode()


@lru_cache(maxsize=256)  # few kinds of answers are sent again and again
def _lead(status: int, headers: Headers) -> bytes:
    """Status line and the fields that depend on nothing else."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{line}\r\n" for line in lines).encode()
