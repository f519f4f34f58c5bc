"""Pictures lose what they tell of their photographer, and nothing of what they show."""

import struct
import zlib
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.domain import picture

SECRET = b"48.8584N 2.2945E"
PIXELS = bytes(range(256)).replace(b"\xff", b"\xff\x00") * 8 + b"\xff\xd0" + b"more" * 50


def tiff(order: str = "<", orientation: int = 6) -> bytes:
    """As phones write it: the way up, then a pointer to where it was taken."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0) + struct.pack(order + "HHII", 0x8825, 4, 1, 38)
    return mark + struct.pack(order + "IH", 8, 2) + entries + struct.pack(order + "I", 0) + SECRET


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


KEPT = [
    segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
    segment(0xE2, b"ICC_PROFILE\0\1\1colours"),
    segment(0xEE, b"Adobe\0d\0\0\0\0\1"),
    segment(0xDB, bytes(65)),
    segment(0xC2, b"\x08\0\x10\0\x10\x01\x01\x11\0"),
    segment(0xDA, b"\x01\x01\0\0\x3f\0") + PIXELS,
    segment(0xC4, bytes(30)),
    segment(0xDA, b"\x01\x01\0\1\x3f\0") + PIXELS,
]
TELLING = [
    segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + SECRET),
    segment(0xE2, b"MPF\0" + SECRET),
    segment(0xED, b"Photoshop 3.0\0" + SECRET),
    segment(0xFE, b"taken at " + SECRET),
]


def jpeg(*, orientation: int = 6, order: str = "<") -> bytes:
    exif = segment(0xE1, b"Exif\0\0" + tiff(order, orientation))
    return b"\xff\xd8" + KEPT[0] + exif + b"".join(TELLING) + b"".join(KEPT[1:]) + b"\xff\xd9" + b"MotionPhoto" + SECRET


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


PNG_KEPT = [
    chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)),
    chunk(b"gAMA", b"\0\0\xb1\x8f"),
    chunk(b"acTL", bytes(8)),
    chunk(b"IDAT", zlib.compress(bytes(14))),
    chunk(b"IEND", b""),
]


def png() -> bytes:
    telling = chunk(b"tEXt", b"Comment\0" + SECRET) + chunk(b"eXIf", tiff(">")) + chunk(b"iTXt", SECRET)
    telling += chunk(b"tIME", bytes(7)) + chunk(b"vpAg", SECRET)
    return b"\x89PNG\r\n\x1a\n" + PNG_KEPT[0] + telling + b"".join(PNG_KEPT[1:]) + SECRET


def riff(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp() -> bytes:
    chunks = riff(b"VP8X", b"\x0c" + bytes(9)) + riff(b"VP8 ", PIXELS)
    chunks += riff(b"EXIF", tiff()) + riff(b"XMP ", b"<x>" + SECRET)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def cleaned(content: bytes, cuts: list[int] | None = None) -> bytes:
    cleaner = picture.cleaner(content[: picture.NEEDED])
    assert cleaner is not None
    places = [0, *(cuts or []), len(content)]
    passed = [cleaner.feed(content[start:end]) for start, end in pairwise(places)]
    return b"".join(passed) + cleaner.close()


@pytest.mark.parametrize("content", [jpeg(), jpeg(order=">"), png(), webp()], ids=["jpeg", "jpeg MM", "png", "webp"])
def test_where_it_was_taken_is_gone(content: bytes) -> None:
    assert SECRET in content
    assert SECRET not in cleaned(content)


@pytest.mark.parametrize("order", "<>")
def test_a_jpeg_keeps_its_pixels_colours_and_way_up_and_nothing_else(order: str) -> None:
    way_up = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = segment(0xE1, b"Exif\0\0" + way_up)
    assert cleaned(jpeg(order=order)) == b"\xff\xd8" + KEPT[0] + exif + b"".join(KEPT[1:]) + b"\xff\xd9"


def test_a_png_keeps_its_pixels_animation_and_way_up_and_nothing_else() -> None:
    way_up = chunk(b"eXIf", b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0))
    assert cleaned(png()) == b"\x89PNG\r\n\x1a\n" + PNG_KEPT[0] + way_up + b"".join(PNG_KEPT[1:])


def test_a_webp_keeps_its_size_and_pixels() -> None:
    kept = cleaned(webp())
    assert len(kept) == len(webp())
    assert riff(b"VP8 ", PIXELS) in kept
    assert kept[20] == 0x08  # it has Exif, and no XMP any more
    assert b"XMP " not in kept


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_a_way_up_that_does_not_exist_is_not_kept(orientation: int) -> None:
    assert b"Exif" not in cleaned(jpeg(orientation=orientation))


@pytest.mark.parametrize("content", [jpeg(), png(), webp()], ids=["jpeg", "png", "webp"])
@given(lengths=st.lists(st.integers(1, 700), max_size=40))
def test_it_does_not_matter_where_the_pieces_are_cut(content: bytes, lengths: list[int]) -> None:
    cuts = [cut for cut in accumulate(lengths) if cut < len(content)]
    assert cleaned(content, cuts) == cleaned(content)


@pytest.mark.parametrize("content", [jpeg(), png(), webp()], ids=["jpeg", "png", "webp"])
def test_what_was_cleaned_stays_as_it_is(content: bytes) -> None:
    assert cleaned(cleaned(content)) == cleaned(content)


@pytest.mark.parametrize("content", [jpeg(), png(), webp()], ids=["jpeg", "png", "webp"])
@given(data=st.data())
def test_no_bytes_break_it(content: bytes, data: st.DataObject) -> None:
    end = data.draw(st.integers(picture.NEEDED, len(content)))
    at = data.draw(st.integers(picture.NEEDED, max(picture.NEEDED, end - 1)))
    broken = content[:at] + data.draw(st.binary(max_size=20)) + content[at:end]
    assert len(cleaned(broken, [len(broken) // 2])) <= len(broken) + 64


@given(st.binary(max_size=200), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\xff\xffWEBP"]))
def test_what_only_begins_like_a_picture_ends(rest: bytes, mark: bytes) -> None:
    cleaned(mark + rest)


@pytest.mark.parametrize("head", [b"", b"GIF89a", b"%PDF-1.7", b"\xff\xd8", b"RIFF1234WAVE"])
def test_what_is_no_such_picture_is_left_alone(head: bytes) -> None:
    assert picture.cleaner(head) is None
