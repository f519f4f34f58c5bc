"""From a normalised text to the units that carry meaning: words, characters 1 to 3 of Chinese, and codes ("#e4").

A unit resembles another by its letters (English) or by how it sounds (Chinese, where people pick the wrong one of
several characters with the same sound).
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from omnibot.domain.regex import regex

# What kinds of units weigh beside a word, in thirds (see `rows`).
CODE_WEIGHT = 5 / 3
# By length: one, two, three characters. Characters weigh most, because a typing error spoils every longer group.
HAN_WEIGHTS = (1.0, 2 / 3, 1 / 3)
LETTERS = range(3, 6)  # lengths of the groups of letters that words are compared by
# More units than this are letters, logs or attacks; the first ones say what a text is about.
MOST_UNITS = 300

# The toneless sounds of the 6,763 characters of GB 2312, a line per sound.
_SOUNDS = Path(__file__).parent / "data" / "sounds.txt"

_TOKEN = regex(r"[a-z0-9\u00df-\u024f]+|[\u3400-\u9fff]+|[^\W_]+")
_UNWRITTEN = regex(r"'s\b|['’]|(?<=\b[a-z])-(?=[a-z])|(?<=\b[a-z]{2})-(?=[a-z])")  # "wi-fi", "e-mail"
_MARK = regex(r"['’-]")
_DIGIT = regex(r"\d")
# "e4", "e-04", "wm7000"; "e 4" only for letters that displays show; numbers that count something are no codes.
_UNIT = (
    r"years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|times?|kg|kilos?|g|cm|mm|l|litres?|liters?|"
    r"°|c\b|degrees?|am\b|pm\b|o'clock|euros?|eur|dollars?|usd|pounds?|percent|%|€|\$|£|¥|"
    r"年|个?月|天|日|周|个?星期|个?小时|分钟?|秒|号|次|台|个|件|公斤|千克|克|升|度|元|块|点"
)
_CODE = regex(
    r"(?<![a-z0-9.,$€£¥])(?:([a-z]{1,4})-?|([efhclpu])[ -])?0*(\d{1,4})([a-z]{0,2})(?![a-z0-9])"
    rf"(?![.,:]\d)(?!\s*(?:{_UNIT}))"
)
# "sms46gi01e": letters, digits, and more of both. Letters with one long number after them name an order, not a model.
_MODEL = regex(r"(?<![a-z0-9])(?=[a-z0-9]{5,20}(?![a-z0-9]))(?:[a-z]+\d+[a-z]+\d*[a-z]*|[a-z]{5,}\d{1,4})(?![a-z0-9])")
_AMOUNT = regex(
    r"(?<![a-z0-9.,])(?:(?P<sign>[$€£¥]) ?(?P<paid>\d+(?:\.\d+)?)|(?P<much>\d+(?:\.\d+)?)[ -]?(?P<unit>"
    r"years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|kg|kilos?|euros?|eur|dollars?|usd|pounds?|percent|"
    r"年|个?月|天|日|周|个?星期|个?小时|分钟|公斤|千克|欧元|美元|元|块|[%€$£¥]))(?![a-z0-9])"
)
_UNITS = {
    "$": "dollar", "usd": "dollar", "美元": "dollar", "€": "euro", "eur": "euro", "欧元": "euro", "£": "pound",
    "¥": "yuan", "元": "yuan", "块": "yuan", "%": "percent", "年": "year", "yr": "year", "月": "month", "个月": "month",
    "天": "day", "日": "day", "周": "week", "星期": "week", "个星期": "week", "小时": "hour", "个小时": "hour", "hr": "hour",
    "分钟": "minute", "min": "minute", "公斤": "kg", "千克": "kg", "kilo": "kg",
}  # fmt: skip
_LONG_NUMBER = regex(r"\d{5,}")  # order and phone numbers name a case, not a subject


class Tokens(NamedTuple):
    """Words and runs of Chinese characters in order; "#e4" and "#404" as they were named."""

    words: tuple[str, ...]
    codes: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()  # "euro:50", "day:14"


# Per entry, per language: its phrasings, the question first.
Phrasings = Sequence[Sequence[Sequence[Tokens]]]


def tokens(normalised: str) -> Tokens:
    """Take a text apart. "E 4", "e-04" and "E4" are one code; amounts and long numbers are none."""
    if normalised.isascii() and normalised.replace(" ", "").isalpha():
        return Tokens(tuple(normalised.split()))  # most questions; a fifth of the time
    text = _UNWRITTEN.sub("", normalised) if _MARK.search(normalised) else normalised
    if not _DIGIT.search(text):
        return Tokens(tuple(_TOKEN.findall(text)))
    codes = {f"#{a or b}{digits}{end}" for a, b, digits, end in _CODE.findall(text)}
    numbers = {code for code in codes if code[1:].isdecimal()}
    amounts = frozenset(map(_amount, _AMOUNT.finditer(text)))
    text = _CODE.sub(" ", text)
    models = {f"#{model}" for model in _MODEL.findall(text)}
    text = _LONG_NUMBER.sub(" ", _MODEL.sub(" ", text) if models else text)
    return Tokens(tuple(_TOKEN.findall(text)), frozenset(codes - numbers | models), frozenset(numbers), amounts)


def named_codes(normalised: str) -> frozenset[str]:
    """The codes of `tokens` alone. Most texts have none, and none is without a digit."""
    return tokens(normalised).codes if _DIGIT.search(normalised) else frozenset()


def _amount(found: re.Match[str]) -> str:
    unit = found["sign"] or found["unit"]
    unit = unit if unit in _UNITS else unit.removesuffix("s")
    return f"{_UNITS.get(unit, unit)}:{float(found['paid'] or found['much']):g}"


def units(text: Tokens) -> dict[str, float]:
    """The units of a text with the weight of their kind; a unit counts once however often it stands there."""
    is_ascii = "".join(text.words).isascii()
    if is_ascii and not text.codes and not text.numbers and len(text.words) <= MOST_UNITS:
        return dict.fromkeys(text.words, 1.0)  # most questions
    found = dict.fromkeys(text.codes, CODE_WEIGHT) if text.codes else {}
    for number in text.numbers:
        found[number] = 1.0
    if is_ascii:
        found.update(dict.fromkeys(text.words, 1.0))
    else:
        _add_all(found, text.words)
    return found if len(found) <= MOST_UNITS else dict(list(found.items())[:MOST_UNITS])


def _add_all(found: dict[str, float], words: Iterable[str]) -> None:
    """Words, and characters 1 to 3 of Chinese; not many more than are wanted."""
    for word in words:
        if not is_han(word):
            found[word] = 1.0
        else:
            for length, weight in enumerate(HAN_WEIGHTS, start=1):
                for i in range(len(word) - length + 1):
                    found[word[i : i + length]] = weight
        if len(found) > MOST_UNITS:
            return


def is_han(unit: str) -> bool:
    return "\u3400" <= unit[0] <= "\u9fff"


def is_code(unit: str) -> bool:
    return unit[0] == "#"


def likenesses(unit: str) -> list[str]:
    """What a unit shares with its like: groups of letters, or the sound. Codes are like nothing else."""
    if is_code(unit):
        return []
    if is_han(unit):
        return [sound(unit)]
    padded = f"^{unit}$"
    return list({padded[i : i + n] for n in LETTERS for i in range(len(padded) - n + 1)})


def sound(han: str) -> str:
    """How Chinese characters sound, without tones: "~you hui" for 优惠 and 优会."""
    sounds = _sounds()
    return "~" + " ".join([sounds.get(character, character) for character in han])


@cache
def _sounds() -> dict[str, str]:
    lines = [line.split() for line in _SOUNDS.read_text(encoding="utf-8").splitlines()]
    return {character: spoken for spoken, characters in lines for character in characters}


def stem(word: str) -> str:
    """Cut the common English endings off; crude, but the same for questions and phrasings."""
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return _undouble(word[: -len(ending)]).rstrip("e")
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e")


def _undouble(stem: str) -> str:
    return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem
