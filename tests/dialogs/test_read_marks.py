"""Both sides of a web chat see how far the other has read, and nobody's reading is noted where the operator does not want it."""

import asyncio

import pytest

from tests.office import Agent, Json, ManualClock, Office, Opener, Visitor


async def has_read(office: Office, visitor: Visitor, seq: int, *, status: int = 204) -> None:
    await office.call("POST", "/webchat/v1/read", headers=visitor.headers, json={"seq": seq}, status=status)


async def looks(office: Office, agent: Agent, visitor: Visitor, seq: int) -> None:
    """The agent's page shows the conversation up to there."""
    here = {"conversation_id": visitor.conversation_id, "writing": False, "seq": seq}
    headers = agent.headers | {"Origin": office.url}
    await office.call("POST", "/console/presence", headers=headers, json=here, status=204)


async def read_by(agent: Agent, visitor: Visitor) -> Json:
    marks: Json = (await agent.sees(visitor))["read"]
    return marks


async def in_talk(visitor: Visitor, agent: Agent) -> int:
    """The visitor has asked for a person and got one; returns the seq of what the agent said."""
    await visitor.says("talk to a person")
    await agent.takes(visitor)
    seq: int = (await agent.replies(visitor, "What is it about?"))["messages"][0]["seq"]
    return seq


async def test_the_agent_sees_up_to_where_the_visitor_has_read(
    office: Office, visitor: Visitor, agent: Agent, clock: ManualClock
) -> None:
    seq = await in_talk(visitor, agent)
    assert (await read_by(agent, visitor))["customer"] == 0
    at = clock.advance(seconds=5)
    await has_read(office, visitor, seq)
    clock.advance(seconds=5)
    await has_read(office, visitor, seq)  # another tab
    await has_read(office, visitor, seq - 1)  # late
    marks = await read_by(agent, visitor)
    assert (marks["customer"], marks["customer_at"]) == (seq, at.isoformat().replace("+00:00", "Z"))


async def test_nobody_has_read_what_was_not_said(office: Office, visitor: Visitor, agent: Agent) -> None:
    seq = await in_talk(visitor, agent)
    await has_read(office, visitor, 2**31 - 1)
    assert (await read_by(agent, visitor))["customer"] == seq
    for wrong in (-1, 2**31, "1", None):
        await has_read(office, visitor, wrong, status=422)  # type: ignore[arg-type]
    await office.call("POST", "/webchat/v1/read", json={"seq": 1}, status=401)


async def test_the_visitor_hears_at_once_that_somebody_has_read(office: Office, visitor: Visitor, agent: Agent) -> None:
    await in_talk(visitor, agent)
    tab = await visitor.tab()
    assert (await tab.next("status"))[1]["read"] == 0
    seq = (await visitor.says("The door does not close"))["seq"]
    await office.settled()
    await looks(office, agent, visitor, seq)
    while (status := (await tab.next("status"))[1])["read"] != seq:
        assert status["read"] == 0
    tab.close()


async def test_who_comes_back_hears_what_was_read_meanwhile(office: Office, visitor: Visitor, agent: Agent) -> None:
    await in_talk(visitor, agent)
    seq = (await visitor.says("The door does not close"))["seq"]
    await looks(office, agent, visitor, seq)
    assert (await office.visitor(token=visitor.token)).session["status"]["read"] == seq
    tab = await visitor.tab()
    assert (await tab.next("status"))[1]["read"] == seq
    tab.close()
    polled = await office.call("GET", "/webchat/v1/messages?after=0", headers=visitor.headers)
    assert polled["read"] == seq


async def test_who_looks_on_while_the_bot_answers_has_read_nothing(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    await visitor.says("hello")
    await office.settled()
    await looks(office, agent, visitor, 2)
    assert (await read_by(agent, visitor))["staff"] == 0


async def test_where_it_is_off_nobodys_reading_is_noted(open_office: Opener) -> None:
    office = await open_office(webchat={"read_marks": False})
    visitor, agent = await office.visitor(), await office.agent()
    seq = await in_talk(visitor, agent)
    await has_read(office, visitor, seq)
    await looks(office, agent, visitor, seq)
    assert await read_by(agent, visitor) == {"customer": 0, "customer_at": None, "staff": 0, "staff_at": None}
    assert "read" not in visitor.session["status"]
    assert "read" not in await office.call("GET", "/webchat/v1/messages?after=0", headers=visitor.headers)


@pytest.mark.parametrize("readers", [12])
async def test_of_many_tabs_at_once_the_furthest_counts(
    office: Office, visitor: Visitor, agent: Agent, readers: int
) -> None:
    await in_talk(visitor, agent)
    said = [(await agent.replies(visitor, f"{n}"))["messages"][0]["seq"] for n in range(readers)]
    await asyncio.gather(*(has_read(office, visitor, seq) for seq in said))
    assert (await read_by(agent, visitor))["customer"] == said[-1]
