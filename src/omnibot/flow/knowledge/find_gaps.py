"""Finds what the bot should know and does not: questions that it could not answer or answered badly, in groups, the dearest
first. What it would answer today is no gap any more.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.asked import Asked
from omnibot.domain.knowledge import Content, Quality, Wording
from omnibot.domain.language import Language
from omnibot.domain.masking import as_answer, mask
from omnibot.domain.policy import Thresholds
from omnibot.faq import gaps
from omnibot.faq.normalize import normalise
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge.look_back import look_back, quality
from omnibot.flow.knowledge.replay import outcome
from omnibot.store import faq_gaps
from omnibot.store.faq_gaps import GapState, KnownGap, Place

DAYS = 30
MOST_PHRASINGS = 10
SHARE = 20  # findings are kept this many times as long as it took to find them


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions that ask for the same thing and got no good answer."""

    id: int
    state: GapState
    entry_id: str | None  # begun for it
    question: str  # the one nearest to all others
    language: Language
    asked: tuple[Asked, ...]  # the one nearest to all others first
    burden: float
    conversations: int
    replies: float  # how much people wrote in one of the conversations, on average
    badly_rated: float  # share, 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a look back at the last days has found."""

    at: datetime
    gaps: tuple[Gap, ...]  # the dearest first
    quality: dict[str, Quality]  # by entry


async def find_gaps(desk: Desk, now: datetime) -> Findings:
    """Look back, group, and remember which question belongs to which gap, so that a gap stays the same one."""
    asked = await look_back(desk.store, now, days=DAYS)
    groups = await asyncio.to_thread(_groups, desk, asked, now.date())
    ids = await desk.store.run(lambda tx: _number(tx, groups, now))
    known = await desk.store.read(lambda tx: faq_gaps.get_all(tx, ids))
    found = [_gap(known[id], group) for id, group in zip(ids, groups, strict=True) if id in known]
    return Findings(
        at=now,
        gaps=tuple(sorted(found, key=lambda gap: (-gap.burden, gap.id))),
        quality=quality(asked),
    )


class Finder:
    """The findings of this process, looked for again when they are old: looking takes at most a twentieth of the time."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._turn = asyncio.Lock()
        self._found: Findings | None = None
        self._judged_by: tuple[str, Thresholds] | None = None  # what it was found with
        self._keep_until = 0.0

    async def current(self) -> Findings:
        """The findings, with what was decided about gaps until now."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            judged_by = (self._desk.matcher.version, self._desk.policy.thresholds)
            if self._found is None or self._judged_by != judged_by or loop.time() >= self._keep_until:
                began = loop.time()
                self._found = await find_gaps(self._desk, self._clock.now())
                self._judged_by = judged_by
                self._keep_until = loop.time() + SHARE * (loop.time() - began)
            return await self._decided(self._found)

    async def _decided(self, found: Findings) -> Findings:
        known = await self._desk.store.read(lambda tx: faq_gaps.get_all(tx, [gap.id for gap in found.gaps]))
        gaps = (replace(gap, state=known[gap.id].state, entry_id=known[gap.id].entry_id) for gap in found.gaps)
        return replace(found, gaps=tuple(gaps))


def draft(gap: Gap) -> Content:
    """An entry for a gap: its questions, and the best of what people answered, without what is personal."""
    names = sorted({name for asked in gap.asked for name in asked.names})
    texts: dict[str, str] = {}
    for asked in gap.asked:
        text = mask(" ".join(asked.text.split()), names)[:300]
        texts.setdefault(normalise(text).rstrip(" ?!.。"), text)
    question, *others = texts.values()
    answer = as_answer(best_reply(gap.asked) or "", names)
    wording = Wording(question=question, phrasings=tuple(others[:MOST_PHRASINGS]), answer=answer)
    return Content(wordings={gap.language: wording})


def best_reply(asked: Sequence[Asked]) -> str | None:
    """Of what people answered, that which resembles the other answers most; of equally near ones the longest."""
    replies = [one.reply for one in asked if one.reply]
    if not replies:
        return None
    groups = gaps.group(replies)
    return replies[groups[0].middle] if len(groups[0].members) > 1 else max(replies, key=lambda one: (len(one), one))


def _groups(desk: Desk, asked: Sequence[Asked], today: date) -> list[list[Asked]]:
    # The newest count where there are too many; sorted, so that the same questions give the same groups.
    unsolved = sorted((one for one in asked if _is_unsolved(desk, one, today)), key=lambda one: one.at, reverse=True)
    newest = sorted(unsolved[: gaps.MOST_QUESTIONS], key=lambda one: (one.conversation_id, one.seq))
    found = []
    for group in gaps.group([one.text for one in newest]):
        others = [place for place in group.members if place != group.middle]
        found.append([newest[group.middle], *(newest[place] for place in others)])
    return found


def _is_unsolved(desk: Desk, asked: Asked, today: date) -> bool:
    if not asked.is_open or not normalise(asked.text):
        return False
    now = outcome(desk.matcher, asked, desk.policy, today)
    is_answered = now.decision == "answer" and now.candidate is not None
    if not is_answered or now.candidate is None:
        return True
    # The same entry in the same words would fail again; reworded since, it has its chance.
    return asked.is_badly_rated and now.candidate.entry_id == asked.entry_id and not _was_changed(desk, asked)


def _was_changed(desk: Desk, asked: Asked) -> bool:
    since = desk.knowledge.live_since(asked.entry_id) if asked.entry_id else None
    return since is not None and since > asked.at


def _number(tx: Connection, groups: Sequence[Sequence[Asked]], now: datetime) -> list[int]:
    """The gap of each group: the one to which most of its questions belong already, or a new one."""
    known = faq_gaps.known(tx, {one.conversation_id for group in groups for one in group})
    shares: list[tuple[int, int, int]] = []  # questions in common, group, gap
    for number, group in enumerate(groups):
        common = Counter(known[place] for place in _places(group) if place in known)
        shares += [(-count, number, gap) for gap, count in common.items()]
    ids: dict[int, int] = {}
    for _, number, gap in sorted(shares):
        if number not in ids and gap not in ids.values():
            ids[number] = gap
    for number in range(len(groups)):
        if number not in ids:
            ids[number] = faq_gaps.add(tx, now)
    wanted = {place: ids[number] for number, group in enumerate(groups) for place in _places(group)}
    faq_gaps.put(tx, {place: gap for place, gap in wanted.items() if known.get(place) != gap})
    return [ids[number] for number in range(len(groups))]


def _places(group: Sequence[Asked]) -> list[Place]:
    return [(one.conversation_id, one.seq) for one in group]


def _gap(known: KnownGap, asked: Sequence[Asked]) -> Gap:
    conversations = len({one.conversation_id for one in asked})
    replies = sum(one.replies for one in asked) / len(asked)
    badly_rated = sum(one.is_badly_rated for one in asked) / len(asked)
    languages = Counter(one.language for one in asked)
    return Gap(
        id=known.id,
        state=known.state,
        entry_id=known.entry_id,
        question=asked[0].text,
        language=min(languages, key=lambda language: (-languages[language], language.value)),
        asked=tuple(asked),
        burden=gaps.burden(conversations=conversations, replies=replies, badly_rated=badly_rated),
        conversations=conversations,
        replies=replies,
        badly_rated=badly_rated,
    )
