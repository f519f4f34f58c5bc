"""The bytes of a mail as a tree of parts. Defensive: linear in the size, bounded in depth and number, never raises.

The standard library's parser recurses per level and takes minutes for a thousand nested parts, hence a splitter of our
own (docs/decisions/0014). What is beyond the bounds stays one closed part: nothing is lost, it is just not opened.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from omnibot.adapters.email import headers as header_block
from omnibot.adapters.email.charset import to_text
from omnibot.adapters.email.headers import Headers, one_line, parameters

DEPTH = 30
PARTS = 1_000
_NAME_LENGTH = 200

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_BOUNDARY_LINE = re.compile(rb"(?:^|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a mail, or the mail itself."""

    headers: Headers
    media_type: str  # lower case, text/plain where the mail does not say
    options: dict[str, str]  # the parameters of the content type
    raw: bytes  # as transferred
    parts: tuple["Part", ...] = ()  # of a multipart

    @property
    def charset(self) -> str:
        return self.options.get("charset", "")

    @property
    def is_attachment(self) -> bool:
        return self.headers.token("content-disposition") == "attachment"

    @property
    def content_id(self) -> str:
        return self.headers.raw("content-id").decode("latin-1").strip(" <>")

    @property
    def name(self) -> str:
        """The file's name as the mail gives it, without folders; empty where it gives none."""
        disposition = parameters(self.headers.raw("content-disposition"), self.charset)
        given = disposition.get("filename") or self.options.get("name") or disposition.get("name") or ""
        return one_line(re.split(r"[/\\]", given)[-1])[:_NAME_LENGTH].strip(" .") if given.strip() else ""

    def content(self) -> bytes:
        """The transferred bytes decoded."""
        match self.headers.token("content-transfer-encoding"):
            case "base64":
                return header_block.from_base64(self.raw)
            case "quoted-printable":
                return binascii.a2b_qp(self.raw)
            case "x-uuencode" | "uuencode" | "x-uue":
                return _from_uu(self.raw)
        return self.raw

    def text(self) -> str:
        """A text part as text."""
        text = to_text(self.content(), self.charset)
        if self.media_type == "text/plain" and self.options.get("format", "").lower() == "flowed":
            return _reflowed(text, deletes_space=self.options.get("delsp", "").lower() == "yes")
        return text

    def leaves(self) -> Iterator["Part"]:
        """The parts that are no multiparts, in the order of the mail."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def read(raw: bytes) -> Part:
    """The mail as a tree."""
    return _Reader().part(raw, depth=0, default="text/plain")


class _Reader:
    """Counts the parts of one mail."""

    def __init__(self) -> None:
        self._count = 0

    def part(self, raw: bytes, *, depth: int, default: str) -> Part:
        self._count += 1
        headers, body = header_block.split(raw, is_part=depth > 0)
        media_type = headers.token("content-type")
        if not _MEDIA_TYPE.fullmatch(media_type):
            media_type = "multipart/mixed" if media_type == "multipart" else default
        options = parameters(headers.raw("content-type"))
        parts: tuple[Part, ...] = ()
        if media_type.startswith("multipart/"):
            parts = self._parts(body, options.get("boundary", ""), media_type, depth)
            if not parts and depth < DEPTH:
                media_type = "text/plain"  # it says that it has parts and has none: what is there is the text
        return Part(headers=headers, media_type=media_type, options=options, raw=body, parts=parts)

    def _parts(self, body: bytes, boundary: str, media_type: str, depth: int) -> tuple[Part, ...]:
        if depth >= DEPTH:
            return ()
        default = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
        found = []
        for piece in _pieces(body, boundary):
            if self._count >= PARTS:
                break
            found.append(self.part(piece, depth=depth + 1, default=default))
        return tuple(found)


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """What stands between the boundary lines, up to the closing one or the end."""
    raw = boundary.encode("utf-8", "replace") if boundary else _guessed_boundary(body)
    if not raw:
        return
    line = re.compile(rb"(?:^|\n)--" + re.escape(raw) + rb"(--)?[ \t]*(?:\r?\n|\r|$)")
    start: int | None = None
    position = 0
    while found := line.search(body, position):
        if start is not None:
            yield body[start : found.start()].removesuffix(b"\r")
        if found[1]:
            return
        start = found.end()
        # The line end belongs to this delimiter and may also begin the next one.
        position = max(found.end() - 1, found.start() + 1)
    if start is not None:
        yield body[start:]


def _guessed_boundary(body: bytes) -> bytes:
    for found in _BOUNDARY_LINE.finditer(body[:20_000]):
        if b"\n--" + found[1] + b"--" in body:
            return found[1]
    return b""


def _from_uu(raw: bytes) -> bytes:
    lines = raw.splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    decoded = []
    for line in lines[begin + 1 :]:
        if line.strip() in (b"end", b"`"):
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue  # a damaged line costs itself only
    return b"".join(decoded)


def _reflowed(text: str, *, deletes_space: bool) -> str:
    """RFC 3676: lines that end in a space go on in the next one of the same quote depth."""
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        flows = body.endswith(" ") and body != "-- "
        content = body[:-1] if flows and deletes_space else body
        if open_depth == depth and body != "-- ":
            lines[-1] += content
        else:
            lines.append(f"{'>' * depth} {content}" if depth else content)
        open_depth = depth if flows else -1
    return "\n".join(lines)
