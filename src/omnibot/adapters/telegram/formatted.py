"""A text with its formatting, as Telegram counts it, and how a long one is cut into several. Pure.

Limits from https://core.telegram.org/bots/api#sendmessage. The number of entities is not documented; 100 was found by
experiment, and what lies beyond loses its formatting without a word, which would cost us links.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from omnibot.domain.grapheme import boundary_at_or_before

TEXT_LENGTH = 4096  # UTF-16 units
CAPTION_LENGTH = 1024
ENTITIES = 100

# A cut inside these would leave half a link, or code that cannot be copied in one go.
_WHOLE = frozenset({"text_link", "code"})
# Where to cut, the best first.
_CUTS = ("\n\n", "\n", "。", ". ", "! ", "? ", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of formatting; `start` and `end` count characters of ours."""

    type: str
    start: int
    end: int
    url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    text: str
    spans: tuple[Span, ...] = ()

    @property
    def units(self) -> int:
        """The length as Telegram counts it."""
        return len(self.text.encode("utf-16-le")) // 2

    def entities(self) -> list[dict[str, Any]]:
        """The spans as the Bot API takes them; offsets count UTF-16 units."""
        units = _units(self.text)
        return [_entity(span, units) for span in self.spans]

    def stretch(self, start: int, end: int) -> "Formatted":
        """A part of it; what crosses an end is closed there and opened again in the next part."""
        inside = (span for span in self.spans if span.start < end and span.end > start)
        clipped = (
            replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start) for span in inside
        )
        return Formatted(text=self.text[start:end], spans=tuple(clipped))


def split(whole: Formatted, limit: int = TEXT_LENGTH) -> list[Formatted]:
    """Parts that fit. White space at a cut is dropped, nothing else."""
    parts, start, end = [], 0, len(whole.text)
    units = _units(whole.text)
    while start < end:
        furthest = min(bisect_right(units, units[start] + limit) - 1, _entity_limit(whole, start, end))
        cut = end if furthest >= end else _cut(whole, start, max(furthest, start + 1))
        stop = start + len(whole.text[start:cut].rstrip())
        if stop > start:
            parts.append(whole.stretch(start, stop))
        start = cut
        while start < end and whole.text[start].isspace() and not _is_indentation(whole, start):
            start += 1
    return parts


def _entity_limit(whole: Formatted, start: int, end: int) -> int:
    """How far one part may go before it holds too many entities."""
    touched = sorted(max(span.start, start) for span in whole.spans if span.end > start)
    return end if len(touched) <= ENTITIES else max(touched[ENTITIES], start + 1)


def _cut(whole: Formatted, start: int, furthest: int) -> int:
    """The best place to cut: between paragraphs, lines, sentences or words in the second half; else before a character."""
    middle = (start + furthest) // 2
    for mark in _CUTS:
        found = whole.text.rfind(mark, middle, furthest)
        while found != -1:
            place = found + len(mark)
            if _around(whole, place) is None:
                return place
            found = whole.text.rfind(mark, middle, found)
    around = _around(whole, furthest)
    if around is not None and around.start > start:
        return around.start
    return boundary_at_or_before(whole.text, furthest, after=start)


def _around(whole: Formatted, place: int) -> Span | None:
    """What would be torn apart by a cut there."""
    return next((span for span in whole.spans if span.type in _WHOLE and span.start < place < span.end), None)


def _is_indentation(whole: Formatted, place: int) -> bool:
    """White space that means something: before a line of code."""
    return whole.text[place] != "\n" and any(
        span.type == "pre" and span.start < place < span.end for span in whole.spans
    )


def _units(text: str) -> list[int]:
    """For each place between characters, how many UTF-16 units stand before it."""
    return [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]


def _entity(span: Span, units: list[int]) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "type": span.type,
        "offset": units[span.start],
        "length": units[span.end] - units[span.start],
    }
    if span.url:
        entity["url"] = span.url
    if span.language:
        entity["language"] = span.language
    return entity
