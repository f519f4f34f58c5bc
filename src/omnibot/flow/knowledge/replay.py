"""What would change for customers if a draft were live: the questions of the last days, asked again before and after."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from omnibot.domain.asked import Asked
from omnibot.domain.candidate import Candidate
from omnibot.domain.knowledge import Content
from omnibot.domain.policy import Policy
from omnibot.domain.triage import is_sure
from omnibot.faq import index as indexes
from omnibot.faq.entry import KnowledgeBase
from omnibot.faq.index import Ranker
from omnibot.faq.matcher import Matcher
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge.look_back import distinct, look_back

MOST_QUESTIONS = 2_000  # different ones; the newest count
LEARN_SECONDS = 40  # for each side; somebody waits for the page


class ChangeKind(StrEnum):
    """What becomes of a question, the best news first."""

    GAINED = "gained"  # it is answered now
    REWORDED = "reworded"  # the same entry answers in other words
    MOVED = "moved"  # another entry answers now
    LOST = "lost"  # it was answered and is not any more
    OFFERED = "offered"  # other likely questions are offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the FAQ alone does with a question."""

    decision: str  # answer, suggest, abstain
    candidate: Candidate | None  # the best one, whatever the decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    asked: Asked
    times: int
    kind: ChangeKind
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """`changes` with the most frequent first; `counts` are questions, each as often as it was asked."""

    days: int
    asked: int
    different: int
    changes: list[Changed]
    counts: dict[ChangeKind, int]
    is_cut: bool  # there were more questions than are replayed


async def replay(desk: Desk, id: str, content: Content | None, now: datetime, *, days: int) -> Replay:
    """Ask everything again. Both sides are made in the same way, so that nothing differs but the entry. What is learned of the
    draft is kept: customers get it at once when the draft goes live."""
    asked = await look_back(desk.store, now, days=days)
    bases = desk.knowledge.base, desk.knowledge.with_entry(id, content)
    models = [await _learned(desk, base) for base in bases] if asked else [None, None]
    if None in models:
        models = [None, None]
    before, after = [
        desk.matcher.over(replace(await asyncio.to_thread(indexes.make, base), learned=model))
        for base, model in zip(bases, models, strict=True)
    ]
    return await asyncio.to_thread(_replay, desk.policy, before, after, asked, now.date(), days)


async def _learned(desk: Desk, base: KnowledgeBase) -> Ranker | None:
    """What is learned of the entries; None where there is too much to learn from, or it takes too long."""
    if desk.knowledge.training is None:
        return None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LEARN_SECONDS):
            return await desk.knowledge.training.learn(base)
    return None


def _replay(policy: Policy, before: Matcher, after: Matcher, asked: list[Asked], today: date, days: int) -> Replay:
    different = sorted(distinct(asked), key=lambda pair: (-pair[1], pair[0].text))
    changes = compare(before, after, different[:MOST_QUESTIONS], policy, today)
    counts = Counter[ChangeKind]()
    for one in changes:
        counts[one.kind] += one.times
    return Replay(
        days=days,
        asked=len(asked),
        different=len(different),
        changes=changes,
        counts={kind: counts[kind] for kind in ChangeKind},
        is_cut=len(different) > MOST_QUESTIONS,
    )


def compare(
    before: Matcher, after: Matcher, questions: Sequence[tuple[Asked, int]], policy: Policy, today: date
) -> list[Changed]:
    """The questions with which something else happens, in the order given."""
    found = []
    for asked, times in questions:
        was, is_now = (outcome(matcher, asked, policy, today) for matcher in (before, after))
        kind = kind_of(was, is_now)
        if kind is not None:
            found.append(Changed(asked=asked, times=times, kind=kind, before=was, after=is_now))
    return found


def outcome(matcher: Matcher, asked: Asked, policy: Policy, today: date) -> Outcome:
    candidates = matcher.match(asked.text, language=asked.language, today=today).candidates
    return Outcome(decision=decision(candidates, policy), candidate=candidates[0] if candidates else None)


def decision(candidates: tuple[Candidate, ...], policy: Policy) -> str:
    """What the FAQ alone does with what was found."""
    if is_sure(candidates, policy):
        return "answer"
    return "suggest" if candidates and candidates[0].score >= policy.suggest_threshold else "abstain"


def kind_of(before: Outcome, after: Outcome) -> ChangeKind | None:
    """How much it matters, or None: the same happens."""
    was, is_now = before.decision, after.decision
    if is_now == "answer" and was != "answer":
        return ChangeKind.GAINED
    if was == "answer" and is_now != "answer":
        return ChangeKind.LOST
    same = _entry(before) == _entry(after)
    if is_now == "answer":
        if not same:
            return ChangeKind.MOVED
        return ChangeKind.REWORDED if _answer(before) != _answer(after) else None
    if was != is_now or (is_now == "suggest" and not same):
        return ChangeKind.OFFERED
    return None


def _entry(outcome: Outcome) -> str | None:
    return outcome.candidate.entry_id if outcome.candidate else None


def _answer(outcome: Outcome) -> str | None:
    return outcome.candidate.answer if outcome.candidate else None
