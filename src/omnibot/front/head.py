"""Reads the head of a request, if it is exactly well-formed. Pure.

Two readers that disagree about where a request ends is how requests are smuggled. So this one knows one spelling: a known
method, a path, HTTP/1.1, fields of visible ASCII on one line each, at most one Content-Length and no other framing. For
everything else it answers None, which means that aiohttp reads the connection from here on.
"""

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST = 8_190  # bytes of a head; aiohttp's own limit for a single field
MOST_FIELDS = 100  # aiohttp takes 128
_KEPT_LENGTH = 1_024  # bytes; longer heads are not remembered

_HEAD = re.compile(
    rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[!-~]*) HTTP/1\.1\r\n"
    # Possessive: what does not fit is refused in one pass, however long it is.
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++: ?(?:[!-~](?:[\t -~]*[!-~])?)?\r\n)*+)\r\n"
)
_FIELD = re.compile(r"([^:]+): ?([^\r]*)\r\n")
_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
# Another framing, another protocol, or an answer of its own before the body.
_NEVER = frozenset(("transfer-encoding", "upgrade", "expect", "te", "trailer", "http2-settings"))
_PATH_ONLY = re.compile(r"[A-Za-z0-9._~/-]*", re.ASCII)


class Head(NamedTuple):
    """`length` is the body's, in bytes; `size` the head's own. `is_plain`: nothing in it asks for more than we do."""

    method: str
    target: str
    fields: dict[str, str]  # by lower-case name
    length: int
    size: int
    keep_alive: bool
    is_plain: bool


def read(data: bytes) -> Head | None:
    """The head that `data` begins with; None if it is not whole, or not one that we are sure of."""
    end = data.find(b"\r\n\r\n") + 4
    if not 4 <= end <= LONGEST:
        return None
    return _known(data[:end]) if end <= _KEPT_LENGTH else _read(data[:end])


def _read(data: bytes) -> Head | None:
    found = _HEAD.fullmatch(data)
    if found is None:
        return None
    pairs = _FIELD.findall(found[3].decode("ascii"))
    fields = {name.lower(): value for name, value in pairs}
    if not _NEVER.isdisjoint(fields) or len(pairs) > MOST_FIELDS:
        return None
    length = fields.get("content-length", "0")
    connection = fields.get("connection", "keep-alive").lower()
    is_repeated = len(fields) != len(pairs)
    if connection not in ("keep-alive", "close") or not _LENGTH.fullmatch(length):
        return None
    if is_repeated and any(_count(pairs, name) > 1 for name in ("content-length", "connection", "host")):
        return None
    return Head(
        method=found[1].decode(),
        target=found[2].decode(),
        fields=fields,
        length=int(length),
        size=len(data),
        keep_alive=connection == "keep-alive",
        is_plain=not is_repeated and "host" in fields and "content-encoding" not in fields,
    )


# Whoever keeps a connection says the same in front of each message: a platform's webhook, a widget.
_known = lru_cache(maxsize=1024)(_read)


@lru_cache(maxsize=1024)  # a few are asked for again and again
def split(target: str) -> tuple[str, dict[str, str]] | None:
    """Path and query of a target; None for one that has to be taken apart with more care than this."""
    path, _, query = target.partition("?")
    if not _PATH_ONLY.fullmatch(path):
        return None
    if not query:
        return path, {}
    pairs = [pair.partition("=") for pair in query.split("&")]
    values = {name: value for name, _, value in pairs}
    if len(values) != len(pairs) or not all(map(_PATH_ONLY.fullmatch, (*values, *values.values()))):
        return None
    return path, values


def _count(pairs: list[tuple[str, str]], wanted: str) -> int:
    return sum(name.lower() == wanted for name, _ in pairs)
