"""A time-bound commitment: who holds it, since when, until when, what stops it, and how it ended. Pure: a promise and what
happens give the next promise. Warnings and escalation are in `escalation`."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from omnibot.domain import calendar as reckoning
from omnibot.domain.calendar import Calendar, Pause
from omnibot.domain.value import dataclass


class PromiseKind(StrEnum):
    """What was promised."""

    FIRST_REPLY = "first_reply"  # a person answers after the handoff
    NEXT_REPLY = "next_reply"  # a person answers the contact's next message
    RESOLUTION = "resolution"  # a ticket is resolved
    DEALER_REPLY = "dealer_reply"  # the dealer answers: accepts or declines
    DEALER_PLAN = "dealer_plan"  # the customer has agreed to the dealer's plan
    DEALER_CLOSING = "dealer_closing"  # the dealer has done it and reported
    SPOKEN = "spoken"  # what somebody said in a conversation: "we call you by 17:00"
    WRITE_BACK = "write_back"  # a person writes to who did not want to wait, in the time that was agreed


class Holder(StrEnum):
    """Who has to keep it."""

    US = "us"  # the team, nobody in particular
    AGENT = "agent"
    DEALER = "dealer"
    CUSTOMER = "customer"


class Outcome(StrEnum):
    """How it ended; an open promise has none."""

    KEPT = "kept"
    BROKEN = "broken"  # recorded at the moment it broke, once
    WAIVED = "waived"  # no longer owed, for a reason
    MOVED = "moved"  # another promise took its place, and both sides know


class Happening(StrEnum):
    """What promises listen to."""

    REPLIED = "replied"  # an agent wrote to the customer
    PUT_OFF = "put_off"  # the customer wants to be called or written to later
    LEFT_PEOPLE = "left_people"  # the conversation went back to the bot, or was closed
    RESOLVED = "resolved"  # the ticket was resolved, or closed
    HELD = "held"  # the ticket waits for the customer or for parts
    WENT_ON = "went_on"  # the wait is over
    DEALER_REPLIED = "dealer_replied"  # accepted, declined or proposed something
    PLAN_PROPOSED = "plan_proposed"  # by the dealer; the customer has not said yes
    PLAN_AGREED = "plan_agreed"  # by the customer
    DEALER_UNDID = "dealer_undid"  # an acceptance by mistake: see `reopened`
    DEALER_DONE = "dealer_done"  # with a report that was taken
    DEALER_LEFT = "dealer_left"  # the case went to somebody else
    DEALER_SILENT = "dealer_silent"  # it went to somebody else because there was no answer in time


class Effect(StrEnum):
    KEEP = "keep"
    BREAK = "break"
    WAIVE = "waive"
    PAUSE = "pause"
    RESUME = "resume"


_REPLIES = (PromiseKind.FIRST_REPLY, PromiseKind.NEXT_REPLY)
_DEALERS = (PromiseKind.DEALER_REPLY, PromiseKind.DEALER_PLAN, PromiseKind.DEALER_CLOSING)
_WORK = (PromiseKind.RESOLUTION, PromiseKind.DEALER_CLOSING)

# What each happening does to which promises; what does not stand here changes nothing. A proposed plan does not stop the
# clock of the plan: only the customer's yes does. What an agent said ("we call you") is kept by saying so, not by a guess; it
# belongs to the conversation. What a dealer said belongs to the case, and is kept at the latest with it.
EFFECTS: dict[Happening, dict[PromiseKind, Effect]] = {
    Happening.REPLIED: dict.fromkeys((*_REPLIES, PromiseKind.WRITE_BACK), Effect.KEEP),
    Happening.PUT_OFF: dict.fromkeys(_REPLIES, Effect.PAUSE),
    Happening.LEFT_PEOPLE: dict.fromkeys((*_REPLIES, PromiseKind.WRITE_BACK), Effect.WAIVE),
    Happening.RESOLVED: {
        PromiseKind.RESOLUTION: Effect.KEEP,
        PromiseKind.DEALER_CLOSING: Effect.KEEP,
        PromiseKind.DEALER_REPLY: Effect.WAIVE,
        PromiseKind.DEALER_PLAN: Effect.WAIVE,
        PromiseKind.SPOKEN: Effect.KEEP,
    },
    Happening.HELD: dict.fromkeys(_WORK, Effect.PAUSE),
    Happening.WENT_ON: dict.fromkeys(_WORK, Effect.RESUME),
    Happening.DEALER_REPLIED: {PromiseKind.DEALER_REPLY: Effect.KEEP},
    Happening.DEALER_UNDID: {},  # nothing that is open
    Happening.PLAN_PROPOSED: {PromiseKind.DEALER_REPLY: Effect.KEEP},
    Happening.PLAN_AGREED: {PromiseKind.DEALER_REPLY: Effect.KEEP, PromiseKind.DEALER_PLAN: Effect.KEEP},
    Happening.DEALER_DONE: {
        PromiseKind.DEALER_REPLY: Effect.KEEP,
        PromiseKind.DEALER_PLAN: Effect.WAIVE,
        PromiseKind.DEALER_CLOSING: Effect.KEEP,
        PromiseKind.SPOKEN: Effect.KEEP,
    },
    Happening.DEALER_LEFT: dict.fromkeys((*_DEALERS, PromiseKind.SPOKEN), Effect.WAIVE),
    Happening.DEALER_SILENT: dict.fromkeys(_DEALERS, Effect.WAIVE) | {PromiseKind.DEALER_REPLY: Effect.BREAK},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One row that clocks, queue order, warnings and scorecards all read. `wake_at` is its only timer: when the next
    warning, the breach or the next rung of the ladder is due; empty while nothing is to come."""

    id: int = 0  # 0: not stored yet
    kind: PromiseKind
    holder: Holder
    holder_id: int | None = None  # of the agent, dealer or contact
    conversation_id: int | None = None
    ticket_id: int | None = None
    started_at: datetime
    allowance: timedelta | None = None  # open time; none where an instant was named
    calendar: str = ""  # the key of the calendar it runs by, edited since or not
    pauses: tuple[Pause, ...] = ()
    due_at: datetime  # while paused: as it was before the pause
    wake_at: datetime | None = None
    warned: int = 0  # per cent: 50, 80 or 100
    rung: int = 0  # how many rungs of the ladder have been told
    acknowledged_at: datetime | None = None
    acknowledged_by: int | None = None
    broken_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str | None = None  # why it was waived or moved
    ended_at: datetime | None = None
    text: str | None = None  # what was said
    follows_id: int | None = None  # the moved promise in whose place it stands
    told_at: datetime | None = None  # the customer heard that it broke

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def is_paused(self) -> bool:
        return self.is_open and bool(self.pauses) and self.pauses[-1].end is None


WARNINGS = (50, 80, 100)  # per cent of the time


def reopened(promise: Promise, calendar: Calendar) -> Promise:
    """What kept it was undone: it is owed again, with the time that it had."""
    return planned(replace(promise, outcome=None, ended_at=None), calendar)


def planned(promise: Promise, calendar: Calendar) -> Promise:
    """The promise with its due time and its next timer, reckoned from its start, allowance and pauses. Raises NeverOpen."""
    if promise.is_paused:
        return replace(promise, wake_at=None)
    due_at = promise.due_at
    if promise.allowance is not None:
        due_at = reckoning.due(promise.started_at, promise.allowance, calendar, promise.pauses)
    promise = replace(promise, due_at=due_at)
    return replace(promise, wake_at=next_warning(promise, calendar))


def next_warning(promise: Promise, calendar: Calendar) -> datetime | None:
    """When the next of the three warnings is due; the last of them is the breach."""
    coming = next((share for share in WARNINGS if share > promise.warned), None)
    if coming is None or not promise.is_open or promise.is_paused:
        return None
    if coming == 100:
        return promise.due_at
    if promise.allowance is None:
        return promise.started_at + (promise.due_at - promise.started_at) * coming / 100
    return reckoning.due(promise.started_at, promise.allowance * coming / 100, calendar, promise.pauses)


def paused(promise: Promise, why: str, now: datetime) -> Promise:
    """The clock stands still. Nothing to do where it stands for that already, is over, broken, or names an instant."""
    if not promise.is_open or promise.broken_at or promise.allowance is None:
        return promise
    earlier = promise.pauses
    if promise.is_paused:
        if earlier[-1].why == why:
            return promise
        earlier = (*earlier[:-1], replace(earlier[-1], end=max(now, earlier[-1].begin)))
    return replace(promise, pauses=(*earlier, Pause(begin=now, why=why)), wake_at=None)


def resumed(promise: Promise, calendar: Calendar, now: datetime) -> Promise:
    """The clock goes on, and is due as much later as it stood still."""
    if not promise.is_paused:
        return promise
    *earlier, last = promise.pauses
    return planned(replace(promise, pauses=(*earlier, replace(last, end=max(now, last.begin)))), calendar)


def ended(promise: Promise, outcome: Outcome, now: datetime, *, reason: str | None = None) -> Promise:
    """Over. What ends after it was due is broken, however it ends; nothing is due while it pauses."""
    if not promise.is_open:
        return promise
    pauses = promise.pauses
    is_late = promise.broken_at is not None or (not promise.is_paused and promise.due_at < now)
    if promise.is_paused:
        pauses = (*pauses[:-1], replace(pauses[-1], end=max(now, pauses[-1].begin)))
    return replace(
        promise,
        pauses=pauses,
        outcome=Outcome.BROKEN if is_late and outcome is not Outcome.MOVED else outcome,
        broken_at=(promise.broken_at or now) if is_late else None,
        reason=reason,
        ended_at=now,
        wake_at=None,
    )


def rewarned(promise: Promise, calendar: Calendar, now: datetime) -> Promise:
    """A promise with another plan: reckoned anew, and warned of what is still to come, not of what has passed."""
    promise = planned(replace(promise, warned=0), calendar)
    while promise.wake_at is not None and promise.wake_at <= now and promise.warned < 80:
        promise = replace(promise, warned=80 if promise.warned else 50)
        promise = replace(promise, wake_at=next_warning(promise, calendar))
    return promise


def replanned(promise: Promise, *, allowance: timedelta, calendar: Calendar, key: str, now: datetime) -> Promise:
    """The same promise by another policy, from its own beginning on."""
    return rewarned(replace(promise, allowance=allowance, calendar=key), calendar, now)


def reprioritised(promise: Promise, allowance: timedelta, calendar: Calendar, now: datetime) -> Promise:
    """The same promise with another allowance: time that has passed counts. Where the new one would be over already, it
    starts now: nobody breaks a promise by making a case more urgent."""
    if promise.broken_at is not None or promise.allowance is None:  # moved to an instant that the customer was told
        return promise
    changed = rewarned(replace(promise, allowance=allowance), calendar, now)
    if not changed.is_paused and changed.due_at <= now:
        changed = planned(replace(changed, started_at=now, pauses=(), warned=0), calendar)
    return changed


def effect(promise: Promise, happening: Happening) -> Effect | None:
    """What a happening does to a promise."""
    return EFFECTS[happening].get(promise.kind) if promise.is_open else None


def after(promise: Promise, happening: Happening, calendar: Calendar, now: datetime, why: str = "") -> Promise:
    """The promise once it has happened; the same one where it does not matter to it."""
    match effect(promise, happening):
        case Effect.KEEP:
            return ended(promise, Outcome.KEPT, now)
        case Effect.BREAK:
            return ended(replace(promise, broken_at=promise.broken_at or now), Outcome.BROKEN, now)
        case Effect.WAIVE:
            return ended(promise, Outcome.WAIVED, now, reason=why or happening.value)
        case Effect.PAUSE:
            return paused(promise, why, now)
        case Effect.RESUME:
            return resumed(promise, calendar, now)
        case None:
            return promise


def passed(promise: Promise, calendar: Calendar, now: datetime) -> timedelta:
    """How much of its time has been used up."""
    end = promise.ended_at or now
    if promise.allowance is None:
        return end - promise.started_at
    return reckoning.open_time(promise.started_at, end, calendar, promise.pauses)
