"""Takes out of a picture what it says beside what it shows: where and when it was taken, by which device, thumbnails, comments.

The pixels are not touched. What stays is what decides how they look: the way up, colours, transparency, animation.
JPEG (ITU T.81, Exif 2.32), PNG (https://www.w3.org/TR/png-3/) and WebP (https://developers.google.com/speed/webp/docs/riff_container)
are known. Nothing raises, whatever the bytes are. What follows the end of a picture goes; one that is broken stays as broken.
"""

import struct
import sys
import zlib
from collections.abc import Callable, Generator

from omnibot.domain.regex import regex

NEEDED = 16  # first bytes that tell which picture it is

# A reader yields what is passed on, and None where it needs more to read.
Reader = Generator[bytes | None, None, None]
Read = Generator[bytes | None, None, bytes]

_LARGEST_EXIF = 65_536  # bytes that are looked at for the way up; in a JPEG there cannot be more
_EXIF = b"Exif\0\0"
# Of a JPEG's application segments: JFIF's measures, colours, and Adobe's kind of colours.
_KEPT_SEGMENTS = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
_COMMENT, _EXIF_SEGMENT, _SCAN, _END = 0xFE, 0xE1, 0xDA, 0xD9
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length: TEM and RST
# Within a scan only what is no stuffed byte and no restart is a marker.
_MARKER_IN_SCAN = regex(rb"\xff[^\x00\xff\xd0-\xd7]")
# Of a PNG's chunks that a reader may leave out, those that decide how it looks. Critical ones begin with a capital.
_KEPT_CHUNKS = frozenset(
    b"tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)  # fmt: skip
_WEBP_HAS_XMP = 0x04  # in the flags of VP8X


class Cleaner:
    """Takes one picture piece by piece, cut anywhere."""

    def __init__(self, read: "Callable[[Input], Reader]") -> None:
        self._input = Input()
        self._output = read(self._input)

    def feed(self, piece: bytes) -> bytes:
        """What of it can be passed on already."""
        self._input.held += piece
        return self._go_on()

    def close(self) -> bytes:
        """What is left at the end."""
        self._input.is_ended = True
        return self._go_on()

    def _go_on(self) -> bytes:
        passed: list[bytes] = []
        for piece in self._output:
            if piece is None:
                return b"".join(passed)
            passed.append(piece)
        self._input.held = b""  # the picture is over
        return b"".join(passed)


def cleaner(head: bytes) -> Cleaner | None:
    """For the picture that begins like this (`NEEDED` bytes, or all there are); None where there is nothing to take out."""
    if head.startswith(b"\xff\xd8\xff"):
        return Cleaner(_jpeg)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Cleaner(_png)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Cleaner(_webp)
    return None


class Input:
    """What has come and was not read yet."""

    def __init__(self) -> None:
        self.held = b""
        self.is_ended = False

    @property
    def is_over(self) -> bool:
        return self.is_ended and not self.held

    def take(self, count: int) -> Read:
        """That many bytes; fewer only at the end."""
        while len(self.held) < count and not self.is_ended:
            yield None
        taken, self.held = self.held[:count], self.held[count:]
        return taken

    def copy(self, count: int) -> Reader:
        """Pass that many bytes on."""
        while count and not self.is_over:
            passed, self.held = self.held[:count], self.held[count:]
            count -= len(passed)
            yield passed or None

    def blank(self, count: int) -> Reader:
        """Pass zeros on in place of that many bytes."""
        while count and not self.is_over:
            blanked, self.held = self.held[:count], self.held[count:]
            count -= len(blanked)
            yield bytes(len(blanked)) or None

    def drop(self, count: int) -> Reader:
        """Pass that many bytes over."""
        while count and not self.is_over:
            dropped, self.held = self.held[:count], self.held[count:]
            count -= len(dropped)
            if not dropped:
                yield None


def _jpeg(given: Input) -> Reader:
    yield (yield from given.take(2))
    while not given.is_over:
        marker = yield from _next_marker(given)
        if marker == _END:
            yield b"\xff\xd9"
            return
        if marker is None or marker in _BARE:
            continue
        size = yield from given.take(2)
        length = int.from_bytes(size, "big") - 2
        if len(size) < 2 or length < 0:
            continue
        body = yield from given.take(length)
        if marker == _EXIF_SEGMENT and body.startswith(_EXIF):
            body = _EXIF + _way_up(body[len(_EXIF) :])
            if len(body) > len(_EXIF):
                yield b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
        elif _is_kept(marker, body):
            yield bytes((0xFF, marker)) + size + body
        if marker == _SCAN:
            yield from _scan(given)


def _next_marker(given: Input) -> Generator[bytes | None, None, int | None]:
    """The second byte of the next marker; what stands before it is noise."""
    while not given.is_over:
        first = yield from given.take(1)
        if first != b"\xff":
            continue
        code = first
        while code == b"\xff":
            code = yield from given.take(1)
        if code and code != b"\0":
            return code[0]
    return None


def _is_kept(marker: int, body: bytes) -> bool:
    if marker == _COMMENT:
        return False
    if 0xE0 <= marker <= 0xEF:
        return any(marker == kept and body.startswith(name) for kept, name in _KEPT_SEGMENTS)
    return True


def _scan(given: Input) -> Reader:
    """Pass on the compressed pixels, up to the next marker."""
    while not given.is_over:
        if found := _MARKER_IN_SCAN.search(given.held):
            passed, given.held = given.held[: found.start()], given.held[found.start() :]
            yield passed
            return
        # The last byte may be the first half of a marker.
        end = len(given.held) if given.is_ended else max(0, len(given.held.rstrip(b"\xff")))
        passed, given.held = given.held[:end], given.held[end:]
        yield passed
        if not given.is_ended:
            yield None


def _png(given: Input) -> Reader:
    yield (yield from given.take(8))
    while not given.is_over:
        head = yield from given.take(8)
        if len(head) < 8:
            return
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if not name.isalpha():  # no chunk at all
            yield head
            yield from given.copy(sys.maxsize)
        elif name == b"eXIf" and length <= _LARGEST_EXIF:
            body = _way_up((yield from given.take(length + 4))[:-4])
            if body:
                checked = name + body
                yield struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))
        elif name[:1].isupper() or name in _KEPT_CHUNKS:
            yield head
            yield from given.copy(length + 4)
        else:
            yield from given.drop(length + 4)
        if name == b"IEND":
            return


def _webp(given: Input) -> Reader:
    """Everything keeps its size, which stands at the beginning; what goes is blank."""
    head = yield from given.take(12)
    yield head
    left = int.from_bytes(head[4:8], "little") - 4
    while left > 0 and not given.is_over:
        chunk = yield from given.take(8)
        if len(chunk) < 8:
            return
        name, length = chunk[:4], int.from_bytes(chunk[4:], "little")
        padded = length + length % 2
        left -= 8 + padded
        if name == b"VP8X":
            flags = yield from given.take(1)
            yield chunk + bytes(flag & ~_WEBP_HAS_XMP for flag in flags)
            yield from given.copy(padded - 1)
        elif name == b"EXIF" and length <= _LARGEST_EXIF:
            body = yield from given.take(padded)
            yield chunk + _way_up(body.removeprefix(_EXIF))[: len(body)].ljust(len(body), b"\0")
        elif name in (b"EXIF", b"XMP "):
            yield b"JUNK" + chunk[4:]
            while padded and not given.is_over:
                blank = yield from given.take(min(padded, _LARGEST_EXIF))
                padded -= len(blank)
                yield bytes(len(blank))
        else:
            yield chunk
            yield from given.copy(padded)


def _way_up(tiff: bytes) -> bytes:
    """An Exif block that says how the picture has to be turned, as the given one does, and nothing else; empty where it
    does not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return b""
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for n in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * n)
            if (tag, kind) == (0x0112, 3) and 1 <= value <= 8:
                return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)
    except struct.error:
        pass
    return b""
