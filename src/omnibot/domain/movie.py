"""Takes out of videos and HEIC pictures where they were taken, in place: not a byte moves, so that every offset in them
still holds. Nothing is encoded anew, and nothing raises, whatever the bytes are.

Both are boxes in boxes (ISO/IEC 14496-12). In MP4 and QuickTime, places stand in `udta` (`©xyz`, `loci`) and `meta` of the
movie and of its tracks, and in an XMP `uuid`: those become `free` boxes of zeros. In HEIC and AVIF (ISO/IEC 23008-12) the items
of the types `Exif` and XMP are emptied; the way up is a property of the picture there, and stays. What a camera writes
among the samples of a track of its own (GPMF) stays.
"""

import struct
from collections.abc import Iterator

from omnibot.domain.picture import Cleaner, Input, Reader

LARGEST_PICTURE = 64 * 1024 * 1024  # bytes of a HEIC file that are held; a larger one stays as it is

_PICTURES = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
_SOUND = {b"M4A ", b"M4B ", b"M4P "}  # what they say beside what is heard is a title
_BEGINNINGS = {b"moov", b"mdat", b"wide"}  # of QuickTime files from before `ftyp`
_CONTAINERS = {b"moov", b"trak"}
_TELLING = {b"udta", b"meta"}
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EMPTY_EXIF = (
    struct.pack(">I", 0) + b"II*\0" + struct.pack("<IHI", 8, 0, 0)
)  # where the TIFF begins, and one without entries
_DEEPEST = 2  # a movie, its tracks


def cleaner(head: bytes) -> Cleaner | None:
    """For the file that begins like this (`picture.NEEDED` bytes, or all there are); None where there is nothing to take out."""
    kind, brand = head[4:8], head[8:12]
    if kind == b"ftyp" and brand in _PICTURES:
        return Cleaner(_picture)
    if (kind == b"ftyp" and brand not in _SOUND) or kind in _BEGINNINGS:
        return Cleaner(lambda given: _boxes(given, None, 0))
    return None


def _boxes(given: Input, left: int | None, depth: int) -> Reader:
    """`left` bytes of boxes, or all there are."""
    while not given.is_over and (left is None or left > 0):
        head = yield from given.take(8 if left is None else min(8, left))
        if len(head) < 8:
            yield head
            return
        size, kind = struct.unpack(">I4s", head)
        if size == 1:
            head += yield from given.take(8)
            size = int.from_bytes(head[8:], "big")
        # 0: to the end of the file. Sizes that cannot be are taken for the end, as players do.
        body = size - len(head) if size >= len(head) else (1 << 62)
        if left is not None:
            left -= len(head)
            body = min(body, left)
            left -= body
        if kind in _CONTAINERS and depth < _DEEPEST:
            yield head
            yield from _boxes(given, body, depth + 1)
            continue
        first = b""
        if kind == b"uuid":
            first = yield from given.take(min(16, body))
        if first == _XMP or kind in _TELLING:
            yield head[:4] + b"free" + head[8:] + bytes(len(first))
            yield from given.blank(body - len(first))
        else:
            yield head + first
            yield from given.copy(body - len(first))


def _picture(given: Input) -> Reader:
    pieces: list[bytes] = []
    held = 0
    while not given.is_over and held <= LARGEST_PICTURE:
        if given.held:
            held += len(given.held)
            pieces.append(given.held)
            given.held = b""
        yield None
    whole = b"".join(pieces)
    yield without_place(whole) if held <= LARGEST_PICTURE else whole
    yield from given.copy(1 << 62)


def without_place(picture: bytes) -> bytes:
    """A whole HEIC or AVIF picture; one that cannot be read stays as it is."""
    changed = bytearray(picture)
    for kind, begin, end in _split(picture, 0, len(picture)):
        if kind != b"meta" or end - begin < 4:
            continue
        try:
            for is_first, is_exif, start, length in _telling_extents(picture, begin + 4, end):
                blank = bytes(length) if is_exif else b" " * length
                if is_first and is_exif and length >= len(_EMPTY_EXIF):
                    blank = _EMPTY_EXIF + blank[len(_EMPTY_EXIF) :]
                changed[start : start + length] = blank
        except (struct.error, IndexError):
            continue  # cut off in the middle of a table: nobody finds the item by it
    return bytes(changed)


def _split(data: bytes, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, begin and end of what is in each box."""
    while end - begin >= 8:
        size, kind = struct.unpack_from(">I4s", data, begin)
        body = begin + 8
        if size == 1 and end - body >= 8:
            size = int.from_bytes(data[body : body + 8], "big")
            body += 8
        following = begin + size if body - begin <= size <= end - begin else end
        yield kind, body, following
        begin = following


def _telling_extents(data: bytes, begin: int, end: int) -> Iterator[tuple[bool, bool, int, int]]:
    """Of each item that tells more than the picture: whether it is its first piece, whether it is Exif, offset and length."""
    boxes = {kind: (start, stop) for kind, start, stop in _split(data, begin, end)}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return
    telling = dict(_telling_items(data, *boxes[b"iinf"]))
    inside = boxes.get(b"idat", (0, 0))
    for id, method, extents in _places(data, *boxes[b"iloc"]):
        if id not in telling or method > 1:
            continue
        low, high = (0, len(data)) if method == 0 else inside
        for n, (offset, length) in enumerate(extents):
            start = low + offset
            stop = min(high, start + length if length else high)
            if 0 <= start < stop:
                yield n == 0, telling[id], start, stop - start


def _telling_items(data: bytes, begin: int, end: int) -> Iterator[tuple[int, bool]]:
    """The ids of items of Exif and XMP, with whether each is Exif."""
    begin += 6 if data[begin] == 0 else 8
    for kind, start, stop in _split(data, begin, end):
        if kind != b"infe" or data[start] < 2:
            continue
        wide = data[start] > 2
        (id,) = struct.unpack_from(">I" if wide else ">H", data, start + 4)
        at = start + (10 if wide else 8)
        item = data[at : at + 4]
        if item == b"Exif" or (item == b"mime" and b"rdf+xml" in data[at:stop]):
            yield id, item == b"Exif"


def _places(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Id, way of counting, and offsets with lengths of each item."""
    version = data[begin]
    sizes = [data[begin + 4] >> 4, data[begin + 4] & 15, data[begin + 5] >> 4, data[begin + 5] & 15 if version else 0]
    at = begin + 6

    def number(size: int) -> int:
        nonlocal at
        if at + size > end:
            raise IndexError
        at += size
        return int.from_bytes(data[at - size : at], "big")

    wide = 4 if version == 2 else 2
    for _ in range(number(wide)):
        id = number(wide)
        method = number(2) & 15 if version else 0
        number(2)  # in which file: our own
        base = number(sizes[2])
        extents = []
        for _ in range(number(2)):
            number(sizes[3])
            offset = number(sizes[0])
            extents.append((base + offset, number(sizes[1])))
        yield id, method, extents
