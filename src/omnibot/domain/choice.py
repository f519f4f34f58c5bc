"""What was chosen where choices are written as numbered lines: a bare number is a press, a number in a sentence is not."""

import re

from omnibot.domain.message import Choice

_CHINESE = {character: number for number, character in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}
_NUMBER = r"(?P<digits>[0-9]{1,2})"
_BARE = re.compile(rf"[(#]?\s?{_NUMBER}\s?[.)、。,!]?")
_NAMED = re.compile(
    rf"(?:我?选)?\s?第?\s?(?:{_NUMBER}|(?P<chinese>[一二两三四五六七八九十]))\s?(?:个|项|条|号|种|款)?[.。!]?"
)
_SPOKEN = re.compile(rf"(?:number|option|choice|no\.)\s?{_NUMBER}[.!]?")


def by_number(normalised: str, offered: tuple[Choice, ...]) -> Choice | None:
    """The choice that a normalised text (`faq.normalize`) names by its number, counted from 1; None if it says anything else."""
    for pattern in (_BARE, _NAMED, _SPOKEN):
        if found := pattern.fullmatch(normalised):
            named = found.groupdict()
            number = int(named["digits"]) if named["digits"] else _CHINESE[named["chinese"]]
            return offered[number - 1] if 1 <= number <= len(offered) else None
    return None
