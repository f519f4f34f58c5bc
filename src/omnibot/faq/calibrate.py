"""Thresholds from the operator's own examples of questions that must not be answered, and what they give up.

What should be answered is asked as well: the phrasings of the entries, each by a model that was made without it. A server has
that done by `python -m omnibot.faq.calibrate KNOWLEDGE_BASE FILE [--semantic [VOCABULARY]]` (`training.Training.rehearse`).
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from omnibot.domain.language import detect
from omnibot.domain.policy import Thresholds
from omnibot.domain.value import dataclass
from omnibot.faq.entry import Entry, KnowledgeBase, load
from omnibot.faq.index import Build
from omnibot.faq.matcher import Matcher
from omnibot.faq.teacher import teacher

FOLDS = 5
# Where the answer threshold is looked for, in hundredths. Below the lowest, answers are wrong more often than right, however
# harmless the examples are.
LOWEST, HIGHEST = 62, 97


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the entry that is right (None: it must not be answered), and the best entry with its lead."""

    text: str
    expected: str | None
    found: str | None
    score: float
    margin: float

    def is_answered(self, thresholds: Thresholds) -> bool:
        return self.found is not None and self.score >= thresholds.answer and self.margin >= thresholds.margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """Shares: of what must not be answered and is; of what should be and is right, or wrong."""

    thresholds: Thresholds
    forbidden: float
    right: float
    wrong: float


def ask(knowledge_base: KnowledgeBase, forbidden: Iterable[str], *, build: Build | None) -> list[Asked]:
    """Every forbidden question, and every phrasing of an entry that has another one in the same language."""
    whole = Matcher(knowledge_base, build)
    return [*(asked_of(whole, text, None) for text in forbidden), *rehearse(knowledge_base, build=build)]


def rehearse(knowledge_base: KnowledgeBase, *, build: Build | None) -> list[Asked]:
    """Every phrasing of an entry that has another one in the same language."""
    asked: list[Asked] = []
    for fold in range(FOLDS):
        kept, held_out = _without(knowledge_base.entries, fold)
        if held_out:
            matcher = Matcher(KnowledgeBase(tuple(kept)), build)
            asked.extend(asked_of(matcher, text, entry_id) for entry_id, text in held_out)
    return asked


def measure(asked: Sequence[Asked], thresholds: Thresholds) -> Yield:
    wanted = [one for one in asked if one.expected is not None]
    forbidden = [one for one in asked if one.expected is None]
    answered = [one for one in wanted if one.is_answered(thresholds)]
    right = sum(one.found == one.expected for one in answered)
    return Yield(
        thresholds=thresholds,
        forbidden=_share(sum(one.is_answered(thresholds) for one in forbidden), forbidden),
        right=_share(right, wanted),
        wrong=_share(len(answered) - right, wanted),
    )


def choose(asked: Sequence[Asked], start: Thresholds, *, allowed: float, lowest: float = LOWEST / 100) -> Yield | None:
    """The lowest answer threshold, from `lowest` on, that answers at most this share of what must not be; None if there is
    none. The margin is that of `start`; what is suggested stays as far below as there."""
    for thresholds in _ladder(start, lowest):
        found = measure(asked, thresholds)
        if found.forbidden <= allowed:
            return found
    return None


def highest(start: Thresholds) -> Thresholds:
    """The strictest thresholds that `choose` tries."""
    return _at(start, HIGHEST / 100)


def _ladder(start: Thresholds, lowest: float) -> Iterator[Thresholds]:
    """As they are and, if that is not enough, hundredth by hundredth."""
    first = max(LOWEST / 100, lowest)
    if first == start.answer:
        yield start
    yield from (_at(start, hundredths / 100) for hundredths in range(LOWEST, HIGHEST + 1) if hundredths / 100 >= first)


def _at(start: Thresholds, answer: float) -> Thresholds:
    return replace(start, answer=answer, suggest=round(answer * start.suggest / start.answer, 2))


def asked_of(matcher: Matcher, text: str, expected: str | None) -> Asked:
    """What a matcher says to a question at the beginning of a conversation. Waits for a sentence encoder."""
    found = matcher.match(text, language=detect(text, hint=None), today=date.min).candidates
    if not found:
        return Asked(text, expected, None, 0.0, 0.0)
    return Asked(
        text, expected, found[0].entry_id, found[0].score, found[0].score - (found[1].score if found[1:] else 0.0)
    )


def _without(entries: Iterable[Entry], fold: int) -> tuple[list[Entry], list[tuple[str, str]]]:
    """The entries, regardless of their dates, without one phrasing of five; and those phrasings."""
    kept: list[Entry] = []
    held_out: list[tuple[str, str]] = []
    for entry in entries:
        out = set(_held_out(entry, fold))
        held_out.extend((entry.id, text) for text in out)
        phrasings = tuple(text for text in entry.phrasings if text not in out)
        kept.append(replace(entry, phrasings=phrasings, valid_from=None, valid_until=None))
    return kept, held_out


def _held_out(entry: Entry, fold: int) -> Iterator[str]:
    yield from (text for place, text in enumerate(entry.phrasings) if place % FOLDS == fold)


def _share(part: int, of: Sequence[Asked]) -> float:
    return part / len(of) if of else 0.0


def read(file: Path) -> list[Asked]:
    """What `main` wrote. Raises OSError, ValueError."""
    return [Asked(*row) for row in json.loads(file.read_text(encoding="utf-8"))]


def main(arguments: list[str]) -> int:
    """Ask the phrasings of a knowledge base and write what came out, whole or not at all."""
    base, file = load(Path(arguments[0])), Path(arguments[1])
    named = arguments[arguments.index("--semantic") + 1 :] if "--semantic" in arguments else []
    build = teacher(base, semantic="--semantic" in arguments, vocabulary=Path(named[0]) if named else None)
    asked = rehearse(base, build=build)
    written = file.with_suffix(f".{os.getpid()}")
    rows = [(one.text, one.expected, one.found, one.score, one.margin) for one in asked]
    written.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    written.replace(file)
    return 0


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)  # customers need the processor more
    raise SystemExit(main(sys.argv[1:]))
