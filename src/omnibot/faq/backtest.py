"""What an edit of the knowledge base changes: real questions asked of both versions. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from omnibot.domain.candidate import Match
from omnibot.domain.language import Language, detect
from omnibot.domain.policy import Thresholds
from omnibot.faq.matcher import Matcher

Decision = Literal["answer", "suggest", "pass on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a version does with a question; `entry_ids` are those of the answer or of the suggestions."""

    decision: Decision
    entry_ids: tuple[str, ...] = ()
    answer: str | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A question that is dealt with in another way, and how often it was asked."""

    text: str
    times: int
    before: Outcome
    after: Outcome

    @property
    def kind(self) -> str:
        """In words: what the asker sees of it."""
        if self.before.decision != self.after.decision:
            return f"{_WORDS[self.before.decision]} → {_WORDS[self.after.decision]}"
        if self.after.decision == "suggest":
            return "other suggestions"
        return "another entry" if self.before.entry_ids != self.after.entry_ids else "the same entry, other words"


_WORDS: Mapping[Decision, str] = {"answer": "answered", "suggest": "suggested", "pass on": "passed on"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`changes` are those most often asked first; numbers count every time a question was asked."""

    asked: int
    changes: tuple[Change, ...]

    @property
    def changed(self) -> int:
        return sum(change.times for change in self.changes)

    @property
    def counts(self) -> dict[str, int]:
        """How often each kind of change would have been seen, most often first."""
        found: Counter[str] = Counter()
        for change in self.changes:
            found[change.kind] += change.times
        return dict(found.most_common())


def compare(
    before: Matcher,
    after: Matcher,
    questions: Iterable[tuple[str, Language | None]],
    *,
    thresholds: Thresholds,
    today: date,
) -> Report:
    """Ask both. Questions come as often as they were asked, each with its asker's language where it is known."""
    asked = Counter(questions)
    changes = []
    for (text, hint), times in asked.items():
        language = detect(text, hint=hint)
        old = outcome(before.match(text, language=language, today=today), thresholds)
        new = outcome(after.match(text, language=language, today=today), thresholds)
        if (old.decision, old.entry_ids, old.answer) != (new.decision, new.entry_ids, new.answer):
            changes.append(Change(text=text, times=times, before=old, after=new))
    changes.sort(key=lambda change: (-change.times, change.kind, change.text))
    return Report(asked=asked.total(), changes=tuple(changes))


def outcome(match: Match, thresholds: Thresholds) -> Outcome:
    """What the bot does with a match at the beginning of a conversation."""
    candidates = match.candidates
    if not candidates or candidates[0].score < thresholds.suggest:
        return Outcome(decision="pass on")
    best, second = candidates[0], candidates[1].score if len(candidates) > 1 else 0.0
    if best.score >= thresholds.answer and best.score - second >= thresholds.margin:
        return Outcome(decision="answer", entry_ids=(best.entry_id,), answer=best.answer, score=best.score)
    likely = tuple(one.entry_id for one in candidates if one.score >= thresholds.suggest)[:3]
    return Outcome(decision="suggest", entry_ids=likely, score=best.score)
