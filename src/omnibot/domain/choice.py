"""What was chosen where choices are written as numbered lines: a bare number is a press, a number in a sentence is not; and
what staff are shown of that."""

from collections.abc import Iterable

from omnibot.domain.message import Choice, Message
from omnibot.domain.regex import regex

_CHINESE = {character: number for number, character in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}
_NUMBER = r"(?P<digits>[0-9]{1,2})"
_BARE = regex(rf"[(#]?\s?{_NUMBER}\s?[.)、。,!]?")
_NAMED = regex(
    rf"(?:我?选)?\s?第?\s?(?:{_NUMBER}|(?P<chinese>[一二两三四五六七八九十]))\s?(?:个|项|条|号|种|款)?[.。!]?"
)
_SPOKEN = regex(rf"(?:number|option|choice|no\.)\s?{_NUMBER}[.!]?")


def by_number(normalised: str, offered: tuple[Choice, ...]) -> Choice | None:
    """The choice that a normalised text (`faq.normalize`) names by its number, counted from 1; None if it says anything else."""
    for pattern in (_BARE, _NAMED, _SPOKEN):
        if found := pattern.fullmatch(normalised):
            named = found.groupdict()
            number = int(named["digits"]) if named["digits"] else _CHINESE[named["chinese"]]
            return offered[number - 1] if 1 <= number <= len(offered) else None
    return None


def unsaid(messages: Iterable[Message]) -> dict[int, str]:
    """What stood on the choices that messages, in their order, took in other words than these ("2"): labels by seq."""
    labels: dict[str, str] = {}
    found: dict[int, str] = {}
    for message in messages:
        label = labels.get(message.chosen) if message.chosen else None
        if label and label.casefold() != message.text.strip().casefold():
            found[message.seq] = label
        labels |= {choice.id: choice.label for choice in message.choices}
    return found


def spelled_out(text: str, unsaid: str | None) -> str:
    """Words for staff, with what they chose by them."""
    return f"{text} · {unsaid}" if unsaid else text
