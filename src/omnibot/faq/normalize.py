"""One spelling for texts that mean the same: what the matcher and the commands compare. Never shown to anybody."""

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from omnibot.domain.regex import regex

if TYPE_CHECKING:
    from opencc import OpenCC

# Longer messages are letters and logs; their beginning says what they are about.
LONGEST_TEXT = 2_000

_HAN = regex(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
# In GB 2312, the set of simplified characters, and traditional spellings all the same; a test asks the converter.
_ALSO_TRADITIONAL = frozenset("乾菸薹拚捱摺吒後徵夥榘於袷麴醣麽")
# Controls (but white space), soft hyphen, zero-width and direction marks, variation selectors, tags, lone surrogates.
_INVISIBLE = regex(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


@lru_cache(maxsize=8)  # several ask for the same message, one after the other
def normalise(text: str) -> str:
    """Fold width, case, script (traditional to simplified), white space and invisible characters away.

    The result has at most `LONGEST_TEXT` characters.
    """
    text = text[:LONGEST_TEXT]
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    text = _INVISIBLE.sub("", text)
    if text.isascii():
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if _may_be_traditional(text):
        text = _convert(text, _to_simplified())
    return " ".join(text.split())[:LONGEST_TEXT].rstrip()


def bare(text: str) -> str:
    """Normalised, without the marks at its end, which tell no two questions apart."""
    return normalise(text).rstrip(" ?!.,;:…。？！，、~")


def to_traditional(text: str) -> str:
    """Write simplified Chinese in traditional characters; anything else stays as it is."""
    return _convert(text, _to_traditional())


def _may_be_traditional(text: str) -> bool:
    """The converter costs 40 ms and 5 MB, which only those pay who have a customer for it."""
    han = "".join(_HAN.findall(text))
    if not _ALSO_TRADITIONAL.isdisjoint(han):
        return True
    try:
        han.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def _convert(text: str, converter: "OpenCC") -> str:
    converted: str = converter.convert(text)  # the package has no types
    return converted


@cache
def _to_simplified() -> "OpenCC":
    from opencc import OpenCC

    return OpenCC("t2s")


@cache
def _to_traditional() -> "OpenCC":  # 40 ms and 26 MB
    from opencc import OpenCC

    return OpenCC("s2t")
