"""Where a long text may be cut: at the end of a line, else of a sentence, else of a word, and never inside a character."""

import re

from omnibot.domain.grapheme import boundary_at_or_before

_ENDS = (re.compile(r"\n"), re.compile(r"[.!?。！？…]\s*"), re.compile(r"\s"))
# Nothing that people see as one character is longer.
LONGEST_CHARACTER = 64


def length(text: str) -> int:
    """In UTF-16 units, as the stricter of Slack's two ways to count."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int) -> int:
    """Where to cut a text that is longer than `limit` (UTF-16 units, at least 2): the first part ends there. In the second
    half of what fits, if it can be a good place."""
    end = _hard_end(text, limit)
    for pattern in _ENDS:
        places = [found.end() for found in pattern.finditer(text, end // 2, end)]
        if places:
            return boundary_at_or_before(text, places[-1], after=max(places[-1] - LONGEST_CHARACTER, 0))
    return boundary_at_or_before(text, end, after=max(end - LONGEST_CHARACTER, 0))


def _hard_end(text: str, limit: int) -> int:
    end = min(len(text), limit)
    while length(text[:end]) > limit:
        end -= max(1, (length(text[:end]) - limit) // 2)
    return end
