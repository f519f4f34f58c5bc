"""From which score on the FAQ answers, as people set it: asked of their own examples first, applied, taken back.

What is applied wins over the settings, in every process, until somebody gives it back to them.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.calibration import SETTINGS, Calibration
from omnibot.domain.policy import PRESETS, Thresholds
from omnibot.faq import calibrate
from omnibot.faq.calibrate import Asked, Yield
from omnibot.faq.matcher import Matcher
from omnibot.flow.desk import Desk
from omnibot.store import audit, faq_calibrations, faq_entries

REHEARSAL_SECONDS = 60  # somebody waits for the page; what takes longer is there the next time


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question, and the entry that answers it; None: it must not be answered."""

    text: str
    entry_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What becomes of the examples, and of the entries' own phrasings, at some thresholds."""

    thresholds: Thresholds
    false_answers: int  # of what must not be answered
    right: int  # of what came with its entry
    wrong: int
    rehearsed: Yield | None  # None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`found` is None where no threshold is high enough; `after` is then the strictest one."""

    forbidden: int
    wanted: int
    rehearsed: int
    rows: Mapping[str, Counted]  # in_force, settings, the presets by name
    found: Counted | None
    falsely: Sequence[Asked]  # must not be answered and still is, after
    missed: Sequence[Asked]  # came with an entry that does not answer it, after
    lost: Sequence[Asked]  # the phrasings that are answered rightly now and not after
    after: Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """Somebody else has set them meanwhile."""

    newest: Calibration


async def look_ahead(desk: Desk, examples: Sequence[Example], *, allowed: float) -> Trial:
    """Ask the bot as customers have it now, and look for the lowest answer threshold at which at most the share `allowed` of what
    must not be answered is. It is never below that of the settings: examples are few, and silence about them proves little."""
    asked = await asyncio.to_thread(_ask, desk.matcher, examples)
    rehearsed = await _rehearsed(desk)
    return await asyncio.to_thread(_weigh, desk, asked, rehearsed, allowed)


def _ask(matcher: Matcher, examples: Iterable[Example]) -> list[Asked]:
    return [calibrate.asked_of(matcher, one.text, one.entry_id) for one in examples]


async def _rehearsed(desk: Desk) -> list[Asked]:
    training = desk.knowledge.training
    if training is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REHEARSAL_SECONDS):
                return await training.rehearse(desk.knowledge.base) or []
    return []


def _weigh(desk: Desk, asked: list[Asked], rehearsed: list[Asked], allowed: float) -> Trial:
    standing = desk.standing
    start, now = standing.settled.thresholds, standing.policy.thresholds
    found = calibrate.choose(asked, start, allowed=allowed, lowest=start.answer)
    after = found.thresholds if found else calibrate.highest(start)
    rows = {"in_force": now, "settings": start, **PRESETS}
    wanted = [one for one in asked if one.expected is not None]
    forbidden = [one for one in asked if one.expected is None]
    return Trial(
        forbidden=len(forbidden),
        wanted=len(wanted),
        rehearsed=len(rehearsed),
        rows={name: _counted(asked, rehearsed, thresholds) for name, thresholds in rows.items()},
        found=_counted(asked, rehearsed, after) if found else None,
        falsely=[one for one in forbidden if one.is_answered(after)],
        missed=[one for one in wanted if not _is_right(one, after)],
        lost=[one for one in rehearsed if _is_right(one, now) and not _is_right(one, after)],
        after=after,
    )


def _counted(asked: Sequence[Asked], rehearsed: Sequence[Asked], thresholds: Thresholds) -> Counted:
    answered = [one for one in asked if one.is_answered(thresholds)]
    wanted = [one for one in answered if one.expected is not None]
    right = sum(_is_right(one, thresholds) for one in wanted)
    return Counted(
        thresholds=thresholds,
        false_answers=len(answered) - len(wanted),
        right=right,
        wrong=len(wanted) - right,
        rehearsed=calibrate.measure(rehearsed, thresholds) if rehearsed else None,
    )


def _is_right(one: Asked, thresholds: Thresholds) -> bool:
    return one.found == one.expected and one.is_answered(thresholds)


def apply(
    tx: Connection,
    thresholds: Thresholds | None,
    *,
    by: User,
    now: datetime,
    seen: int | None,
    note: str = "",
    forbidden: int = 0,
    wanted: int = 0,
) -> Calibration | Outdated:
    """From the commit on every process answers from these on; None: from those of its settings. `seen` is the newest version that
    he knows (0: none); with None whatever is there is replaced."""
    return _add(
        tx,
        Calibration(
            n=0,
            thresholds=thresholds,
            forbidden=forbidden,
            wanted=wanted,
            note=note,
            author_id=by.id,
            author_name=by.name,
            at=now,
        ),
        seen,
    )


def roll_back(
    tx: Connection, to: int, *, by: User, now: datetime, seen: int | None, note: str = ""
) -> Calibration | Outdated | None:
    """A new version with the thresholds of an old one; 0: those of the settings. None: there is no such version."""
    old = faq_calibrations.get(tx, to) if to != SETTINGS else None
    if old is None and to != SETTINGS:
        return None
    made = Calibration(
        n=0,
        thresholds=old.thresholds if old else None,
        forbidden=old.forbidden if old else 0,
        wanted=old.wanted if old else 0,
        note=note,
        restores=to,
        author_id=by.id,
        author_name=by.name,
        at=now,
    )
    return _add(tx, made, seen)


def _add(tx: Connection, made: Calibration, seen: int | None) -> Calibration | Outdated:
    faq_entries.next_revision(
        tx
    )  # the lock under which what customers get changes, and the mark by which processes see it
    newest = faq_calibrations.newest(tx)
    if newest is not None and seen is not None and seen != newest.n:
        return Outdated(newest=newest)
    made = replace(made, n=newest.n + 1 if newest else 1)
    faq_calibrations.add(tx, made)
    audit.write(
        tx,
        user_id=made.author_id,
        action="faq_calibrate",
        subject="faq",
        detail=f"version {made.n}",
        now=made.at,
    )
    return made
