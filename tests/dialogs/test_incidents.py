"""Many customers ask the same within an hour: staff confirm one incident, everybody gets one answer, once, and a person instead
whenever they want."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.flow.surge import tell_incident
from omnibot.flow.surge.find_incidents import IncidentFinder, refresh
from omnibot.store import groups
from tests.office import Agent, Office, Visitor, eventually

ASKED = (
    "The loyalty wheel spins and freezes since breakfast",
    "loyalty wheel freezes, I get nowhere",
    "my loyalty wheel only freezes",
    "the loyalty wheel freezes every single time",
)
CHINESE = "幸运转盘一转就卡死"
OTHER = "Zebra stripes printed across my parrot"
ANSWER = {"en": "The wheel is down; we are at it.", "zh-Hans": "转盘出现故障，正在抢修。"}


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    # Nothing is near enough to be offered: each question goes to people.
    return await open_office(surge={"incident_least": 3}, faq={"suggest_threshold": 0.6})


async def asks(office: Office, text: str, language: str = "en") -> Visitor:
    """A further customer, whom the bot hands to people."""
    visitor = await office.visitor(language)
    await visitor.says(text)
    await office.settled()
    return visitor


async def waits(office: Office, text: str, language: str = "en") -> Visitor:
    """The same, after what is said at a handoff."""
    visitor = await asks(office, text, language)
    await visitor.hears("system: ")
    return visitor


async def look(office: Office) -> None:
    """The sweep, now."""
    desk, now = office.application.desk, office.clock.now()
    await IncidentFinder().step(desk, now)
    await refresh(desk, now)
    await tell_incident.step(desk, now)


async def proposed(office: Office, agent: Agent) -> int:
    await look(office)
    [found] = (await agent.get("/incidents?state=proposed"))["items"]
    id: int = found["id"]
    return id


async def confirm(office: Office, agent: Agent, id: int) -> None:
    await agent.post(f"/incidents/{id}/confirm", {"title": "Wheel down", "texts": ANSWER})
    await look(office)


async def status(visitor: Visitor, agent: Agent) -> str:
    found: str = (await agent.sees(visitor))["conversation"]["status"]
    return found


async def test_equal_questions_become_one_incident_and_everybody_hears_it_once(office: Office, agent: Agent) -> None:
    waiting = [await waits(office, text) for text in ASKED[:3]]
    other = await waits(office, OTHER)
    id = await proposed(office, agent)
    seen = await agent.get(f"/incidents/{id}")
    assert sorted(one["question"] for one in seen["members"]) == sorted(ASKED[:3])
    for visitor in waiting:
        await visitor.hears_nothing()
    await confirm(office, agent, id)
    for visitor in waiting:
        [told] = await visitor.hears("system: The wheel is down")
        assert [choice["label"] for choice in told["choices"]] == ["A person instead"]
        assert await status(visitor, agent) == "bot"
    await other.hears_nothing()
    await look(office)
    await look(office)
    for visitor in waiting:
        await visitor.hears_nothing()


async def test_whoever_asks_the_same_later_gets_the_answer_and_a_person_if_wanted(office: Office, agent: Agent) -> None:
    for text in ASKED[:3]:
        await waits(office, text)
    await confirm(office, agent, await proposed(office, agent))
    late = await asks(office, ASKED[3])
    await late.hears("system: The wheel is down")
    await late.says(ASKED[2])
    await late.hears("system: We know about this")
    await late.presses("A person instead")
    await late.hears("system: Of course")
    assert await status(late, agent) == "queued"


async def test_news_and_the_end_go_to_everybody_once_in_their_language(office: Office, agent: Agent) -> None:
    waiting = [await waits(office, text) for text in ASKED[:3]]
    id = await proposed(office, agent)
    chinese = await waits(office, CHINESE, "zh-Hans")
    await agent.post(f"/incidents/{id}/attach", {"conversation_id": chinese.conversation_id})
    await confirm(office, agent, id)
    await chinese.hears("system: 正在抢修")
    await agent.post(f"/incidents/{id}/news", {"texts": {"en": "Half of them work.", "zh-Hans": "一半已恢复。"}})
    await look(office)
    late = await asks(office, ASKED[3])
    await late.hears("system: Half of them work.")
    await chinese.hears("system: 一半已恢复")
    for visitor in waiting:
        await visitor.hears("system: down", "system: Half of them work.")
    await agent.post(f"/incidents/{id}/close", {"texts": {"en": "All wheels work.", "zh-Hans": "已全部恢复。"}})
    await look(office)
    await look(office)
    for visitor in [*waiting, late]:
        [told] = await visitor.hears("system: All wheels work.")
        assert [choice["label"] for choice in told["choices"]] == ["All is well again", "Not for me: a person"]
    await chinese.hears("system: 已全部恢复")
    await waiting[0].presses("All is well again")
    await waiting[0].hears("bot: You are welcome")
    await waiting[1].presses("Not for me: a person")
    await waiting[1].hears("system: Of course")
    await agent.post(f"/incidents/{id}/news", {"texts": {"en": "x"}}, status=409)
    assert (await agent.get(f"/incidents/{id}"))["incident"]["state"] == "closed"


async def test_a_detached_customer_hears_nothing_more(office: Office, agent: Agent) -> None:
    waiting = [await waits(office, text) for text in ASKED]
    id = await proposed(office, agent)
    await agent.post(f"/incidents/{id}/detach", {"conversation_id": waiting[0].conversation_id})
    await confirm(office, agent, id)
    await waiting[0].hears_nothing()
    assert await status(waiting[0], agent) == "queued"
    await waiting[1].hears("system: down")
    await agent.post(f"/incidents/{id}/detach", {"conversation_id": waiting[1].conversation_id})
    await agent.post(f"/incidents/{id}/news", {"texts": {"en": "Half of them work."}})
    await look(office)
    await waiting[1].hears_nothing()
    await waiting[2].hears("system: down", "system: Half")


async def test_who_was_detached_stays_so_where_another_comes_in_the_same_moment(office: Office, agent: Agent) -> None:
    waiting = [await waits(office, text) for text in ASKED]
    id = await proposed(office, agent)
    await confirm(office, agent, id)
    known = office.application.desk.incidents
    assert known.find(ASKED[1], waiting[1].conversation_id) == id
    await agent.post(f"/incidents/{id}/detach", {"conversation_id": waiting[1].conversation_id})
    await (await asks(office, ASKED[0])).hears("system: down")
    await look(office)
    assert known.find(ASKED[1], waiting[1].conversation_id) is None
    assert known.find(ASKED[0], waiting[0].conversation_id) == id


async def test_who_asked_for_a_person_keeps_the_place(office: Office, agent: Agent) -> None:
    waiting = [await waits(office, text) for text in ASKED[:2]]
    patient = await office.visitor()
    await patient.says(ASKED[2])
    await patient.says("I want to talk to a person")
    await office.settled()
    keeping = await office.visitor()
    await keeping.says("I want to talk to a person")
    await office.settled()
    id = await proposed(office, agent)
    await agent.post(f"/incidents/{id}/attach", {"conversation_id": keeping.conversation_id})
    await confirm(office, agent, id)
    assert await status(keeping, agent) == "queued"
    assert await status(waiting[0], agent) == "bot"


async def test_a_dismissed_one_is_not_proposed_again(office: Office, agent: Agent) -> None:
    for text in ASKED[:3]:
        await asks(office, text)
    id = await proposed(office, agent)
    await agent.post(f"/incidents/{id}/dismiss")
    await asks(office, ASKED[3])
    await look(office)
    assert (await agent.get("/incidents?state=proposed"))["items"] == []
    await agent.post(f"/incidents/{id}/confirm", {"title": "x", "texts": ANSWER}, status=409)


async def test_too_few_or_too_different_questions_are_no_incident(office: Office, agent: Agent) -> None:
    first = await asks(office, ASKED[0])
    await first.says("loyalty wheel freezes!!")
    await asks(office, ASKED[1])
    await asks(office, OTHER)
    await asks(office, "quux frobnicates the tumble gearbox")
    await look(office)
    assert (await agent.get("/incidents"))["items"] == []


async def test_old_questions_do_not_count(office: Office, agent: Agent) -> None:
    for text in ASKED[:2]:
        await asks(office, text)
    office.clock.advance(minutes=90)
    await asks(office, ASKED[2])
    await look(office)
    assert (await agent.get("/incidents"))["items"] == []


async def test_staff_hear_of_it_in_their_group_without_anybody_s_words(office: Office, agent: Agent) -> None:
    address = Address(channel="telegram", chat="-1001")
    register = partial(groups.register, role=GroupRole.STAFF, language=Language.EN, by=None, now=office.clock.now())
    await office.application.store.run(lambda tx: register(tx, address))
    for text in ASKED[:3]:
        await asks(office, text)
    await proposed(office, agent)

    def notices(tx) -> list[str]:  # type: ignore[no-untyped-def]
        return [row[0] for row in tx.exec_driver_sql("SELECT text FROM notices WHERE card_id IS NULL")]

    told = await office.application.store.read(notices)
    assert len(told) == 1
    assert "3 customers asked the same within 60 minutes" in told[0]
    assert "wheel" not in told[0]


async def test_two_proposals_of_one_matter_are_confirmed_together(office: Office, agent: Agent) -> None:
    for text in ASKED[:3]:
        await waits(office, text)
    chinese = [await waits(office, text, "zh-Hans") for text in (CHINESE, CHINESE + "了", "我的" + CHINESE)]
    await look(office)
    found = [one["id"] for one in (await agent.get("/incidents?state=proposed"))["items"]]
    assert len(found) == 2
    body = {"title": "Wheel down", "texts": ANSWER, "also": found[1:]}
    await agent.post(f"/incidents/{found[0]}/confirm", body)
    await look(office)
    for visitor in chinese:
        await visitor.hears("system: 正在抢修")


async def test_a_product_and_its_error_code_are_one_cause_in_every_language(office: Office, agent: Agent) -> None:
    english = [await waits(office, text) for text in ("ZX-9000 says F77 and stops", "F77 on the screen of my ZX-9000")]
    chinese = await waits(office, "我的ZX-9000显示F77，怎么回事", "zh-Hans")
    other = await waits(office, "我的ZX-9000显示F78，怎么回事", "zh-Hans")
    id = await proposed(office, agent)
    members = (await agent.get(f"/incidents/{id}"))["members"]
    assert {one["conversation_id"] for one in members} == {one.conversation_id for one in (*english, chinese)}
    await confirm(office, agent, id)
    await chinese.hears("system: 正在抢修")
    late = await office.visitor("zh-Hans")
    await late.says("洗衣机ZX-9000报错F77")
    await late.hears("system: 正在抢修")
    assert "正在抢修" not in str(await other.transcript())


async def test_the_same_entry_of_the_faq_is_one_cause(open_office: Callable[..., Awaitable[Office]]) -> None:
    office = await open_office(surge={"incident_least": 3})
    agent = await office.agent("Ada")
    for text, language in (
        ("How do I return something?", "en"),
        ("怎么退货？", "zh-Hans"),
        ("退货怎么办理", "zh-Hans"),
    ):
        visitor = await asks(office, text, language)
        await visitor.says("talk to a person" if language == "en" else "转人工")
        await office.settled()
    await look(office)
    [one] = (await agent.get("/incidents?state=proposed"))["items"]
    assert one["attached"] == 3


async def test_a_proposal_joins_another_one_by_hand(office: Office, agent: Agent) -> None:
    for text in ASKED[:3]:
        await waits(office, text)
    chinese = [await waits(office, text, "zh-Hans") for text in (CHINESE, CHINESE + "了", "我的" + CHINESE)]
    await look(office)
    newer, older = [one["id"] for one in (await agent.get("/incidents?state=proposed"))["items"]]
    await agent.post(f"/incidents/{newer}/join", {"other": newer}, status=409)
    await agent.post(f"/incidents/{newer}/join", {"other": 999}, status=404)
    await confirm(office, agent, older)
    joined = await agent.post(f"/incidents/{older}/join", {"other": newer})
    assert joined["incident"]["attached"] == 6
    await look(office)
    for visitor in chinese:
        await visitor.hears("system: 转盘出现故障，正在抢修。")
    assert (await agent.get("/incidents?state=proposed"))["items"] == []
    await agent.post(f"/incidents/{older}/join", {"other": newer}, status=409)


async def test_the_server_does_all_that_by_itself(office: Office, agent: Agent) -> None:
    waiting = [await waits(office, text) for text in ASKED[:3]]

    async def is_proposed() -> bool:
        return bool((await agent.get("/incidents?state=proposed"))["items"])

    await eventually(is_proposed, "the incident is proposed")
    [found] = (await agent.get("/incidents?state=proposed"))["items"]
    await agent.post(f"/incidents/{found['id']}/confirm", {"title": "Wheel down", "texts": ANSWER})

    async def is_told() -> bool:
        return any("down" in line["text"] for line in await waiting[0].transcript())

    await eventually(is_told, "the customer is told")
