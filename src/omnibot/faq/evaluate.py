"""How well the FAQ answers a set of questions whose right entries are known: `omnibot faq eval`."""

import json
import resource
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter

from omnibot.domain.candidate import Candidate
from omnibot.domain.language import Language, detect
from omnibot.domain.policy import Thresholds
from omnibot.domain.value import dataclass
from omnibot.faq.entry import load, timeless
from omnibot.faq.matcher import Matcher
from omnibot.faq.teacher import teacher

# The share of unanswerable questions that may be answered wrongly when `right_at_5_false` is taken.
FALSE_ANSWERS_ALLOWED = 0.05
RANKED = 3


class BrokenQueries(Exception):
    """The file of questions cannot be used as it is; the message names the line and what to mend."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: its right entry (None: there is none), what the matcher proposed, and the seconds it took."""

    expected: str | None
    candidates: Sequence[Candidate]
    seconds: float

    @property
    def rank(self) -> int | None:
        """The place of the right entry from 1, or None outside the first three."""
        ids = [candidate.entry_id for candidate in self.candidates[:RANKED]]
        return ids.index(self.expected) + 1 if self.expected in ids else None

    @property
    def score(self) -> float:
        return self.candidates[0].score if self.candidates else 0.0

    @property
    def margin(self) -> float:
        return self.score - (self.candidates[1].score if len(self.candidates) > 1 else 0.0)

    def is_answered(self, thresholds: Thresholds) -> bool:
        return self.score >= thresholds.answer and self.margin >= thresholds.margin


def evaluate(
    entries_path: Path,
    queries_path: Path,
    thresholds: Thresholds,
    *,
    semantic: bool = False,
    vocabulary: Path | None = None,
) -> dict[str, float]:
    """Ask every question and count; the keys are those that INTERFACE.md names, shares run from 0 to 1.

    `top1`, `recall3` and `mrr3` rank without abstaining, `answered` and `correct_of_answered` count at the threshold;
    all five over the questions that have an answer. Validity dates are left out of account.
    Raises BrokenEntries or BrokenQueries, and ImportError where `semantic` is asked for without the extra.
    """
    knowledge_base = timeless(load(entries_path))
    questions = list(_read_queries(queries_path))
    started = perf_counter()
    matcher = Matcher(knowledge_base, teacher(knowledge_base, semantic=semantic, vocabulary=vocabulary))
    build_seconds = perf_counter() - started
    for language in Language:  # what is read when first needed is no part of what a question takes
        matcher.match("怎麼 uesd", language=language, today=date.min)
    asked = [_ask(matcher, text, expected) for text, expected in questions]
    return {
        "entries": len({entry.id for entry in knowledge_base.entries}),
        "phrasings": sum(1 + len(entry.phrasings) for entry in knowledge_base.entries),
        "queries": len(asked),
        **_ranking([one for one in asked if one.expected is not None]),
        **_abstaining(asked, thresholds),
        **_milliseconds([one.seconds for one in asked]),
        "build_s": round(build_seconds, 3),
        "rss_mb": round(_resident_bytes() / 2**20, 1),
    }


def _read_queries(path: Path) -> Iterator[tuple[str, str | None]]:
    if not path.is_file():
        raise BrokenQueries(f"{path}: no such file")
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BrokenQueries(f"{path}:{number}: not JSON: {error.msg}; write one object per line") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "expected" not in row:
            raise BrokenQueries(f'{path}:{number}: write {{"text": …, "expected": entry id or null}}')
        yield row["text"], row["expected"]


def _ask(matcher: Matcher, text: str, expected: str | None) -> _Asked:
    language = detect(text, hint=None)
    started = perf_counter()
    match = matcher.match(text, language=language, today=date.min)
    return _Asked(expected, match.candidates, perf_counter() - started)


def _ranking(answerable: Sequence[_Asked]) -> dict[str, float]:
    ranks = [one.rank for one in answerable]
    return {
        "top1": _share(ranks.count(1), of=len(ranks)),
        "recall3": _share(len(ranks) - ranks.count(None), of=len(ranks)),
        "mrr3": _share(sum(1 / rank for rank in ranks if rank), of=len(ranks)),
    }


def _abstaining(asked: Sequence[_Asked], thresholds: Thresholds) -> dict[str, float]:
    answerable = [one for one in asked if one.expected is not None]
    answered = [one for one in answerable if one.is_answered(thresholds)]
    unanswerable = [one for one in asked if one.expected is None]
    false_scores = sorted((one.score for one in unanswerable), reverse=True)
    figures = {
        "answered": _share(len(answered), of=len(answerable)),
        "correct_of_answered": _share(sum(one.rank == 1 for one in answered), of=len(answered)),
        "false_answer_rate": _share(sum(one.is_answered(thresholds) for one in unanswerable), of=len(unanswerable)),
    }
    if false_scores:
        first_refused = false_scores[int(FALSE_ANSWERS_ALLOWED * len(false_scores))]
        right = sum(one.rank == 1 and one.score > first_refused for one in answerable)
        figures["right_at_5_false"] = _share(right, of=len(answerable))
    return figures


def _milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds) or [0.0]
    return {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 4)
        for name, share in (("p50_ms", 0.5), ("p99_ms", 0.99))
    }


def _share(part: float, *, of: int) -> float:
    return round(part / of, 4) if of else 0.0


def _resident_bytes() -> int:
    """The peak of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
