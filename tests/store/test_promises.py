"""Promises: each step is taken once, whoever watches and however often, and how a promise ended stays true."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain import promise as domain
from omnibot.domain.calendar import always_open
from omnibot.domain.conversation import Conversation
from omnibot.domain.escalation import LADDER, Broke, advance
from omnibot.domain.promise import Happening, Holder, Outcome, Promise, PromiseKind
from omnibot.flow import owe
from omnibot.store import calendars, promises
from omnibot.store.transactions import Store
from tests.office import MONDAY, UTC_ZONE

DUE = MONDAY + timedelta(minutes=10)
LATE = DUE + timedelta(seconds=1)
ALWAYS = always_open(UTC_ZONE)


def make(tx: Connection, conversation_id: int, minutes: int = 10) -> Promise:
    made = Promise(
        kind=PromiseKind.FIRST_REPLY,
        holder=Holder.US,
        conversation_id=conversation_id,
        started_at=MONDAY,
        allowance=timedelta(minutes=minutes),
        calendar=calendars.keep(tx, ALWAYS, MONDAY),
        due_at=MONDAY,
    )
    return promises.add(tx, domain.planned(made, ALWAYS))


@pytest.fixture
async def owed(store: Store, conversation: Conversation) -> Promise:
    """A first reply, owed in ten minutes."""
    return await store.run(partial(make, conversation_id=conversation.id))


def take(tx: Connection, id: int, now: datetime) -> bool:
    """As the watcher of clocks does it; whether it broke."""
    before = promises.lock(tx, id)
    assert before is not None
    after, steps = advance(before, ALWAYS, LADDER, now)
    promises.save(tx, after)
    return any(isinstance(step, Broke) for step in steps)


async def stored(store: Store, id: int) -> Promise:
    found = await store.read(partial(promises.get, id=id))
    assert found is not None
    return found


async def test_what_is_stored_is_what_is_read(store: Store, owed: Promise) -> None:
    paused = domain.paused(owed, "parts", MONDAY + timedelta(minutes=3))
    await store.run(partial(promises.save, promise=paused))
    assert await stored(store, owed.id) == paused
    resumed = domain.resumed(paused, ALWAYS, MONDAY + timedelta(minutes=5))
    await store.run(partial(promises.save, promise=resumed))
    assert await stored(store, owed.id) == resumed
    assert resumed.due_at == DUE + timedelta(minutes=2)


async def test_its_timer_runs_out_at_each_mark_and_not_before(store: Store, owed: Promise) -> None:
    half = MONDAY + timedelta(minutes=5)
    assert await store.read(partial(promises.awake, now=half - timedelta(microseconds=1))) == []
    assert await store.read(partial(promises.awake, now=half)) == [(owed.id, owed.conversation_id)]


async def test_many_watchers_record_it_once(store: Store, owed: Promise) -> None:
    found = await asyncio.gather(*(store.run(partial(take, id=owed.id, now=LATE)) for _ in range(10)))
    assert sum(found) == 1
    assert not await store.run(partial(take, id=owed.id, now=LATE + timedelta(days=1)))
    assert (await stored(store, owed.id)).broken_at == LATE


@pytest.mark.parametrize(
    ("at", "outcome", "recorded"),
    [
        (DUE, Outcome.KEPT, ("kept", False)),
        (LATE, Outcome.KEPT, ("broken", True)),
        (DUE, Outcome.WAIVED, ("waived", False)),
        (LATE, Outcome.WAIVED, ("broken", True)),
        (LATE, Outcome.MOVED, ("moved", True)),
    ],
)
async def test_what_ends_too_late_is_broken_however_it_ends(
    store: Store, owed: Promise, at: datetime, outcome: Outcome, recorded: tuple[str, bool]
) -> None:
    await store.run(partial(promises.save, promise=domain.ended(owed, outcome, at)))
    found = await stored(store, owed.id)
    assert (found.outcome, found.broken_at is not None) == recorded
    assert await store.read(partial(promises.awake, now=LATE + timedelta(days=1))) == []


async def test_a_reply_ends_what_it_answers_and_says_so_in_the_history(store: Store, owed: Promise) -> None:
    tell = partial(owe.happened, happening=Happening.REPLIED, conversation_id=owed.conversation_id, now=DUE)
    [kept] = await store.run(tell)
    assert kept.outcome is Outcome.KEPT
    assert await store.run(tell) == []
    events = await store.read(partial(promises.events, promise_ids=[owed.id]))
    assert [event.kind for event in events[owed.id]] == ["kept"]


async def test_those_due_first_wake_first(store: Store, conversation: Conversation) -> None:
    made = [await store.run(partial(make, conversation_id=conversation.id, minutes=m)) for m in (30, 10, 20)]
    awake = await store.read(partial(promises.awake, now=MONDAY + timedelta(hours=1)))
    assert [id for id, _ in awake] == [made[1].id, made[2].id, made[0].id]


async def test_an_edited_calendar_is_another_one_and_the_old_one_stays(store: Store) -> None:
    edited = always_open(UTC_ZONE, name="other")
    first = await store.run(partial(calendars.keep, calendar=ALWAYS, now=MONDAY))
    assert await store.run(partial(calendars.keep, calendar=ALWAYS, now=LATE)) == first
    second = await store.run(partial(calendars.keep, calendar=edited, now=LATE))
    assert second != first
    assert await store.read(partial(calendars.get, key=first)) == ALWAYS
    assert await store.read(partial(calendars.get, key=second)) == edited
