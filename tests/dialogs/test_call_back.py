"""Whoever has a long wait before them may be written to or called instead: a window is picked, promised, and kept or seen to
break; the place in the queue stays."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from omnibot.domain.fact import Fact, Source
from omnibot.flow import keep_promises
from omnibot.store import facts
from tests.dialogs.test_wait import queues, serve, standing
from tests.office import Agent, Office, Visitor

CALL, WRITE = "Call me back", "Write to me when it is my turn"


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    return await open_office(surge={"call_back_minutes": 15})


async def waits_long(office: Office, agent: Agent) -> tuple[Visitor, Visitor]:
    """The first in the line, and the second, to whom something else is offered."""
    await serve(office, agent)
    first, second = await queues(office), await queues(office)
    assert ["choices" in line for line in await first.hears("system: number 1")] == [False]
    [told] = await second.hears("system: number 2 in line, and someone answers right here in about 20 minutes")
    assert [choice["label"] for choice in told["choices"]] == [WRITE, CALL]
    return first, second


async def picks(visitor: Visitor, how: str) -> str:
    """The first window that is offered."""
    await visitor.presses(how)
    [offered] = await visitor.hears("system: When does it suit you?")
    label: str = offered["choices"][0]["label"]
    await visitor.presses(label)
    return label


async def owed(visitor: Visitor, agent: Agent) -> dict[str, str | None]:
    clocks = (await agent.sees(visitor))["clocks"]
    return {one["kind"]: one["text"] for one in clocks}


async def test_a_call_is_promised_and_the_place_stays(office: Office, agent: Agent) -> None:
    first, second = await waits_long(office, agent)
    third = await queues(office)
    window = await picks(second, CALL)
    assert window == "today at 10:30 (UTC) until 12:30"
    [agreed] = await second.hears("system: Agreed: we call you today at 10:30")
    assert "Please write here under which number." in agreed["text"]
    seen = await agent.sees(second)
    assert {one["kind"] for one in seen["clocks"]} == {"first_reply", "spoken"}
    assert any("Wants to be called: today at 10:30" in line["text"] for line in seen["transcript"] if line["internal"])
    assert [(await standing(office, one))[0] for one in (first, second, third)] == [1, 2, 3]
    # Nothing breaks before the window is over.
    await keep_promises.step(office.application.desk, office.clock.advance(hours=2))
    await second.hears_nothing()
    [spoken] = [one for one in (await agent.sees(second))["clocks"] if one["kind"] == "spoken"]
    await agent.post(f"/promises/{spoken['id']}/keep")
    await keep_promises.step(office.application.desk, office.clock.advance(hours=3))
    await second.hears_nothing()


async def test_a_call_that_did_not_come_is_apologised_for(office: Office, agent: Agent) -> None:
    _, second = await waits_long(office, agent)
    await picks(second, CALL)
    await second.hears("system: Agreed")
    await keep_promises.step(office.application.desk, office.clock.advance(hours=4))
    await second.hears("system: We promised you “a call” today at 12:30 (UTC) and have not kept it.")


async def test_the_number_that_is_known_is_named_by_its_end(office: Office, agent: Agent) -> None:
    _, second = await waits_long(office, agent)
    contact_id = (await agent.sees(second))["contact"]["id"]
    phone = Fact(contact_id=contact_id, key="phone", value="+49 30 901820", source=Source.IMPORT, at=office.clock.now())
    await office.application.store.run(partial(facts.learn, learnt=[phone]))
    await picks(second, CALL)
    [agreed] = await second.hears("system: ends with 820")
    assert "9018" not in agreed["text"]


async def test_a_message_is_promised_and_kept_by_the_reply(office: Office, agent: Agent) -> None:
    _, second = await waits_long(office, agent)
    await picks(second, WRITE)
    await second.hears("system: Agreed: we write to you here today at 10:30")
    assert await owed(second, agent) == {"first_reply": None, "write_back": "a message"}
    office.clock.advance(hours=1)
    await agent.replies(second, "Here I am.")
    assert await owed(second, agent) == {}
    await keep_promises.step(office.application.desk, office.clock.advance(hours=4))
    await second.hears("system: joins", "agent: Here I am.")


async def test_another_window_takes_the_place_of_the_first(office: Office, agent: Agent) -> None:
    _, second = await waits_long(office, agent)
    await picks(second, CALL)
    await second.hears("system: Agreed")
    await second.presses(WRITE)
    [offered] = await second.hears("system: When does it suit you?")
    await second.presses(offered["choices"][1]["label"])
    await second.hears("system: Agreed: we write to you here today at 12:30")
    assert await owed(second, agent) == {"first_reply": None, "write_back": "a message"}


async def test_a_window_that_is_over_is_offered_no_more(office: Office, agent: Agent) -> None:
    _, second = await waits_long(office, agent)
    await second.presses(CALL)
    [offered] = await second.hears("system: When does it suit you?")
    office.clock.advance(hours=3)
    await second.presses(offered["choices"][0]["label"])
    await second.hears("system: This time is no longer free. When does it suit you?")


async def test_who_has_an_agent_needs_no_call(office: Office, agent: Agent) -> None:
    _, second = await waits_long(office, agent)
    await agent.replies(second, "Hello")
    await second.hears("system: joins", "agent: Hello")
    await second.presses(CALL)
    await second.hears("system: You do not wait in the line at present")


async def test_a_short_wait_offers_nothing(office: Office, agent: Agent) -> None:
    await serve(office, agent, minutes=2)
    await queues(office)
    second = await queues(office)
    [told] = await second.hears("system: number 2 in line")
    assert "choices" not in told
