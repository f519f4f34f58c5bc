"""The service team works from its chat: a Telegram group with topics, one without, a Slack channel."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from omnibot.demo.slack import BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET
from omnibot.demo.telegram import TOKEN, FakeTelegram, fake_telegram
from omnibot.domain.access import Role
from omnibot.domain.language import Language
from tests.dialogs.staff_chat import Chat, SlackChat, TelegramChat, enrol, number_in, sees_card, sees_line, until
from tests.office import Office, Opener, Visitor


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        server.forums.add(TelegramChat.GROUP)
        yield server


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


async def on_telegram(open_office: Opener, fake: FakeTelegram, **more: object) -> TelegramChat:
    account = {"token": TOKEN, "api_base": fake.url, "staff_chat_id": str(TelegramChat.GROUP)}
    return TelegramChat(await open_office(telegram=account, **more), fake)


async def on_slack(open_office: Opener, fake: FakeSlack, **more: object) -> SlackChat:
    account = {"bot_token": BOT_TOKEN, "api_base": fake.api_base, "signing_secret": SIGNING_SECRET}
    fake.chat(SlackChat.GROUP)
    office = await open_office(slack=account | {"staff_channel": SlackChat.GROUP}, **more)
    fake.events_url = f"{office.url}/channels/slack/default"
    return SlackChat(office, fake)


@pytest.fixture(params=["topics", "plain group", "slack"])
async def chat(request: pytest.FixtureRequest, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack) -> Chat:
    """A staff group that the settings name, on each kind of platform."""
    if request.param == "slack":
        return await on_slack(open_office, slack)
    if request.param == "plain group":
        telegram.forums.clear()
    return await on_telegram(open_office, telegram)


async def asks(office: Office, *words: str) -> Visitor:
    """A customer who has asked for a person, and then said this."""
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await visitor.hears("system: takes over")
    for text in words:
        await visitor.says(text)
    await visitor.hears()
    return visitor


async def test_a_case_is_worked_on_from_the_first_card_to_the_end_without_the_console(chat: Chat) -> None:
    await enrol(chat, "Ada", "Grace")
    visitor = await asks(chat.office, "My oven shows E4")
    await sees_card(
        chat, "Waiting", "asked for a person", "Web chat", "E4", "due", buttons=["Take", "Ticket", "Snooze"]
    )
    await sees_line(chat, "My oven shows E4")
    taking = await asyncio.gather(chat.presses("Ada", "Take"), chat.presses("Grace", "Take"))
    assert sorted(bool(answer) for answer in taking) == [False, True]
    winner, other = ("Ada", "Grace") if taking[1] else ("Grace", "Ada")
    assert f"{winner} has this conversation" in "".join(taking)
    await visitor.hears(f"system: {winner} from our service team joins")
    await sees_card(chat, f"{winner} has it", buttons=["Ticket", "Hand back", "Release", "Close"])
    await chat.says(other, "The relay, as ever? Do not tell him yet")
    await chat.says(winner, "/r Is the **door** closed?")
    await visitor.hears("agent: Is the **door** closed?")
    await sees_line(chat, "Is the door closed?")
    await visitor.says("Yes it is")
    await sees_line(chat, "Yes it is")
    assert await chat.presses(winner, "Ticket") == ""
    [told] = await visitor.hears("system: Your case number is")
    card = await sees_card(chat, "new", buttons=["Resolve", "Hand back", "Release", "Close"])
    assert number_in(card["text"]) == number_in(told["text"])
    await chat.says(winner, "!resolve A new relay comes on Monday.")
    await visitor.hears("system: A new relay comes on Monday.")
    await sees_card(chat, "resolved")
    await chat.says(winner, "/back")
    await visitor.hears("system: Our assistant is back")
    await sees_card(chat, "With the bot", buttons=[])
    supervisor = await chat.office.agent("Margaret", Role.SUPERVISOR)
    seen = await supervisor.sees(visitor)
    notes = [line["text"] for line in seen["transcript"] if line["internal"]]
    assert notes == ["The relay, as ever? Do not tell him yet"]
    assert [line["text"] for line in seen["transcript"]].count("Is the **door** closed?") == 1


async def test_the_console_and_the_chat_show_the_same(chat: Chat) -> None:
    agents = await enrol(chat, "Ada")
    visitor = await asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    await agents["Ada"].takes(visitor)
    await sees_card(chat, "Ada has it")
    await agents["Ada"].replies(visitor, "Which model is it?")
    await sees_line(chat, "Which model is it?")
    await agents["Ada"].notes(visitor, "Looks like the relay")
    await sees_line(chat, "Looks like the relay")
    grace = await chat.office.agent("Grace")
    await chat.says("Ada", "/release")
    await sees_card(chat, "Waiting")
    await grace.takes(visitor)
    await sees_card(chat, "Grace has it")
    await chat.says("Ada", "/r It is me again")
    await until(
        chat, lambda: "Grace has this conversation." in [*chat.whispers(), *chat.lines()], "Ada is told why not"
    )
    await grace.closes(visitor)
    await sees_card(chat, "Closed", buttons=[])


async def test_a_customer_who_comes_back_gets_a_new_card_below(chat: Chat) -> None:
    agents = await enrol(chat, "Ada")
    visitor = await asks(chat.office)
    await sees_card(chat, "Waiting")
    await chat.presses("Ada", "Take")
    await chat.says("Ada", "/close")
    await sees_card(chat, "Closed")
    await visitor.says("talk to a person")
    await visitor.says("It shows E5 now")
    card = await sees_card(chat, "Waiting", "E5", count=2)
    await sees_line(chat, "It shows E5 now")
    await chat.says("Ada", "/take")
    await sees_card(chat, "Ada has it", count=2)
    assert (await agents["Ada"].sees(visitor))["conversation"]["assignee_id"] == agents["Ada"].id
    assert card["id"] == chat.cards()[-1]["id"]


async def test_a_card_that_is_put_off_comes_up_again_if_somebody_still_waits(chat: Chat) -> None:
    await enrol(chat, "Ada")
    await asks(chat.office)
    await sees_card(chat, "Waiting")
    await chat.presses("Ada", "Snooze")
    await sees_card(chat, "Ada put it off", "09:30")
    chat.office.clock.advance(minutes=31)
    await sees_card(chat, "Overdue", count=2)
    assert "put it off" not in chat.cards()[-1]["text"]


async def test_who_is_not_enrolled_does_nothing_and_hears_why_once(chat: Chat) -> None:
    await enrol(chat, "Ada")
    visitor = await asks(chat.office)
    await sees_card(chat, "Waiting")
    assert "do not know you" in await chat.presses("Mallory", "Take")
    for _ in range(3):
        await chat.says("Mallory", "/r Send me your password")
    await chat.says("Mallory", "just a word")
    heard = [text for text in [*chat.whispers(), *chat.lines()] if "do not know you" in text]
    await until(
        chat, lambda: len([t for t in [*chat.whispers(), *chat.lines()] if "do not know you" in t]) == 2, "told"
    )
    assert len(heard) <= 2
    await visitor.hears_nothing()
    await sees_card(chat, "Waiting")


async def test_twenty_presses_at_once_are_one_owner(chat: Chat) -> None:
    agents = await enrol(chat, "Ada", "Grace")
    visitor = await asks(chat.office)
    await sees_card(chat, "Waiting")
    await asyncio.gather(*(chat.presses(who, "Take") for _ in range(10) for who in ("Ada", "Grace")))
    [joined] = await visitor.hears("system: joins")
    owner = next(name for name in agents if name in joined["text"])
    await sees_card(chat, f"{owner} has it")


async def test_a_reply_to_what_has_changed_is_held(chat: Chat) -> None:
    await enrol(chat, "Ada")
    visitor = await asks(chat.office)
    await sees_card(chat, "Waiting")
    await chat.presses("Ada", "Take")
    await visitor.hears("system: joins")
    await sees_card(chat, "Ada has it")
    await until(chat, lambda: any("joins" in line for line in chat.lines()), "all was shown")
    stopped = chat.office.application.deliverer.stopped
    stopped |= dict.fromkeys(chat.office.application.channels, "for the test")  # nothing reaches the thread
    await visitor.says("Stop, it works now!")
    await chat.says("Ada", "/r Then please send it in")
    await visitor.hears_nothing()
    stopped.clear()
    await sees_line(chat, "Stop, it works now!")
    await until(chat, lambda: any("Not sent" in text for text in [*chat.whispers(), *chat.lines()]), "Ada is warned")
    await chat.says("Ada", "/r Glad to hear")
    await visitor.hears("agent: Glad to hear")


async def test_words_without_a_thread_are_talk_among_colleagues(chat: Chat) -> None:
    await enrol(chat, "Ada")
    visitor = await asks(chat.office)
    await sees_card(chat, "Waiting")
    await sees_line(chat, "talk to a person")
    before = len(chat.lines())
    await chat.says("Ada", "Lunch?", in_thread=False)
    await chat.says("Ada", "How do I clean the filter?", in_thread=False)
    await visitor.hears_nothing()
    found = await (await chat.office.agent("Margaret")).get("/conversations")
    assert len(found["items"]) == 1
    assert len(chat.lines()) == before


async def test_a_command_that_nobody_knows_is_no_note_and_says_what_there_is(chat: Chat) -> None:
    agents = await enrol(chat, "Ada")
    visitor = await asks(chat.office)
    await sees_card(chat, "Waiting")
    await chat.says("Ada", "/rpely You owe us money")
    await until(chat, lambda: any("rpely" in text for text in [*chat.whispers(), *chat.lines()]), "Ada is told")
    await visitor.hears_nothing()
    transcript = (await agents["Ada"].sees(visitor))["transcript"]
    assert not any(line["internal"] for line in transcript)


async def test_chinese_agents_work_in_chinese(open_office: Opener, telegram: FakeTelegram) -> None:
    chat = await on_telegram(open_office, telegram, server={"language": "zh-Hans"})
    await enrol(chat, "Ada")
    visitor = await chat.office.visitor("zh-Hans")
    await visitor.says("转人工")
    await visitor.says("烤箱显示E4")
    await sees_card(chat, "等待接手", "客户要求人工服务", buttons=["接手", "建工单", "稍后"])
    await chat.says("Ada", "／接手")
    await sees_card(chat, "由 Ada 处理")
    await chat.says("Ada", "/回复您好，请问门关好了吗？")
    await chat.says("Ada", "!备注：可能是继电器")
    await chat.says("Ada", "/工单 烤箱E4")
    await sees_card(chat, "烤箱E4", "新建")
    await chat.says("Ada", "/解决：已更换")
    await chat.says("Ada", "/关闭")
    await sees_card(chat, "已关闭")
    said = [line["text"] for line in await visitor.transcript() if line["author"] == "agent"]
    assert said == ["您好，请问门关好了吗？"]
    words = chat.office.words(Language.ZH_HANS)
    assert words("This conversation is closed. Just write if you need us again.") in str(await visitor.transcript())


async def test_a_colleague_in_the_console_is_an_owner_like_any(chat: Chat) -> None:
    agent = await chat.office.agent("Ada")
    await enrol(chat, "Grace")
    visitor = await asks(chat.office)
    await sees_card(chat, "Waiting")
    await agent.takes(visitor)
    await sees_card(chat, "Ada has it")
    await chat.says("Grace", "/close")
    await until(chat, lambda: "Ada has this conversation." in [*chat.whispers(), *chat.lines()], "Grace is told")
    assert (await agent.sees(visitor))["conversation"]["status"] == "open"
