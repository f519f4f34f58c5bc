"""The languages omnibot speaks, and which of them a customer wrote in. A check of the script, not of the words."""

import re
from enum import StrEnum

from omnibot.domain.regex import regex

# Fewer letters than this ("ok", "hi", "E4") say nothing about the language of the person.
DECISIVE_LETTERS = 4

_NOISE = regex(r"https?://\S+|\S+@\S+|\b\w*\d\w*\b", re.ASCII)
_MAY_BE_NOISY = regex(r"[0-9@:]")  # a look that spares most texts the search
_HAN = regex(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA = regex(r"[\u3040-\u30ff]")
_WORD = regex(r"[a-zA-Z\u00c0-\u024f]+")
_IS_DECISIVE = regex(rf"(?:[^a-zA-Z]*[a-zA-Z]){{{DECISIVE_LETTERS}}}")


class Language(StrEnum):
    """A language that texts and FAQ entries exist in, named by its BCP 47 tag."""

    EN = "en"
    ZH_HANS = "zh-Hans"
    ZH_HANT = "zh-Hant"

    @property
    def is_chinese(self) -> bool:
        return self is not Language.EN


def detect(text: str, *, hint: Language | None) -> Language:
    """Tell the language of a text as it was written, before any folding; `hint` decides where the text does not."""
    letters = text.replace(" ", "")
    if len(letters) >= DECISIVE_LETTERS and letters.isascii() and letters.isalpha():
        return Language.EN  # most questions; a third of the time
    plain = _NOISE.sub(" ", text) if _MAY_BE_NOISY.search(text) else text
    if plain.isascii():
        return Language.EN if _IS_DECISIVE.match(plain) else hint or Language.EN
    han, words = _HAN.findall(plain), _WORD.findall(plain)
    if _KANA.search(plain):  # Japanese: its Han characters would pass for traditional Chinese
        return hint or Language.EN
    if len(han) > len(words):
        return _script("".join(han), hint=hint)
    if len(words) > len(han) and sum(map(len, words)) >= DECISIVE_LETTERS:
        return Language.EN
    return hint or Language.EN


def parse_tag(tag: str) -> Language:
    """Read a BCP 47 tag as platforms send it ("zh-TW", "zh_CN", "en-GB"); what we do not speak is English."""
    primary, *rest = tag.strip().lower().replace("_", "-").split("-")
    if primary not in {"zh", "cmn", "yue"}:
        return Language.EN
    if "hans" in rest:
        return Language.ZH_HANS
    return Language.ZH_HANT if primary == "yue" or {"hant", "tw", "hk", "mo"} & set(rest) else Language.ZH_HANS


def _script(han: str, *, hint: Language | None) -> Language:
    # The two national character sets are the table: what Big5 has and GB 2312 lacks is a traditional form. The reverse
    # holds for the common half of each only, for Big5's rare half has 机 and 坏 as other words.
    only_traditional = len(_in(han, "big5") - _in(han, "gb2312"))
    only_simplified = len(_in(han, "gb2312", until=b"\xd7\xff") - _in(han, "big5", until=b"\xc6\x7e"))
    if only_traditional > only_simplified:
        return Language.ZH_HANT
    if only_simplified or hint is None or not hint.is_chinese:
        return Language.ZH_HANS
    return hint


def _in(han: str, charset: str, *, until: bytes = b"\xff\xff") -> set[str]:
    """The characters that the charset has, up to a code."""
    return {character for character in set(han) if b"" < character.encode(charset, "ignore") <= until}
