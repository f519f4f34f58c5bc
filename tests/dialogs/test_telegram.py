"""A customer on Telegram, from the wire of the Bot API through the whole application and back."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from omnibot.domain.conversation import HandoffReason, Status
from omnibot.domain.message import Address
from omnibot.flow import word
from omnibot.store import conversations
from tests.fakes.telegram import TOKEN, FakeTelegram, Reset, blocked, fake_telegram, too_many_requests
from tests.office import Office

Opener = Callable[..., Awaitable[Office]]

FILTER = "How do I clean the filter?"


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


@pytest.fixture(params=["polling", "webhook"])
async def office(request: pytest.FixtureRequest, open_office: Opener, telegram: FakeTelegram) -> Office:
    """The whole application with a bot, by either way in."""
    section = {"token": TOKEN, "api_base": telegram.url, "mode": request.param, "webhook_secret": "s3cret"}
    opened = await open_office(telegram=section)
    if request.param == "webhook":
        url = f"{opened.url}/channels/telegram/default/webhook"
        telegram.webhook = {"url": url, "secret_token": "s3cret"}
    return opened


async def hears(telegram: FakeTelegram, count: int, chat: int = 7) -> list[str]:
    """What the chat was told, once it was told so much."""
    if telegram.webhook:
        assert set(await telegram.deliver()) <= {200}
    await telegram.until(lambda: len(telegram.heard(chat)) >= count)
    return telegram.heard(chat)


async def test_a_question_is_answered_and_the_button_is_taken(office: Office, telegram: FakeTelegram) -> None:
    await telegram.say(FILTER)
    [answer] = await hears(telegram, 1)
    assert "filter" in answer.lower()
    await telegram.press("Yes, thanks")
    assert "You are welcome" in (await hears(telegram, 2))[1]
    await telegram.until(lambda: len(telegram.answered) == 1)


async def test_the_start_button_is_a_greeting(office: Office, telegram: FakeTelegram) -> None:
    await telegram.say("/start", entities=[{"type": "bot_command", "offset": 0, "length": 6}])
    [greeting] = await hears(telegram, 1)
    assert greeting == office.words()("Hello! What can we do for you? Ask in your own words, or ask for a person.")


async def test_a_double_tap_is_one_press(office: Office, telegram: FakeTelegram) -> None:
    await telegram.say(FILTER)
    await hears(telegram, 1)
    await telegram.press("No")
    await telegram.press("No")
    await hears(telegram, 2)
    await office.settled()
    await telegram.until(lambda: len(telegram.answered) == 2)
    assert len(telegram.heard()) == 2  # asked once more, not handed over


async def test_a_person_takes_over_and_both_talk(office: Office, telegram: FakeTelegram) -> None:
    await telegram.say("talk to a person")
    desk = office.application.desk
    [told] = await hears(telegram, 1)
    assert told == word.handoff(office.words(), HandoffReason.ASKED, desk.policy, office.clock.now())
    address = Address(channel="telegram", chat="7")
    conversation = await desk.store.read(lambda tx: conversations.at(tx, address))
    assert conversation is not None
    assert conversation.status is Status.QUEUED
    ada = await office.agent()
    await ada.post(f"/conversations/{conversation.id}/take")
    await ada.post(f"/conversations/{conversation.id}/messages", {"text": "Hello, **Ada** here"})
    assert (await hears(telegram, 3))[2] == "Hello, Ada here"
    assert telegram.sent[-1].entities == [{"type": "bold", "offset": 7, "length": 3}]


@pytest.mark.parametrize("fault", [too_many_requests(1), Reset(is_done=False)])
async def test_an_answer_waits_for_telegram_and_others_do_not(
    office: Office, telegram: FakeTelegram, fault: Reset
) -> None:
    telegram.plan("sendMessage", fault)
    await telegram.say(FILTER)
    await hears(telegram, 0)
    await telegram.until(lambda: any(method == "sendMessage" for method, _ in telegram.calls))
    await telegram.say(FILTER, chat=8)
    await hears(telegram, 1, chat=8)
    office.clock.advance(seconds=2)
    assert len(await hears(telegram, 1)) == 1


async def test_who_has_blocked_us_is_not_tried_again(office: Office, telegram: FakeTelegram) -> None:
    telegram.plan("sendMessage", blocked())
    await telegram.say(FILTER)
    await hears(telegram, 0)
    await telegram.until(lambda: any(method == "sendMessage" for method, _ in telegram.calls))
    await telegram.say(FILTER, chat=8)
    await hears(telegram, 1, chat=8)
    office.clock.advance(hours=1)
    await telegram.say(FILTER, chat=9)
    await hears(telegram, 1, chat=9)
    assert [parameters["chat_id"] for method, parameters in telegram.calls if method == "sendMessage"] == [7, 8, 9]
