"""Whoever waits for a person is told the place and an honest wait: measured where enough is known, else what was promised."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from omnibot.store import contacts, conversations
from tests.office import Agent, Office, Visitor

TEAMS = """
[[tiers]]
name = "vip"
lane = 1
[[teams]]
name = "english"
members = ["ada@example.com"]
[[teams]]
name = "chinese"
members = ["grace@example.com"]
[[rules]]
name = "chinese"
when = {language = ["zh-Hans"]}
team = "chinese"
[[rules]]
name = "others"
team = "english"
"""


async def queues(office: Office, language: str = "en") -> Visitor:
    visitor = await office.visitor(language)
    await visitor.says("转人工" if language != "en" else "I want to talk to a person")
    await office.settled()
    return visitor


async def serve(office: Office, agent: Agent, *, customers: int = 5, minutes: float = 10) -> None:
    """One after the other waits that long and is answered."""
    for _ in range(customers):
        visitor = await queues(office)
        office.clock.advance(minutes=minutes)
        await agent.replies(visitor, "Hello!")
    office.clock.advance(minutes=1)


async def standing(office: Office, visitor: Visitor) -> tuple[int, str]:
    tab = await visitor.tab()
    _, told = await tab.next("status")
    tab.close()
    return told["position"], told["expected"]


async def test_whoever_is_promised_nothing_any_more_is_told_the_place_all_the_same(
    office: Office, supervisor: Agent
) -> None:
    first, second = await queues(office), await queues(office)
    for visitor in (first, second):
        await visitor.hears("system: within about 10 minutes")
    clocks = (await supervisor.sees(first))["clocks"]
    for clock in clocks:
        await supervisor.post(f"/promises/{clock['id']}/waive", {"reason": "spoke on the phone"})
    await first.says("How long?")
    await first.hears("system: You are number 2 in line.")
    await second.says("How long?")
    await second.hears("system: You are number 1 in line.")


async def test_while_too_little_is_known_the_promise_is_told(office: Office) -> None:
    first, second = await queues(office), await queues(office)
    await first.hears("system: within about 10 minutes")
    await second.hears("system: within about 10 minutes")
    await second.says("How long?")
    [told] = await second.hears("system: You are number 2 in line.")
    assert "we cannot say; we have promised you an answer by today at 09:10" in told["text"]
    office.clock.advance(minutes=30)
    await second.says("how much longer??")
    await second.hears("system: We have not kept the time we promised")


async def test_the_wait_is_measured_and_told_wherever_it_is_asked_for(office: Office, agent: Agent) -> None:
    await serve(office, agent)
    first, second = await queues(office), await queues(office)
    await first.hears("system: you are number 1 in line, and someone answers right here in about 10 minutes")
    await second.hears("system: you are number 2 in line, and someone answers right here in about 20 minutes")
    assert await standing(office, second) == (2, "It takes about 20 minutes at present.")
    await agent.replies(first, "Hello!")
    office.clock.advance(minutes=1)
    await second.says("how long?")
    await second.hears("system: You are number 1 in line. It takes about 10 minutes")


async def test_nobody_on_duty_is_no_figure(office: Office, agent: Agent) -> None:
    await serve(office, agent)
    await agent.post("/me/away", {"away": True})
    office.clock.advance(minutes=1)
    visitor = await queues(office)
    await visitor.hears("system: within about 10 minutes")


async def test_it_is_told_in_chinese(office: Office, agent: Agent) -> None:
    await serve(office, agent)
    visitor = await queues(office, "zh-Hans")
    await visitor.hears("system: 您排在第 1 位，约 10 分钟后会有人在这里答复")
    await visitor.says("还要多久")
    await visitor.hears("system: 您排在第 1 位。 目前需要等待约 10 分钟")


async def test_how_long_is_a_question_for_the_faq_while_nobody_waits(office: Office, visitor: Visitor) -> None:
    await visitor.says("How long?")
    [said] = await visitor.hears("bot: ")
    assert "in line" not in said["text"]


async def test_asking_moves_nobody(office: Office, agent: Agent) -> None:
    first, second = await queues(office), await queues(office)
    before = (await agent.sees(first))["conversation"]
    office.clock.advance(minutes=2)
    await first.says("how long?")
    await office.settled()
    after = (await agent.sees(first))["conversation"]
    assert (before["due_at"], before["waiting_since"]) == (after["due_at"], after["waiting_since"])
    queue = (await agent.get("/conversations?status=queued"))["items"]
    assert [one["id"] for one in queue] == [first.conversation_id, second.conversation_id]


@pytest.fixture
async def teams(open_office: Callable[..., Awaitable[Office]], tmp_path: Path) -> Office:
    path = tmp_path / "service.toml"
    path.write_text(TEAMS, encoding="utf-8")
    return await open_office(service={"rules": str(path)})


async def answers_five(office: Office, agent: Agent, language: str, minutes: float) -> None:
    await agent.post("/me/away", {"away": True})  # nobody is given to him: he answers by himself
    for _ in range(5):
        visitor = await queues(office, language)
        office.clock.advance(minutes=minutes)
        await agent.replies(visitor, "Hello!")
        await agent.closes(visitor)
    office.clock.advance(minutes=1)


async def is_busy(office: Office, agent: Agent) -> None:
    """On duty, with as many conversations as he may have: whoever comes now waits."""
    await agent.post("/me/away", {"away": False})
    for _ in range(6):
        visitor = await queues(office, "zh-Hans" if agent.name == "Grace" else "en")
        await office.settled()
        await agent.takes(visitor)
    office.clock.advance(seconds=20)


async def test_each_team_has_its_own_place_and_its_own_pace(teams: Office) -> None:
    ada, grace = await teams.agent("Ada"), await teams.agent("Grace")
    await answers_five(teams, ada, "en", 5)
    await answers_five(teams, grace, "zh-Hans", 15)
    await is_busy(teams, ada)
    await is_busy(teams, grace)
    english, chinese = await queues(teams), await queues(teams, "zh-Hans")
    later = await queues(teams)
    await english.hears("system: you are number 1 in line, and someone answers right here in about 5 minutes")
    await chinese.hears("system: 您排在第 1 位，约 15 分钟后会有人在这里答复")
    await later.hears("system: you are number 2 in line, and someone answers right here in about 10 minutes")
    assert (await standing(teams, chinese))[0] == 1
    await chinese.says("还要多久")
    await chinese.hears("system: 您排在第 1 位。 目前需要等待约 15 分钟")


async def test_a_team_of_which_too_little_is_known_promises_what_it_did(teams: Office) -> None:
    ada, grace = await teams.agent("Ada"), await teams.agent("Grace")
    await answers_five(teams, ada, "en", 5)
    await is_busy(teams, ada)
    await grace.post("/me/away", {"away": True})
    chinese = await queues(teams, "zh-Hans")
    await chinese.hears("system: 10 分钟")
    await chinese.says("还要多久")
    await chinese.hears("system: 您排在第 1 位。 目前还无法估计要等多久")


async def test_who_goes_first_is_told_so_and_the_others_wait_for_him(teams: Office) -> None:
    ada = await teams.agent("Ada")
    await answers_five(teams, ada, "en", 9)
    await is_busy(teams, ada)
    first = await queues(teams)
    vip = await teams.visitor()
    found = await teams.application.store.read(partial(conversations.get, id=vip.conversation_id))
    assert found is not None
    await teams.application.store.run(partial(contacts.set_tier, id=found.contact_id, tier="vip"))
    teams.clock.advance(seconds=30)
    await vip.says("I want to talk to a person")
    await vip.hears("system: you are number 1 in line, and someone answers right here in about 10 minutes")
    await first.hears("system: you are number 1 in line")
    await first.says("how long?")
    await first.hears("system: You are number 2 in line. It takes about 20 minutes")
