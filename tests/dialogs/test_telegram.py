"""A customer on Telegram, from the wire of the Bot API through the whole application and back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from omnibot.demo.telegram import TOKEN, FakeTelegram, fake_telegram
from omnibot.demo.telegram_wire import Reset, blocked, too_many_requests
from omnibot.domain.conversation import HandoffReason, Status
from omnibot.domain.message import Address, Author, Message
from omnibot.flow import word
from omnibot.store import conversations, messages
from tests.awkward import AWKWARD
from tests.office import Office, Opener

FILTER = "How do I clean the filter?"


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


@pytest.fixture(params=["polling", "webhook"])
async def office(request: pytest.FixtureRequest, open_office: Opener, telegram: FakeTelegram, tmp_path: Path) -> Office:
    """The whole application with a bot, by either way in."""
    section = {"token": TOKEN, "api_base": telegram.url, "mode": request.param, "webhook_secret": "s3cret"}
    opened = await open_office(telegram=section, server={"data_dir": str(tmp_path)})
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


async def lines(office: Office, chat: str = "7", thread: str = "") -> list[Message]:
    """The transcript of a chat."""
    address = Address(channel="telegram", chat=chat, thread=thread)
    store = office.application.store
    conversation = await store.read(lambda tx: conversations.at(tx, address))
    assert conversation is not None
    return await store.read(partial(messages.after, conversation_id=conversation.id, seq=0))


async def test_awkward_text_arrives_unchanged(office: Office, telegram: FakeTelegram) -> None:
    await telegram.say("talk to a person")
    await hears(telegram, 1)
    for text in AWKWARD:
        await telegram.say(text)
    await hears(telegram, 0)
    if not telegram.webhook:
        await telegram.all_confirmed()
    await office.settled()
    said = [line.text for line in await lines(office) if line.author is Author.CUSTOMER]
    assert said[1:] == AWKWARD


async def test_an_edit_is_another_version_and_is_not_answered(office: Office, telegram: FakeTelegram) -> None:
    first = await telegram.say(FILTER)
    await hears(telegram, 1)
    edited = first["message"] | {"text": "How do I clean the pump?", "edit_date": first["message"]["date"] + 5}
    await telegram.push({"edited_message": edited})
    await telegram.say("thanks")
    heard = await hears(telegram, 2)
    await office.settled()
    assert (await lines(office))[0].text == "How do I clean the pump?"
    assert "You are welcome" in heard[1]


async def test_in_a_group_who_calls_is_answered_and_others_are_left_alone(
    office: Office, telegram: FakeTelegram
) -> None:
    call = {"entities": [{"type": "mention", "offset": 0, "length": 14}]}
    await telegram.post(chat=-100, sender=7, text="nice weather")
    asked = await telegram.post(chat=-100, sender=8, name="Tom", text=f"@fake_shop_bot {FILTER}", **call)
    [answer] = await hears(telegram, 1, chat=-100)
    assert "filter" in answer.lower()
    replied = telegram.sent[0].parameters["reply_parameters"]
    assert replied["message_id"] == asked["message"]["message_id"]
    await office.settled()
    said = [line for line in await lines(office, "-100") if line.author is Author.CUSTOMER]
    assert [(line.text, line.author_name) for line in said] == [(FILTER, "Tom")]


async def test_a_topic_is_answered_in_the_topic(office: Office, telegram: FakeTelegram) -> None:
    topic = {"message_thread_id": 77, "is_topic_message": True}
    call = {"entities": [{"type": "mention", "offset": 0, "length": 14}]}
    await telegram.post(chat=-100, sender=8, text=f"@fake_shop_bot {FILTER}", **call, **topic)
    await hears(telegram, 1, chat=-100)
    assert telegram.sent[0].parameters["message_thread_id"] == 77
    await telegram.post(chat=-100, sender=8, text="thanks", **topic)  # called once, heard from then on
    assert "You are welcome" in (await hears(telegram, 2, chat=-100))[1]


async def test_a_group_that_moves_keeps_its_conversation(office: Office, telegram: FakeTelegram) -> None:
    call = {"entities": [{"type": "mention", "offset": 0, "length": 14}]}
    await telegram.post(chat=-100, sender=8, text=f"@fake_shop_bot {FILTER}", **call)
    await hears(telegram, 1, chat=-100)
    await telegram.post(chat=-100, sender=8, migrate_to_chat_id=-200)
    await telegram.post(chat=-200, sender=8, migrate_from_chat_id=-100)
    await telegram.post(chat=-200, sender=8, text="@fake_shop_bot thanks", **call)
    assert "You are welcome" in (await hears(telegram, 1, chat=-200))[0]
    await office.settled()
    assert [line.text for line in await lines(office, "-200") if line.author is Author.CUSTOMER] == [FILTER, "thanks"]


async def test_files_travel_both_ways(office: Office, telegram: FakeTelegram) -> None:
    sound = b"OggS" + bytes(100_000)
    voice = {"file_unique_id": "u", "duration": 12, "mime_type": "audio/ogg", "file_size": len(sound)}
    await telegram.post(chat=7, sender=7, voice=voice | {"file_id": telegram.add_file(sound)})
    await hears(telegram, 1)  # no bot understands it: people take over
    await office.settled()
    [said, *_] = await lines(office)
    assert (said.text, said.files[0].size) == ("[voice message, 0:12]", len(sound))
    ada = await office.agent()
    await ada.post(f"/conversations/{said.conversation_id}/take")
    form = aiohttp.FormData()
    form.add_field("file", b"%PDF-1.7", filename="plan.pdf")
    path = f"/api/v1/conversations/{said.conversation_id}/files"
    uploaded = await office.call("POST", path, headers=ada.headers, data=form, status=201)
    reply = {"text": "Here is the *plan*.", "files": [uploaded["file_id"]]}
    await ada.post(f"/conversations/{said.conversation_id}/messages", reply)
    await telegram.until(lambda: bool(telegram.sent[-1].file))
    sent = telegram.sent[-1]
    assert (sent.method, sent.file_name, sent.file, sent.text) == (
        "sendDocument",
        "plan.pdf",
        b"%PDF-1.7",
        "Here is the plan.",
    )


async def test_a_file_that_is_too_large_is_told_to_the_agent(office: Office, telegram: FakeTelegram) -> None:
    film = {"file_id": "f", "file_unique_id": "u", "file_name": "film.mkv", "file_size": 700_000_000}
    await telegram.post(chat=7, sender=7, document=film, caption="talk to a person")
    await hears(telegram, 1)
    await office.settled()
    [file] = (await lines(office))[0].files
    assert file.problem == "larger than 20 MB, which Telegram does not hand to bots"
    assert not any(method == "getFile" for method, _ in telegram.calls)


async def test_a_file_that_telegram_does_not_take_is_refused_before_it_is_sent(
    office: Office, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    await telegram.say("talk to a person")
    await hears(telegram, 1)
    ada = await office.agent()
    await ada.post("/conversations/1/take")
    await hears(telegram, 2)
    form = aiohttp.FormData()
    form.add_field("file", b"%PDF-1.7" + bytes(900_000), filename="plan.pdf")
    path = "/api/v1/conversations/1/files"
    uploaded = await office.call("POST", path, headers=ada.headers, data=form, status=201)
    channel = office.application.channels["telegram"]
    monkeypatch.setattr(channel, "_limits", replace(channel.limits, file_size=500_000))
    reply = {"text": "Here it is", "files": [uploaded["file_id"]]}
    refused = await ada.post("/conversations/1/messages", reply, status=422)
    assert refused["detail"] == "files: plan.pdf has 0.9 MB; this channel takes files of at most 0.5 MB"
    assert len(telegram.heard()) == 2


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


async def test_the_customer_sees_that_his_agent_writes(office: Office, telegram: FakeTelegram) -> None:
    await telegram.say("talk to a person")
    await hears(telegram, 1)
    ada, grace = await office.agent("Ada"), await office.agent("Grace")
    await ada.post("/conversations/1/take")
    await grace.post("/conversations/1/typing", status=204)
    assert telegram.actions == []
    await ada.post("/conversations/1/typing", status=204)
    await ada.post("/conversations/1/typing", status=204)
    assert [(action["chat_id"], action["action"]) for action in telegram.actions] == [(7, "typing")]


async def test_at_night_what_no_person_wrote_arrives_without_a_sound(
    open_office: Opener, telegram: FakeTelegram
) -> None:
    section = {"token": TOKEN, "api_base": telegram.url}
    service = {"quiet_hours": "22:00-07:00", "protect": "all"}
    office = await open_office(telegram=section, service=service)
    await telegram.say(FILTER)
    await hears(telegram, 1)
    office.clock.advance(hours=14)  # 23:00
    await telegram.say(FILTER)
    await hears(telegram, 2)
    by_day, by_night = (message.parameters for message in telegram.sent)
    assert ("disable_notification" in by_day, by_night["disable_notification"]) == (False, True)
    assert by_day["protect_content"] is by_night["protect_content"] is True
