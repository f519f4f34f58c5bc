"""Who hears of a promise that is running out or broken, and when. `advance` takes a promise to now, step by step; `tell`
says to whom each step is told. Nothing is sent here."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from omnibot.domain import calendar as reckoning
from omnibot.domain.calendar import Calendar
from omnibot.domain.promise import WARNINGS, Holder, Promise, PromiseKind, next_warning
from omnibot.domain.value import dataclass


class Audience(StrEnum):
    """Who is told."""

    HOLDER = "holder"  # the agent or dealer who promised
    ASSIGNEE = "assignee"  # who has the conversation or ticket now
    TEAM_LEAD = "team_lead"
    SUPERVISOR = "supervisor"
    ON_CALL = "on_call"  # a channel that somebody always reads
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """Of the ladder: who is told of a broken promise, and how long (open time) until the next rung is."""

    audience: Audience
    patience: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    rungs: tuple[Rung, ...]
    hold: timedelta  # an acknowledgement holds the ladder for this long, not for ever


LADDER = Ladder(
    rungs=(
        Rung(audience=Audience.ASSIGNEE, patience=timedelta(minutes=10)),
        Rung(audience=Audience.TEAM_LEAD, patience=timedelta(minutes=15)),
        Rung(audience=Audience.SUPERVISOR, patience=timedelta(minutes=30)),
        Rung(audience=Audience.ON_CALL, patience=timedelta(hours=1)),
    ),
    hold=timedelta(hours=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """So much of the time is over."""

    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broke:
    """It is due and not kept: the warning at 100 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """Still not kept, and nobody took it up in time: the next rung."""

    audience: Audience
    rung: int  # from 1


Step = Warned | Broke | Escalated


class Notice(StrEnum):
    """What somebody is told."""

    RUNNING = "running"  # half of the time is over
    SOON = "soon"  # 80 % of it
    NUDGE = "nudge"  # to who said it: say it is done, or name a new time
    BROKEN = "broken"
    UNANSWERED = "unanswered"  # broken, and the rung before has not taken it up
    SORRY = "sorry"  # to the customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    to: Audience
    what: Notice


def advance(promise: Promise, calendar: Calendar, ladder: Ladder, now: datetime) -> tuple[Promise, tuple[Step, ...]]:
    """The promise as it is at `now`, and the steps on the way. Each step is taken once, however late or early anybody looks
    and however the clock jumps: what was taken stands in the promise."""
    steps: list[Step] = []
    while promise.is_open and promise.wake_at is not None and promise.wake_at <= now:
        if promise.warned >= 100 and promise.rung >= len(ladder.rungs):  # the ladder has become shorter
            return replace(promise, wake_at=None), tuple(steps)
        promise, step = _next(promise, calendar, ladder, now)
        steps.append(step)
    return promise, tuple(steps)


def _next(promise: Promise, calendar: Calendar, ladder: Ladder, now: datetime) -> tuple[Promise, Step]:
    if promise.warned >= 100:
        rung = ladder.rungs[promise.rung]
        climbed = replace(promise, rung=promise.rung + 1)
        return replace(climbed, wake_at=_patience(climbed, calendar, ladder, now)), Escalated(
            audience=rung.audience, rung=climbed.rung
        )
    share = next(share for share in WARNINGS if share > promise.warned)
    warned = replace(promise, warned=share)
    if share < 100:
        return replace(warned, wake_at=next_warning(warned, calendar)), Warned(percent=share)
    # The first rung hears of the breach itself.
    broken = replace(warned, broken_at=now, rung=1)
    return replace(broken, wake_at=_patience(broken, calendar, ladder, now)), Broke()


def _patience(promise: Promise, calendar: Calendar, ladder: Ladder, now: datetime) -> datetime | None:
    """When the rung after the one just told is due. Counted from now, so that nobody is passed over after a standstill."""
    if promise.rung >= len(ladder.rungs) or promise.holder is Holder.CUSTOMER:
        return None
    return reckoning.due(now, ladder.rungs[promise.rung - 1].patience, calendar)


def acknowledged(promise: Promise, by: int, calendar: Calendar, ladder: Ladder, now: datetime) -> Promise:
    """Somebody takes it up: the ladder waits."""
    taken_up = replace(promise, acknowledged_at=now, acknowledged_by=by)
    if promise.warned < 100 or promise.rung >= len(ladder.rungs) or not promise.is_open:
        return taken_up
    return replace(taken_up, wake_at=reckoning.due(now, ladder.hold, calendar))


def tell(step: Step, promise: Promise) -> list[Telling]:
    """To whom a step is told, and what. What the customer promised is only shown."""
    if promise.holder is Holder.CUSTOMER:
        return []
    holder = Audience.ASSIGNEE if promise.holder is Holder.US else Audience.HOLDER
    is_spoken = promise.kind in (PromiseKind.SPOKEN, PromiseKind.WRITE_BACK)
    match step:
        case Warned(percent=percent):
            what = Notice.NUDGE if is_spoken else Notice.RUNNING if percent < 80 else Notice.SOON
            return [Telling(to=holder, what=what)]
        case Broke():
            customer = [Telling(to=Audience.CUSTOMER, what=Notice.SORRY)] if is_spoken and not promise.told_at else []
            return [*customer, Telling(to=holder, what=Notice.BROKEN)]
        case Escalated(audience=audience):
            return [Telling(to=audience, what=Notice.UNANSWERED)]
    assert_never(step)
