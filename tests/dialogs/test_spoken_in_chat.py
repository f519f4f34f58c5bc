"""What agents and dealers promise in their own chats: offered under the card, owed by one press, kept or its breach told."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram, fake_telegram
from omnibot.domain.access import Role
from omnibot.flow import keep_promises
from tests.dialogs import test_staff_chat
from tests.dialogs.dealer_chat import hears, sees, set_up
from tests.dialogs.dealing import Case, add_dealer, is_told, open_chat, service
from tests.dialogs.staff_chat import Chat, TelegramChat, enrol, sees_card, sees_line, until
from tests.office import Agent, Json, Office, Opener, Visitor


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        server.forums.add(TelegramChat.GROUP)
        yield server


@pytest.fixture(params=["topics", "plain group", "slack"])
async def chat(request: pytest.FixtureRequest, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack) -> Chat:
    if request.param == "slack":
        return await test_staff_chat.on_slack(open_office, slack)
    if request.param == "plain group":
        telegram.forums.clear()
    return await test_staff_chat.on_telegram(open_office, telegram)


async def said(agent: Agent, visitor: Visitor) -> list[Json]:
    """What was said in the conversation and is owed."""
    return [clock for clock in (await agent.sees(visitor))["clocks"] if clock["kind"] == "spoken"]


async def spoken_promises(agent: Agent) -> list[Json]:
    """What was said and is owed anywhere."""
    return [one for one in (await agent.get("/promises"))["items"] if one["promise"]["kind"] == "spoken"]


async def is_answered(chat: Chat, words: str, whisper: str = "") -> None:
    """The bot says this to whoever asked: silently where the platform can, else in the thread."""
    await until(chat, lambda: any(words in text for text in (whisper, *chat.whispers(), *chat.lines())), words)


async def steps(office: Office) -> None:
    await keep_promises.step(office.application.desk, office.clock.now())
    await office.settled()


async def test_an_agent_promises_by_one_press_and_says_that_it_is_done(chat: Chat) -> None:
    agents = await enrol(chat, "Ada", "Grace")
    visitor = await test_staff_chat.asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    await chat.presses("Ada", "Take")
    await chat.says("Ada", "/r Thank you. I will write to you by 10:30.")
    await sees_line(chat, "“I will write to you by 10:30.”")
    assert await said(agents["Ada"], visitor) == []
    await is_answered(chat, "Only who said it", await chat.presses("Grace", "Promise it"))
    await chat.presses("Ada", "Promise it")
    await sees_line(chat, "Promised by Ada")
    await is_answered(chat, "promised already", await chat.presses("Ada", "Promise it"))
    [clock] = await said(agents["Ada"], visitor)
    assert datetime.fromisoformat(clock["due_at"]).strftime("%H:%M") == "10:30"
    await sees_card(chat, "Ada has it", "due today at 10:30")
    await chat.presses("Grace", "It is done")
    assert await said(agents["Ada"], visitor) == []
    await sees_card(chat, "nothing is owed")


async def test_words_do_the_same_and_a_breach_is_told_to_the_customer(chat: Chat) -> None:
    agents = await enrol(chat, "Ada")
    visitor = await test_staff_chat.asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    await chat.says("Ada", "/promise")
    await is_answered(chat, "Nothing was promised here.")
    await chat.says("Ada", "/take")
    await chat.says("Ada", "/r We call you by 10:30.")
    await sees_line(chat, "a promise, due")
    await chat.says("Ada", "/promise")
    assert len(await said(agents["Ada"], visitor)) == 1
    chat.office.clock.advance(hours=2)
    await steps(chat.office)
    await is_told(visitor, "We promised you “We call you by 10:30.”")
    await chat.says("Ada", "/kept")
    assert await said(agents["Ada"], visitor) == []


async def test_nothing_is_offered_where_nothing_is_promised(chat: Chat) -> None:
    await enrol(chat, "Ada")
    await test_staff_chat.asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    await chat.says("Ada", "/take")
    await chat.says("Ada", "/r Can you call us by 10:30?")
    await chat.says("Ada", "I will call her by 10:30")  # a note: nobody outside has heard it
    await chat.office.settled()
    assert not any("a promise, due" in line for line in chat.lines())


TALK = {
    "en": {
        "says": "I'll call her by 17:00",
        "offered": "a promise, due",
        "press": "Promise it",
        "noted": "Promised by Nils",
        "heard": "promises the next step",
        "nudge": "half of the time is over",
        "sorry": "We promised you the next step",
        "done": "It is done",
    },
    "zh-Hans": {
        "says": "我今天下午五点前给客户打电话",
        "offered": "作为承诺记下",
        "press": "记为承诺",
        "noted": "Nils 已承诺",
        "heard": "承诺最迟",
        "nudge": "时间已过半",
        "sorry": "我们曾向您承诺",
        "done": "已完成",
    },
}


async def test_a_dealer_promises_in_the_group_and_the_customer_hears_when(case: Case, language: str) -> None:
    t, chat = TALK[language], case.chat
    office, agent, visitor = chat.office, case.agent, case.visitor
    await case.nils_says(t["says"])
    await hears(chat, "Nord", t["offered"])
    before = len(await visitor.transcript())
    await chat.presses("Nord", "Nils", t["press"])
    await hears(chat, "Nord", t["noted"])
    await is_told(visitor, t["heard"])
    await chat.presses("Nord", "Nils", t["press"])
    await office.settled()
    assert len(await visitor.transcript()) == before + 1
    [listed] = await spoken_promises(agent)
    assert (listed["promise"]["holder"], listed["ticket"]) == ("dealer", case.number)
    assert (await agent.sees(visitor))["conversation"]["due_at"] is None  # it is not we who owe an answer there
    office.clock.advance(hours=40)
    await steps(office)
    await is_told(visitor, t["sorry"])
    assert "call her" not in str(await visitor.transcript())
    await chat.presses("Nord", "Nils", t["done"])
    await office.settled()
    assert await spoken_promises(agent) == []


async def test_only_the_dealers_own_people_promise_and_another_dealer_is_not_bound(
    open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> None:
    chat = await open_chat("telegram", open_office, telegram, slack, service=service(tmp_path))
    office = chat.office
    supervisor, agent = await office.agent("Margaret", Role.SUPERVISOR), await office.agent("Ada")
    await set_up(chat, "Nord", await add_dealer(supervisor, "Nord"), "Nils")
    visitor = await office.visitor()
    number = await agent.opens_ticket(visitor, "leak")
    card = await sees(chat, "Nord", number)
    await chat.says("Nord", "Nils", "accept", to=card)
    await chat.says("Nord", "Mallory", "We call her by 17:00", to=card)
    assert not any("a promise, due" in post["text"] for post in chat.posts("Nord"))
    await chat.says("Nord", "Nils", "We call her by 17:00", to=card)
    await hears(chat, "Nord", "a promise, due")
    await chat.presses("Nord", "Mallory", "Promise it")
    assert not any("Promised by" in post["text"] for post in chat.posts("Nord"))
    await chat.presses("Nord", "Nils", "Promise it")
    await hears(chat, "Nord", "Promised by Nils")
