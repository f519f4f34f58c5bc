"""The header block of a mail or a part: folding, RFC 2047 words, RFC 2231 parameters; never raises."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import unquote_to_bytes

from omnibot.adapters.email.charset import to_text

# More than any real mail has; what is longer is cut, so that a hostile header costs no time.
BLOCK_LENGTH = 512_000
VALUE_LENGTH = 64_000
HEADERS = 1_000

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.DOTALL)
_USUAL = re.compile(
    rb"^(?:from|to|cc|subject|date|message-id|mime-version|content-type|content-transfer-encoding|received|return-path|x-[\w-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_LOOK_AHEAD = 8_000
_BLANK = re.compile(rb"(?:^|\n)\r?\n")
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,20000})\?=")
_PARAMETER = re.compile(rb";[ \t\r\n]*([^\s=;\"]{1,60})[ \t\r\n]*=[ \t\r\n]*(\"(?:[^\"\\]|\\.)*\"?|[^;]*)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields in their order: lower-case name, raw value with its folds taken out."""

    fields: tuple[tuple[str, bytes], ...]

    def raw(self, name: str) -> bytes:
        """The first of that name; empty if there is none."""
        return next((value for known, value in self.fields if known == name), b"")

    def all(self, name: str) -> Iterator[bytes]:
        return (value for known, value in self.fields if known == name)

    def has(self, name: str) -> bool:
        return any(known == name for known, _ in self.fields)

    def text(self, name: str, charset: str = "") -> str:
        """The first of that name as people read it, on one line, without characters that control or mislead."""
        return one_line(decode_words(self.raw(name), charset))

    def token(self, name: str) -> str:
        """The first word of the value in lower case, without parameters and comments: `auto-replied`, `text/plain`."""
        value = self.raw(name)[:200].decode("latin-1").lower()
        return re.split(r"[;(]", value, maxsplit=1)[0].strip()


def split(raw: bytes, *, is_part: bool = False) -> tuple[Headers, bytes]:
    """The header block and the body of a mail or a part. A part may have no headers; before a mail's, rubbish is skipped."""
    start = 0 if is_part else _start(raw)
    end, body = _end(raw, start)
    fields: list[list[bytes]] = []
    names: list[str] = []
    for line in raw[start : min(end, start + BLOCK_LENGTH)].splitlines():
        found = _FIELD.match(line) if line[:1] not in (b" ", b"\t") else None
        if found is None:
            # A fold; some programs forget to indent it.
            if fields:
                fields[-1].append(line.strip())
        elif len(fields) < HEADERS:
            names.append(found[1].decode("latin-1").lower())
            fields.append([found[2].strip()])
    values = (b" ".join(parts)[:VALUE_LENGTH].strip() for parts in fields)
    return Headers(tuple(zip(names, values, strict=True))), raw[body:]


def _start(raw: bytes) -> int:
    """Behind blank lines and the `From ` line of a mailbox file."""
    start = len(raw) - len(raw.lstrip(b"\r\n")) if raw[:1] in (b"\r", b"\n") else 0
    if raw.startswith((b"From ", b">From "), start):
        end = raw.find(b"\n", start)
        return len(raw) if end < 0 else end + 1
    return start


def _end(raw: bytes, start: int) -> tuple[int, int]:
    """Where the header block ends and where the body begins."""
    position, is_open = start, False
    while position < len(raw):
        if position - start > BLOCK_LENGTH:
            blank = _BLANK.search(raw, position)
            return (blank.start(), blank.end()) if blank else (len(raw), len(raw))
        newline = raw.find(b"\n", position)
        stop = len(raw) if newline < 0 else newline
        line = raw[position : min(stop, position + 200)].rstrip(b"\r")
        following = len(raw) if newline < 0 else newline + 1
        if not line.strip():
            return position, following
        is_field = line[:1] in b" \t" or bool(_FIELD.match(line))
        if not is_field and not is_open and not _goes_on(raw, following):
            return position, position  # the blank line is missing: text begins at once
        is_open = raw[max(position, stop - 3) : stop].rstrip(b"\r").endswith((b";", b","))
        position = following
    return len(raw), len(raw)


def _goes_on(raw: bytes, position: int) -> bool:
    """Whether headers that every mail has stand below, before the next blank line: then the line above was one, too, once."""
    ahead = raw[position : position + _LOOK_AHEAD]
    blank = _BLANK.search(ahead)
    return bool(_USUAL.search(ahead[: blank.start()] if blank else ahead))


def decode_words(value: bytes, charset: str = "") -> str:
    """A header value with its RFC 2047 words decoded; neighbours of one charset are joined before, since some split letters."""
    pieces: list[tuple[str, bytes]] = []
    position = 0
    for found in _WORD.finditer(value):
        between = value[position : found.start()]
        if between.strip() or (between and not pieces):
            pieces.append(("", between))
        pieces.append((found[1].decode("latin-1").lower().partition("*")[0], _word_bytes(found[2], found[3])))
        position = found.end()
    if position < len(value):
        pieces.append(("", value[position:]))
    grouped = groupby(pieces, key=lambda piece: piece[0])
    joined = ((label, b"".join(raw for _, raw in group)) for label, group in grouped)
    return "".join(to_text(raw, label or ("" if raw.isascii() else charset)) for label, raw in joined)


def _word_bytes(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(text, header=True)
    return from_base64(text)


def from_base64(text: bytes) -> bytes:
    """What can be had of it: rubbish is skipped, missing padding added, text behind the end left off."""
    kept = re.sub(rb"[^A-Za-z0-9+/=]", b"", text)
    end = kept.find(b"=")
    if end >= 0 and len(kept) - end > 4:
        # Several encoded pieces, glued together.
        pieces = re.findall(rb"[^=]+=*", kept)
        return b"".join(from_base64(piece) for piece in pieces) if len(pieces) < 1_000 else _unpadded(kept[:end])
    return _unpadded(kept[:end] if end >= 0 else kept)


def _unpadded(text: bytes) -> bytes:
    if len(text) % 4 == 1:
        text = text[:-1]
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


def one_line(text: str) -> str:
    """Without line ends, NUL, and marks that turn the direction of reading."""
    return _CONTROL.sub(" ", text).strip()


def parameters(value: bytes, charset: str = "") -> dict[str, str]:
    """The parameters behind the first `;`, RFC 2231 ones joined and decoded."""
    plain: dict[str, bytes] = {}
    sections: dict[str, dict[int, tuple[bool, bytes]]] = {}
    for found in _PARAMETER.finditer(value[:VALUE_LENGTH]):
        name, text = found[1].decode("latin-1").lower(), _unquoted(found[2].strip())
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(base, text)
            continue
        number, extended = (rest.rstrip("*"), rest.endswith("*")) if rest else ("0", True)
        if number.isdigit() and len(number) < 4:
            sections.setdefault(base, {})[int(number)] = (extended, text)
    read = {name: one_line(decode_words(text, charset)) for name, text in plain.items()}
    return read | {name: _joined(parts) for name, parts in sections.items()}


def _unquoted(text: bytes) -> bytes:
    if not text.startswith(b'"'):
        return text.strip()
    inner = text[1:-1] if text.endswith(b'"') and len(text) > 1 else text[1:]
    return re.sub(rb"\\([\"\\])", rb"\1", inner)


def _joined(parts: dict[int, tuple[bool, bytes]]) -> str:
    label, raw = "", b""
    for number in sorted(parts):
        extended, text = parts[number]
        if number == 0 and extended and text.count(b"'") >= 2:
            given, _, text = text.split(b"'", 2)
            label = given.decode("latin-1")
        raw += unquote_to_bytes(text) if extended else text
    return one_line(to_text(raw, label))
