"""Where a text may be cut without tearing apart what people see as one character.

The rules of UAX 29 (https://unicode.org/reports/tr29/) that matter in chats: combining marks, emoji sequences, flags,
Hangul syllables and line ends. Not the whole table, which needs data that the standard library does not have.
"""

import unicodedata

_JOINER = "\u200d"
_EXTENDING = ("Mn", "Me", "Mc")


def is_boundary(text: str, index: int) -> bool:
    """Whether the text may be cut before `index`."""
    if index <= 0 or index >= len(text):
        return True
    before, after = text[index - 1], text[index]
    if before == "\r" and after == "\n":
        return False
    if before in "\r\n" or after in "\r\n":
        return True
    if _extends(after) or before == _JOINER:
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        return _flag_halves_before(text, index) % 2 == 0
    return not _joins_syllable(before, after)


def boundary_at_or_before(text: str, index: int, *, after: int) -> int:
    """The last boundary up to `index`; `index` itself where there is none behind `after`."""
    for position in range(index, after, -1):
        if is_boundary(text, position):
            return position
    return index


def _extends(character: str) -> bool:
    """Whether it is drawn as part of what stands before it."""
    code = ord(character)
    return (
        character == _JOINER
        or unicodedata.category(character) in _EXTENDING  # also variation selectors and keycaps
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
        or 0xE0020 <= code <= 0xE007F  # the tags in flags of regions
    )


def _is_flag_half(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF


def _flag_halves_before(text: str, index: int) -> int:
    count = 0
    while count < index and _is_flag_half(text[index - 1 - count]):
        count += 1
    return count


def _joins_syllable(before: str, after: str) -> bool:
    """Korean letters that make up one syllable."""
    first, second = _hangul(before), _hangul(after)
    return (first, second) in {
        ("L", "L"),
        ("L", "V"),
        ("L", "S"),
        ("S", "V"),
        ("S", "T"),
        ("V", "V"),
        ("V", "T"),
        ("T", "T"),
    }


def _hangul(character: str) -> str:
    code = ord(character)
    if 0x1100 <= code <= 0x115F:
        return "L"
    if 0x1160 <= code <= 0x11A7:
        return "V"
    if 0x11A8 <= code <= 0x11FF:
        return "T"
    return "S" if 0xAC00 <= code <= 0xD7A3 else ""
