"""How promises look in the API: who holds it, what is left of it, why it is due then, and what happened to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from msgspec import Struct
from sqlalchemy.engine import Connection

from omnibot.domain import calendar as reckoning
from omnibot.domain import promise as domain
from omnibot.domain.access import User
from omnibot.domain.calendar import Calendar, ClockChange, Counted, Holiday, Line, Paused
from omnibot.domain.promise import Holder, Promise
from omnibot.store import calendars, promises, users
from omnibot.store.promises import Event


class LineView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`counted`: open time that counts, `seconds` of it; `paused`: time that does not, until further notice if `until` is
    absent; `holiday`: a day without its hours; `clock_change`: clocks put forward by `seconds`, or back."""

    kind: str
    begin: datetime
    until: datetime | None = None
    seconds: float | None = None
    why: str | None = None


class PauseView(Struct, frozen=True, kw_only=True):
    begin: datetime
    end: datetime | None
    why: str


class EventView(Struct, frozen=True, kw_only=True):
    kind: str
    at: datetime
    by: str | None
    detail: dict[str, Any]


class PromiseView(Struct, frozen=True, kw_only=True):
    """`due_at` of a paused promise is as it was before the pause. `why` and `history` are empty in lists."""

    id: int
    kind: str
    holder: str
    holder_id: int | None
    holder_name: str | None
    text: str | None
    conversation_id: int | None
    ticket_id: int | None
    started_at: datetime
    due_at: datetime
    allowance_seconds: float | None
    passed_seconds: float
    calendar: str
    timezone: str
    paused: bool
    pauses: list[PauseView]
    warned: int
    escalated: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    broken_at: datetime | None
    outcome: str | None
    reason: str | None
    ended_at: datetime | None
    follows_id: int | None
    why: list[LineView] = []
    history: list[EventView] = []


def views(tx: Connection, found: list[Promise], now: datetime) -> list[PromiseView]:
    """Promises with everything that is known of them."""
    people, happened = names(tx, found), promises.events(tx, [one.id for one in found])
    return [
        view(one, calendars.get(tx, one.calendar), people, now, events=happened.get(one.id, []), is_whole=True)
        for one in found
    ]


def names(tx: Connection, found: Iterable[Promise]) -> dict[int, User]:
    """The agents that promises name."""
    ids = {one.holder_id for one in found if one.holder is Holder.AGENT} | {one.acknowledged_by for one in found}
    people = (users.get(tx, id) for id in ids if id is not None)
    return {person.id: person for person in people if person is not None}


def view(
    promise: Promise,
    calendar: Calendar,
    people: dict[int, User],
    now: datetime,
    *,
    events: Iterable[Event] = (),
    is_whole: bool = False,
) -> PromiseView:
    holder = people.get(promise.holder_id or 0) if promise.holder is Holder.AGENT else None
    by = people.get(promise.acknowledged_by or 0)
    return PromiseView(
        id=promise.id,
        kind=promise.kind.value,
        holder=promise.holder.value,
        holder_id=promise.holder_id,
        holder_name=holder.name if holder else None,
        text=promise.text,
        conversation_id=promise.conversation_id,
        ticket_id=promise.ticket_id,
        started_at=promise.started_at,
        due_at=promise.due_at,
        allowance_seconds=promise.allowance.total_seconds() if promise.allowance else None,
        passed_seconds=domain.passed(promise, calendar, now).total_seconds(),
        calendar=calendar.name,
        timezone=calendar.zone.key,
        paused=promise.is_paused,
        pauses=[PauseView(begin=pause.begin, end=pause.end, why=pause.why) for pause in promise.pauses],
        warned=promise.warned,
        escalated=promise.rung,
        acknowledged_at=promise.acknowledged_at,
        acknowledged_by=by.name if by else None,
        broken_at=promise.broken_at,
        outcome=promise.outcome.value if promise.outcome else None,
        reason=promise.reason,
        ended_at=promise.ended_at,
        follows_id=promise.follows_id,
        why=[_line(one) for one in lines(promise, calendar)] if is_whole else [],
        history=[EventView(kind=e.kind, at=e.at, by=e.by_name, detail=e.detail) for e in events],
    )


def lines(promise: Promise, calendar: Calendar) -> tuple[Line, ...]:
    """Why it is due then; nothing to say where an instant was named."""
    if promise.allowance is None:
        return ()
    return reckoning.explain(promise.started_at, promise.allowance, calendar, promise.pauses)


def _line(line: Line) -> LineView:
    match line:
        case Counted(begin=begin, end=end):
            return LineView(kind="counted", begin=begin, until=end, seconds=(end - begin).total_seconds())
        case Paused(begin=begin, end=end, why=why):
            return LineView(kind="paused", begin=begin, until=end, why=why)
        case Holiday(day=day, begin=begin):
            return LineView(kind="holiday", begin=begin, why=day.isoformat())
        case ClockChange(begin=begin, forward=forward):
            return LineView(kind="clock_change", begin=begin, seconds=forward.total_seconds())
    assert_never(line)
