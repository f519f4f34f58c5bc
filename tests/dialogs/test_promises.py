"""The clocks behind a conversation: when a reply is owed, when it was kept, and that a broken promise is recorded once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.promise import Promise, PromiseKind
from omnibot.flow import keep_promises, owe
from omnibot.store import promises
from tests.office import MONDAY, Agent, Json, ManualClock, Office, Visitor, eventually


@pytest.fixture
async def queued(visitor: Visitor) -> Visitor:
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    return visitor


async def clocks(agent: Agent, visitor: Visitor) -> list[Json]:
    """What is owed in the conversation."""
    found: list[Json] = (await agent.sees(visitor))["clocks"]
    return found


async def owed(office: Office, visitor: Visitor) -> list[Promise]:
    body = partial(promises.open_of_conversation, conversation_id=visitor.conversation_id)
    return await office.application.store.read(body)


async def test_a_handoff_owes_a_first_reply(office: Office, queued: Visitor, agent: Agent) -> None:
    [clock] = await clocks(agent, queued)
    assert clock["kind"] == "first_reply"
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(minutes=10)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_the_first_handoffs_of_all_do_not_wait_for_each_other(office: Office) -> None:
    desk, now = office.application.desk, office.clock.now()
    one, other = [(await office.visitor()).conversation_id for _ in range(2)]
    owed, done = threading.Event(), threading.Event()

    def promise(tx: Connection, id: int) -> Promise:
        return owe.owe(tx, desk, PromiseKind.FIRST_REPLY, conversation_id=id, now=now)

    def promise_slowly(tx: Connection) -> bool:
        promise(tx, one)
        owed.set()
        return done.wait(10)

    slow = desk.store.submit(promise_slowly)
    assert await asyncio.to_thread(owed.wait, 10)
    await desk.store.run(partial(promise, id=other))
    done.set()
    assert await slow


async def test_further_messages_do_not_move_the_first_reply(office: Office, queued: Visitor, agent: Agent) -> None:
    office.clock.advance(minutes=5)
    await queued.says("hello?")
    await queued.hears_nothing()
    [clock] = await clocks(agent, queued)
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(minutes=10)


async def test_a_reply_keeps_the_promise_and_the_next_message_makes_one(
    office: Office, queued: Visitor, agent: Agent
) -> None:
    await agent.replies(queued, "Hello")
    assert await clocks(agent, queued) == []
    now = office.clock.advance(minutes=3)
    await queued.says("it leaks")
    await queued.hears("system: Ada", "agent: Hello")
    [clock] = await clocks(agent, queued)
    assert clock["kind"] == "next_reply"
    assert datetime.fromisoformat(clock["due_at"]) == now + timedelta(minutes=30)
    assert (await agent.sees(queued))["handoff"]["waiting_since"] is not None


async def test_taking_is_not_replying(office: Office, queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    assert len(await clocks(agent, queued)) == 1


async def test_a_note_is_not_a_reply(office: Office, queued: Visitor, agent: Agent) -> None:
    await agent.notes(queued, "He called before.")
    assert len(await clocks(agent, queued)) == 1


async def test_handing_back_and_closing_waive_what_is_owed(office: Office, queued: Visitor, agent: Agent) -> None:
    await agent.hands_back(queued)
    assert await clocks(agent, queued) == []
    office.clock.advance(hours=1)
    assert await keep_promises.step(office.application.desk, office.clock.now()) == []


async def test_out_of_hours_the_first_reply_is_owed_after_the_opening(
    open_office: Callable[..., Awaitable[Office]], clock: ManualClock
) -> None:
    office = await open_office(service={"hours": {"mon": ["09:00-17:00"], "tue": ["08:00-17:00"]}})
    clock.advance(hours=7, minutes=55)  # Monday, 16:55: five minutes today, five tomorrow
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await visitor.hears("system: 10 minutes")
    [promise] = await owed(office, visitor)
    assert promise.due_at == MONDAY + timedelta(hours=23, minutes=5)


async def test_a_broken_promise_is_recorded_once_and_still_owed(office: Office, queued: Visitor, agent: Agent) -> None:
    office.clock.advance(minutes=10)

    async def is_recorded() -> bool:
        await keep_promises.step(office.application.desk, office.clock.now())
        return (await clocks(agent, queued))[0]["broken_at"] is not None

    await eventually(is_recorded, "the promise is recorded as broken")
    [before] = await clocks(agent, queued)
    office.clock.advance(minutes=10)
    assert await keep_promises.step(office.application.desk, office.clock.now()) == []
    [after] = await clocks(agent, queued)
    assert after["broken_at"] == before["broken_at"]


async def test_not_a_moment_too_early(office: Office, queued: Visitor, agent: Agent) -> None:
    office.clock.advance(minutes=10, microseconds=-1)
    assert await keep_promises.step(office.application.desk, office.clock.now()) == []


async def test_what_broke_while_nobody_ran_is_recorded_once_after_the_restart(
    open_office: Callable[..., Awaitable[Office]], office: Office, queued: Visitor, clock: ManualClock
) -> None:
    await office.application.supervisor.stop(patience=0)
    clock.advance(hours=3)
    restarted = await open_office()

    async def is_recorded() -> bool:
        return (await owed(restarted, queued))[0].broken_at is not None

    await eventually(is_recorded, "the restarted process records it")
    [promise] = await owed(restarted, queued)
    assert promise.broken_at == clock.now()
    assert await keep_promises.step(restarted.application.desk, clock.advance(hours=1)) == []


async def test_a_resolution_is_promised_by_priority_and_kept_by_resolving(visitor: Visitor, agent: Agent) -> None:
    number = await agent.opens_ticket(visitor, "Leak", priority="urgent")
    [clock] = (await agent.get(f"/tickets/{number}"))["clocks"]
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(hours=8)
    await agent.post(f"/tickets/{number}/events", {"kind": "prioritise", "text": "low"})
    [current] = (await agent.get(f"/tickets/{number}"))["clocks"]
    assert datetime.fromisoformat(current["due_at"]) == MONDAY + timedelta(days=5)
    [kept] = (await agent.resolves(number))["clocks"]
    assert kept["outcome"] == "kept"


async def test_a_reopened_ticket_gets_a_new_clock(office: Office, visitor: Visitor, agent: Agent) -> None:
    number = await agent.opens_ticket(visitor, "Leak")
    await agent.resolves(number)
    now = office.clock.advance(days=1)
    clocks = (await agent.post(f"/tickets/{number}/reopen", {}))["clocks"]
    assert [clock["outcome"] for clock in clocks] == ["kept", None]
    assert datetime.fromisoformat(clocks[1]["due_at"]) == now + timedelta(days=3)
