"""Promises: broken ones are recorded once, whoever watches, and how a promise ended stays true."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.promise import Outcome, Promise, PromiseKind
from omnibot.store import promises
from omnibot.store.transactions import Store
from tests.office import MONDAY

DUE = MONDAY + timedelta(minutes=10)
LATE = DUE + timedelta(seconds=1)


@pytest.fixture
async def owed(store: Store, conversation: Conversation) -> Conversation:
    """A conversation in which a first reply is owed in ten minutes."""
    make = partial(promises.make, kind=PromiseKind.FIRST_REPLY, now=MONDAY, due_at=DUE, conversation_id=conversation.id)
    await store.run(make)
    return conversation


async def ended(store: Store) -> list[tuple[str | None, bool]]:
    """Outcome of each promise, and whether it is on record as broken."""

    def read(tx: Connection) -> list[tuple[str | None, bool]]:
        rows = tx.exec_driver_sql("SELECT outcome, broken_at FROM promises ORDER BY id")
        return [(row[0], row[1] is not None) for row in rows]

    return await store.read(read)


async def test_it_breaks_at_its_moment_and_not_before(store: Store, owed: Conversation) -> None:
    assert await store.run(partial(promises.break_due, now=DUE - timedelta(microseconds=1))) == []
    [broken] = await store.run(partial(promises.break_due, now=DUE))
    assert (broken.kind, broken.broken_at, broken.conversation_id) == (PromiseKind.FIRST_REPLY, DUE, owed.id)


async def test_many_watchers_record_it_once(store: Store, owed: Conversation) -> None:
    found = await asyncio.gather(*(store.run(partial(promises.break_due, now=LATE)) for _ in range(10)))
    assert len([promise for promises_ in found for promise in promises_]) == 1
    assert await store.run(partial(promises.break_due, now=LATE + timedelta(days=1))) == []


async def test_a_broken_promise_is_still_owed(store: Store, owed: Conversation) -> None:
    await store.run(partial(promises.break_due, now=LATE))
    [promise] = await store.read(partial(promises.open_of_conversation, conversation_id=owed.id))
    assert promise.outcome is None


@pytest.mark.parametrize(
    ("at", "outcome", "recorded"),
    [
        (DUE, Outcome.KEPT, ("kept", False)),
        (LATE, Outcome.KEPT, ("broken", True)),
        (DUE, Outcome.WAIVED, ("waived", False)),
        (LATE, Outcome.WAIVED, ("broken", True)),
    ],
)
async def test_what_ends_too_late_is_broken_however_it_ends(
    store: Store, owed: Conversation, at: datetime, outcome: Outcome, recorded: tuple[str, bool]
) -> None:
    end = partial(promises.end_in_conversation, conversation_id=owed.id, outcome=outcome, now=at)
    await store.run(end)
    assert await ended(store) == [recorded]
    assert await store.run(partial(promises.break_due, now=LATE + timedelta(days=1))) == []


async def test_what_broke_before_stays_broken(store: Store, owed: Conversation) -> None:
    await store.run(partial(promises.break_due, now=LATE))
    end = partial(promises.end_in_conversation, conversation_id=owed.id, now=LATE)
    await store.run(partial(end, outcome=Outcome.WAIVED))
    assert await ended(store) == [("broken", True)]
    await store.run(partial(end, outcome=Outcome.KEPT))
    assert await ended(store) == [("broken", True)]


async def test_those_due_first_are_told_first(store: Store, conversation: Conversation) -> None:
    for minutes in (30, 10, 20):
        make = partial(
            promises.make,
            kind=PromiseKind.NEXT_REPLY,
            now=MONDAY,
            due_at=MONDAY + timedelta(minutes=minutes),
            conversation_id=conversation.id,
        )
        await store.run(make)
    broken: list[Promise] = await store.run(partial(promises.break_due, now=MONDAY + timedelta(hours=1)))
    assert [promise.due_at - MONDAY for promise in broken] == [timedelta(minutes=m) for m in (10, 20, 30)]
