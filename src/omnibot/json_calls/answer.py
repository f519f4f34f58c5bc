"""Reads an HTTP/1.1 answer from the pieces in which it comes (RFC 9112). Pure.

A reader that goes wrong about where an answer ends takes the next call's for this one's. So a head that is not exactly
well-formed is an error, and whatever leaves a doubt ends the connection (`Reader.is_clean`).
"""

import re
from functools import lru_cache
from typing import NamedTuple

HEAD_LIMIT = 32 * 1024  # bytes; also of the fields behind the last chunk, and of a chunk's own line

_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
# Possessive: what does not fit is refused in one pass, however long it is.
_HEAD = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n]*+)?((?:\r\n%b:[^\r\n\0]*+)*+)" % _NAME)
_FIELD = re.compile(rb"%b:[^\r\n\0]*+" % _NAME)
_FRAMING = re.compile(
    rb"\r\n(content-length|transfer-encoding|content-encoding|connection):[ \t]*+([^\r\n]*+)", re.IGNORECASE
)
_LENGTH = re.compile(rb"[0-9]{1,15}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?")
_NO_BODY = frozenset((204, 304))
_IDENTITY = (b"", b"identity")


class Malformed(Exception):
    """It is no answer, it is cut off, or it is larger than we take."""


class Answer(NamedTuple):
    """What a platform says to one call."""

    status: int
    body: bytes


class Head(NamedTuple):
    """`length` is the body's, in bytes; None: it comes in chunks, or ends with the connection."""

    status: int
    length: int | None
    is_chunked: bool
    keep_alive: bool


class Reader:
    """Reads the answer to one POST."""

    __slots__ = ("_at", "_body", "_buffer", "_head", "_is_whole", "_left", "_limit", "_trailing")

    def __init__(self, limit: int) -> None:
        """`limit` is the largest body, in bytes."""
        self._limit = limit
        self._buffer, self._at = b"", 0  # what has come, and up to where it is read
        self._head: Head | None = None
        self._body = bytearray()
        self._left = 0  # bytes to come of the body, or of its chunk with the end of line behind it
        self._trailing: int | None = None  # bytes of fields behind the last chunk; None: that has not come
        self._is_whole = False

    @property
    def is_clean(self) -> bool:
        """Whether the answer is whole, nothing came behind it, and the other end keeps the connection."""
        return self._is_whole and self._at == len(self._buffer) and self._head is not None and self._head.keep_alive

    def feed(self, data: bytes) -> Answer | None:
        """The answer, once it is whole. Raises Malformed."""
        self._buffer, self._at = self._buffer[self._at :] + data, 0
        while self._head is None:
            head = self._read_head()
            if head is None:
                return None
            if head.status >= 200:  # others only say that it takes a while
                self._head, self._left = head, head.length or 0
        if self._head.is_chunked:
            return self._finished(self._head) if self._read_chunks() else None
        if self._head.length is None:
            self._left = len(self._buffer) - self._at
            self._take()
            return None
        self._take()
        return None if self._left else self._finished(self._head)

    def end(self) -> Answer:
        """The other end has closed the connection: the answer, if that is what ends it. Raises Malformed."""
        if self._head is None or self._head.is_chunked or self._head.length is not None:
            raise Malformed("the answer is cut off")
        return self._finished(self._head)

    def _read_head(self) -> Head | None:
        end = self._buffer.find(b"\r\n\r\n", self._at)
        if (len(self._buffer) if end < 0 else end) - self._at > HEAD_LIMIT:
            raise Malformed("the head is too long")
        if end < 0:
            return None
        head = read_head(self._buffer[self._at : end])
        self._at = end + 4
        if head.length is not None and head.length > self._limit:
            raise Malformed("the answer is too long")
        return head

    def _read_chunks(self) -> bool:
        """Whether the last one has come: https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding"""
        while True:
            if self._left:
                if not self._take_chunk():
                    return False
                continue
            line = self._line()
            if line is None:
                return False
            if self._trailing is None:
                size = _chunk_size(line)
                if len(self._body) + size > self._limit:
                    raise Malformed("the answer is too long")
                self._left = size + 2 if size else 0
                self._trailing = None if size else 0
                continue
            if not line:
                return True
            self._trailing += len(line)
            if self._trailing > HEAD_LIMIT or not _FIELD.fullmatch(line):
                raise Malformed("what follows the last chunk is no field")

    def _take_chunk(self) -> bool:
        """What has come of a chunk; whether that was all."""
        if self._left > 2:
            self._left -= 2
            self._take()
            self._left += 2
        if self._left > 2 or len(self._buffer) - self._at < 2:
            return False
        if self._buffer[self._at : self._at + 2] != b"\r\n":
            raise Malformed("a chunk is longer than it says")
        self._at, self._left = self._at + 2, 0
        return True

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", self._at)
        if (len(self._buffer) if end < 0 else end) - self._at > HEAD_LIMIT:
            raise Malformed("the line is too long")
        if end < 0:
            return None
        line, self._at = self._buffer[self._at : end], end + 2
        return line

    def _take(self) -> None:
        """What has come of what is left."""
        piece = self._buffer[self._at : self._at + self._left]
        self._body += piece
        self._at += len(piece)
        self._left -= len(piece)
        if len(self._body) > self._limit:
            raise Malformed("the answer is too long")

    def _finished(self, head: Head) -> Answer:
        self._is_whole = True
        return Answer(head.status, bytes(self._body))


@lru_cache(maxsize=32)  # one server's heads are alike: most differ by the second and the length at most
def read_head(data: bytes) -> Head:
    """What a head, without the empty line at its end, says about the answer. Raises Malformed."""
    found = _HEAD.fullmatch(data)
    if found is None:
        raise Malformed("what answers does not speak HTTP/1.1")
    is_newest, status, said = found[1] == b"1", int(found[2]), _FRAMING.findall(found[3])
    fields = {name.lower(): value.rstrip(b" \t").lower() for name, value in said}
    if len(fields) != len(said):
        raise Malformed("the head says twice where the answer ends")
    coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    if status == 101 or coding not in (None, b"chunked") or fields.get(b"content-encoding", b"") not in _IDENTITY:
        raise Malformed("it is written in a way that we did not ask for")
    if length is not None and (coding is not None or not _LENGTH.fullmatch(length)):
        raise Malformed("nobody can say how long the answer is")
    return Head(
        status=status,
        length=0 if status in _NO_BODY else int(length) if length is not None else None,
        is_chunked=coding is not None and status not in _NO_BODY,
        keep_alive=fields.get(b"connection", b"keep-alive" if is_newest else b"close") == b"keep-alive",
    )


def _chunk_size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise Malformed("a chunk does not say how long it is")
    return int(found[1], 16)
