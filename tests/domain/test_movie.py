"""Videos and HEIC pictures lose where they were taken; not a byte of them moves."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.domain import movie, picture

SECRET = b"+48.8584+002.2945/"
PIXELS = bytes(range(256)) * 8
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def box(kind: bytes, *parts: bytes, wide: bool = False) -> bytes:
    body = b"".join(parts)
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, kind) + body


def udta() -> bytes:
    return box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(SECRET), 0) + SECRET), box(b"loci", SECRET))


def video(brand: bytes = b"qt  ") -> bytes:
    """As a phone writes it: the place for the movie, for a track, in Apple's keys, and in XMP."""
    track = box(b"trak", box(b"tkhd", bytes(84)), udta(), box(b"mdia", box(b"udta", b"no place for it")))
    keys = box(b"meta", box(b"keys", b"com.apple.quicktime.location.ISO6709"), box(b"ilst", SECRET))
    moov = box(b"moov", box(b"mvhd", bytes(100)), track, keys, udta())
    return b"".join(
        [
            box(b"ftyp", brand, bytes(4), brand),
            box(b"wide"),
            box(b"mdat", PIXELS, wide=True),
            moov,
            box(b"uuid", XMP, SECRET),
            box(b"uuid", bytes(16), b"spherical"),
        ]
    )


def heic(*, method: int = 0, version: int = 1, before: bool = False) -> bytes:
    """A picture, its Exif in two pieces, and its XMP; in the file or in `idat`."""
    exif = b"\0\0\0\6Exif\0\0MM\0*" + SECRET
    xmp = b"<x:xmpmeta>" + SECRET
    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1")
    iinf = box(
        b"iinf",
        struct.pack(">IH", 0, 3),
        box(b"infe", struct.pack(">IHH4s", 2 << 24, 1, 0, b"hvc1"), b"\0"),
        box(b"infe", struct.pack(">IHH4s", 2 << 24, 2, 0, b"Exif"), b"\0"),
        box(b"infe", struct.pack(">IHH4s", 2 << 24, 3, 0, b"mime"), b"\0application/rdf+xml\0"),
    )
    telling = exif + xmp

    def meta(start: int) -> bytes:
        def item(id: int, of: int, *extents: tuple[int, int]) -> bytes:
            fields = struct.pack(">I" if version == 2 else ">H", id)
            fields += struct.pack(">H", of) if version else b""
            fields += struct.pack(">HH", 0, len(extents))
            return fields + b"".join(struct.pack(">II", *extent) for extent in extents)

        own = start if method == 0 else 0
        half = 20
        items = [
            item(1, 0, (start + (len(telling) if method == 0 else 0), len(PIXELS))),
            item(2, method, (own, half), (own + half, len(exif) - half)),
            item(3, method, (own + len(exif), len(xmp))),
        ]
        count = struct.pack(">I" if version == 2 else ">H", len(items))
        iloc = box(b"iloc", bytes((version, 0, 0, 0, 0x44, 0)), count, *items)
        idat = box(b"idat", telling) if method else b""
        return box(b"meta", bytes(4), box(b"hdlr", bytes(24)), iinf, iloc, idat)

    data = box(b"mdat", b"" if method else telling, PIXELS)
    if before:
        return ftyp + data + meta(len(ftyp) + 8)
    return ftyp + meta(len(ftyp) + len(meta(0)) + 8) + data


def cleaned(raw: bytes, *cuts: int) -> bytes:
    cleaner = movie.cleaner(raw[: picture.NEEDED])
    assert cleaner is not None
    edges = [0, *sorted(cuts), len(raw)]
    pieces = [cleaner.feed(raw[begin:end]) for begin, end in pairwise(edges)]
    return b"".join([*pieces, cleaner.close()])


@pytest.mark.parametrize("brand", [b"qt  ", b"isom", b"mp42", b"3gp5"])
def test_a_video_keeps_everything_but_its_place(brand: bytes) -> None:
    raw = video(brand)
    clean = cleaned(raw)
    assert SECRET in raw
    assert SECRET not in clean
    assert len(clean) == len(raw)
    for kept in (PIXELS, b"spherical", b"no place for it", b"mvhd", b"tkhd"):
        assert clean.find(kept) == raw.find(kept) >= 0
    assert clean.count(b"free") == 4  # a track's, Apple's, the movie's and XMP's


def test_a_video_from_before_there_were_brands_is_known() -> None:
    raw = video()[20:]
    assert SECRET not in cleaned(raw)


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("method", [0, 1])
def test_a_heic_picture_keeps_everything_but_its_place(method: int, version: int, before: bool) -> None:
    if version == 0 and method == 1:
        return  # it has no field for that
    raw = heic(method=method, version=version, before=before)
    clean = cleaned(raw)
    assert raw.count(SECRET) == 2
    assert SECRET not in clean
    assert SECRET[:6] not in clean
    assert len(clean) == len(raw)
    assert clean.find(PIXELS) == raw.find(PIXELS)
    assert before or clean[: clean.find(b"iloc")] == raw[: raw.find(b"iloc")]
    assert b"\0\0\0\0II*\0" in clean  # an Exif without entries, for readers that insist


def test_a_picture_that_tells_nothing_stays_as_it_is() -> None:
    raw = heic().replace(b"Exif", b"hvc1").replace(b"rdf+xml", b"nothing")
    assert cleaned(raw) == raw


@pytest.mark.parametrize("head", [b"", b"RIFF", b"\0\0\0\x18ftypM4A ", b"%PDF-1.7", b"\0\0\0\x18free    "])
def test_other_files_are_nobodys_business(head: bytes) -> None:
    assert movie.cleaner(head) is None


@pytest.mark.parametrize("raw", [video(), heic(), heic(before=True)])
def test_where_it_is_cut_makes_no_difference(raw: bytes) -> None:
    whole = cleaned(raw)
    for step in (1, 7, 100):
        assert cleaned(raw, *range(step, len(raw), step)) == whole


@pytest.mark.parametrize("raw", [video(), heic(), heic(method=1, version=2)])
def test_what_is_broken_off_keeps_its_length_and_tells_no_more(raw: bytes) -> None:
    for end in range(picture.NEEDED, len(raw)):
        assert len(cleaned(raw[:end])) == end


@given(st.binary(max_size=300), st.sampled_from([b"qt  ", b"heic"]), st.integers(0, 300))
def test_nothing_raises_whatever_the_bytes_are(rest: bytes, brand: bytes, cut: int) -> None:
    raw = box(b"ftyp", brand, bytes(4)) + rest
    assert len(cleaned(raw, min(cut, len(raw)))) == len(raw)


@given(st.sampled_from([video(), heic(), heic(method=1, version=2)]), st.integers(16, 400), st.binary(max_size=8))
def test_no_damage_raises_or_moves_a_byte(raw: bytes, at: int, damage: bytes) -> None:
    damaged = raw[:at] + damage + raw[at + len(damage) :]
    assert len(cleaned(damaged)) == len(damaged)


def test_boxes_in_boxes_end() -> None:
    raw = box(b"ftyp", b"qt  ", bytes(4)) + struct.pack(">I4s", 0, b"moov") * 50_000
    assert len(cleaned(raw)) == len(raw)
