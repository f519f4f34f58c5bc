"""Work finds its owner: the queue drains to whoever is on duty, and what nobody has is told of."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from omnibot.flow import find_owner
from tests.office import Agent, Office, Visitor, eventually

RULES = """
[[teams]]
name = "office"
members = ["ada@example.com", "grace@example.com"]
[[agents]]
email = "ada@example.com"
capacity = 1
[[rules]]
name = "all"
team = "office"
"""


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]], tmp_path: Path) -> Office:
    path = tmp_path / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    return await open_office(service={"rules": str(path)})


async def holder(agent: Agent, visitor: Visitor) -> str | None:
    seen = await agent.sees(visitor)
    name: str | None = seen["conversation"]["assignee_name"]
    return name


async def waits(office: Office) -> Visitor:
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await office.settled()
    return visitor


async def test_what_is_handed_off_goes_to_somebody_with_room(office: Office, agent: Agent) -> None:
    first = await waits(office)

    async def is_given() -> bool:
        return await holder(agent, first) == "Ada"

    await eventually(is_given, "Ada has it")
    await first.hears("system: Of course", "system: Ada from our service team joins.")


async def test_who_becomes_free_gets_the_oldest_promise_first(office: Office, agent: Agent, supervisor: Agent) -> None:
    await agent.post("/me/away", {"away": True})
    visitors = []
    for _ in range(3):
        visitors.append(await waits(office))
        office.clock.advance(minutes=1)
    desk, now = office.application.desk, office.clock.now
    await find_owner.drain_queue(desk, now())
    assert [await holder(agent, one) for one in visitors] == [None] * 3
    await agent.post("/me/away", {"away": False})
    await find_owner.drain_queue(desk, now())
    assert [await holder(agent, one) for one in visitors] == ["Ada", None, None]
    await agent.closes(visitors[0])
    await find_owner.drain_queue(desk, now())
    assert [await holder(agent, one) for one in visitors] == [None, "Ada", None]


async def test_a_returning_customer_gets_the_same_person(office: Office, agent: Agent, colleague: Agent) -> None:
    await agent.post("/me/away", {"away": True})
    visitor = await waits(office)
    await find_owner.drain_queue(office.application.desk, office.clock.now())
    await colleague.replies(visitor, "Hello, Grace here")
    await colleague.closes(visitor)
    await agent.post("/me/away", {"away": False})
    office.clock.advance(minutes=5)
    await visitor.says("talk to a person")
    await office.settled()
    await find_owner.drain_queue(office.application.desk, office.clock.now())
    assert await holder(agent, visitor) == "Grace"


async def test_several_sweeps_at_once_give_it_once(office: Office, agent: Agent) -> None:
    await agent.post("/me/away", {"away": True})
    visitor = await waits(office)
    await agent.post("/me/away", {"away": False})
    desk, now = office.application.desk, office.clock.now()
    await asyncio.gather(*(find_owner.drain_queue(desk, now) for _ in range(10)))
    joined = [line for line in await visitor.transcript() if "joins" in line["text"]]
    assert len(joined) == 1


async def test_a_ticket_that_nobody_has_is_told_of_once(office: Office, agent: Agent) -> None:
    await agent.post("/me/away", {"away": True})
    visitor = await office.visitor()
    number = await agent.opens_ticket(visitor, "Leak")
    desk = office.application.desk
    for minutes in (14, 2, 60):
        office.clock.advance(minutes=minutes)
        await find_owner.tell_of_unowned(desk, office.clock.now())
    notes = [line for line in (await agent.sees(visitor))["transcript"] if line["internal"]]
    assert [note["text"] for note in notes] == [f"Nobody has case {number} yet."]
