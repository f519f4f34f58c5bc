"""Blanks in FAQ answers, "{opening_hours}" or "{fact:warranty_end}", and what is known to fill them with. Pure."""

from collections.abc import Mapping

from omnibot.domain.regex import regex

# What omnibot itself knows; `{fact:…}` is whatever a source of facts tells of the contact.
ALWAYS_KNOWN = ("opening_hours", "team")
KNOWN = (*ALWAYS_KNOWN, "ticket_number", "name")
FACT = "fact:"

_BLANK = regex(r"\{([a-z][a-z_]*(?::[a-z][a-z0-9_]*)?)\}")
_MARKUP = regex(r"([\\`*_\[\]<])")


def blanks(answer: str) -> tuple[str, ...]:
    """The names of the blanks, each once. Other words in braces are text."""
    return tuple(dict.fromkeys(name for name in _BLANK.findall(answer) if is_blank(name))) if "{" in answer else ()


def unknown_blanks(answer: str) -> tuple[str, ...]:
    """What looks like a blank and is none."""
    return tuple(dict.fromkeys(name for name in _BLANK.findall(answer) if not is_blank(name)))


def is_blank(name: str) -> bool:
    return name in KNOWN or name.startswith(FACT)


def missing(answer: str, facts: Mapping[str, str]) -> tuple[str, ...]:
    """The blanks that cannot be filled."""
    return tuple(name for name in blanks(answer) if not facts.get(name))


def fill(answer: str, facts: Mapping[str, str]) -> str:
    """The answer with every known blank filled; a fact is text, never markup."""
    return _BLANK.sub(lambda found: _plain(facts[found[1]]) if facts.get(found[1]) else found[0], answer)


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
