"""Groups known to omnibot: how they become so, who may do what there, and what happens when they move or are gone."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnibot.demo.slack import BOT_TOKEN, BOT_USER, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET
from omnibot.demo.telegram import TOKEN, FakeTelegram
from omnibot.demo.telegram_wire import Refusal, Reset
from omnibot.domain.access import Role
from tests import office as offices
from tests.dialogs.staff_chat import SlackChat, TelegramChat, enrol, sees_card, sees_line
from tests.office import ManualClock, Office, Opener, eventually

GROUP = TelegramChat.GROUP


@pytest.fixture
async def office(open_office: Opener, telegram: FakeTelegram) -> Office:
    return await open_office(telegram={"token": TOKEN, "api_base": telegram.url})


@pytest.fixture
async def chat(open_office: Opener, telegram: FakeTelegram) -> TelegramChat:
    """A staff group that the settings name."""
    account = {"token": TOKEN, "api_base": telegram.url, "staff_chat_id": str(GROUP)}
    return TelegramChat(await open_office(telegram=account), telegram)


async def waits(office: Office) -> Any:
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await visitor.hears("system: takes over")
    return visitor


async def heard_in(telegram: FakeTelegram, chat: int, words: str) -> None:
    await telegram.until(lambda: any(words in text for text in telegram.heard(chat)))


async def test_an_admins_code_said_in_a_group_makes_it_the_staffs_once(office: Office, telegram: FakeTelegram) -> None:
    admin = await office.agent("Root", Role.ADMIN)
    code = await admin.post("/groups/codes", {"role": "staff"}, status=201)
    assert code["say"] == f"/register {code['code']}"
    await telegram.post(chat=GROUP, sender=11, text=code["say"])
    await heard_in(telegram, GROUP, "This group is the service team's")
    await waits(office)
    await sees_card(TelegramChat(office, telegram), "Waiting")
    await telegram.post(chat=-1002, sender=66, text=code["say"])
    await heard_in(telegram, -1002, "wrong, was used already, or has expired")
    [group] = (await admin.get("/groups"))["items"]
    assert (group["chat"], group["role"], group["registered_by"]) == (str(GROUP), "staff", admin.id)
    await admin.post("/groups/codes", {"role": "dealer"}, status=422)
    agent = await office.agent("Ada")
    await agent.post("/groups/codes", {"role": "staff"}, status=403)


async def test_a_code_said_in_a_topic_registers_that_topic(office: Office, telegram: FakeTelegram) -> None:
    telegram.forums.add(GROUP)
    telegram.topics[77] = "Support"
    admin = await office.agent("Root", Role.ADMIN)
    code = await admin.post("/groups/codes", {"role": "staff"}, status=201)
    await telegram.post(chat=GROUP, sender=11, text=code["say"], message_thread_id=77)
    await heard_in(telegram, GROUP, "This group is the service team's")
    await waits(office)
    card = await sees_card(TelegramChat(office, telegram), "Waiting")
    assert card["thread"] == 77
    [group] = (await admin.get("/groups"))["items"]
    assert group["thread"] == "77"


async def test_what_is_said_in_a_dealers_group_never_reaches_the_bot(office: Office, telegram: FakeTelegram) -> None:
    admin = await office.agent("Root", Role.ADMIN)
    code = await admin.post("/groups/codes", {"role": "dealer", "dealer_id": 5}, status=201)
    await telegram.post(chat=GROUP, sender=11, text=code["say"])
    await heard_in(telegram, GROUP, "This group is registered")
    await telegram.post(chat=GROUP, sender=11, text="@fake_shop_bot How do I clean the filter?", entities=[mention()])
    await telegram.all_confirmed()
    await office.settled()
    assert (await admin.get("/conversations"))["items"] == []


async def test_talk_beside_us_in_an_unknown_group_belongs_to_nothing(office: Office, telegram: FakeTelegram) -> None:
    await telegram.post(chat=GROUP, sender=7, text="@fake_shop_bot hello", entities=[mention()])
    await heard_in(telegram, GROUP, "Hello!")
    await telegram.post(chat=GROUP, sender=8, text="Lunch at noon?")
    await telegram.all_confirmed()
    await office.settled()
    agent = await office.agent("Ada")
    assert "Lunch" not in str(await agent.get("/conversations/1"))
    assert len((await agent.get("/conversations"))["items"]) == 1


def mention() -> dict[str, Any]:
    return {"type": "mention", "offset": 0, "length": len("@fake_shop_bot")}


async def test_a_slack_channel_is_registered_by_a_mention(open_office: Opener) -> None:
    slack = FakeSlack()
    await slack.start()
    office = await open_office(
        slack={"bot_token": BOT_TOKEN, "api_base": slack.api_base, "signing_secret": SIGNING_SECRET}
    )
    slack.events_url = f"{office.url}/channels/slack/default"
    chat = SlackChat(office, slack)
    admin = await office.agent("Root", Role.ADMIN)
    code = await admin.post("/groups/codes", {"role": "staff"}, status=201)
    await chat.says("Ada", f"<@{BOT_USER}> {code['code']}", in_thread=False)

    async def is_registered() -> bool:
        return "This group is the service team's" in str(slack.chat(chat.GROUP).said())

    await eventually(is_registered, "the channel is the staff's")
    await waits(office)
    await sees_card(chat, "Waiting")
    await slack.stop()


async def test_who_is_no_known_person_presses_in_vain_and_hears_why(chat: TelegramChat) -> None:
    await enrol(chat, "Ada")
    visitor = await waits(chat.office)
    await sees_card(chat, "Waiting")
    forwarded = {"type": "user", "sender_user": {"id": 11, "is_bot": False, "first_name": "Ada"}, "date": 1}
    assert "copy of the card" in await chat.presses("Ada", "Take", forward_origin=forwarded)
    assert "Only people" in await chat.presses("Ada", "Take", is_bot=True)
    chat.PEOPLE["Anonymous"] = 1087968824
    assert "anonymous" in await chat.presses("Anonymous", "Take", is_bot=True)
    group = {"id": GROUP, "type": "supergroup", "title": "Support"}
    await chat.says("Anonymous", "/r Hello", sender_chat=group)
    await sees_line(chat, "You are anonymous here")
    await visitor.hears_nothing()
    assert await chat.presses("Ada", "Take") == ""
    await visitor.hears("system: Ada")


async def test_a_press_that_comes_again_is_one_press(chat: TelegramChat) -> None:
    await enrol(chat, "Ada")
    visitor = await waits(chat.office)
    await sees_card(chat, "Waiting")
    await chat.presses("Ada", "Take")
    await visitor.hears("system: Ada")
    await sees_card(chat, "Ada has it")
    pressed = await chat.fake.press("Ticket", chat=GROUP, sender=11)
    await chat.fake.all_confirmed()
    chat.fake.waiting.append(pressed)
    await chat.fake.say("hello", chat=12)  # wakes who polls
    await chat.fake.all_confirmed()
    await visitor.hears("system: Your case number is")


async def test_an_account_that_was_disabled_does_nothing_any_more(chat: TelegramChat) -> None:
    agents = await enrol(chat, "Ada")
    await waits(chat.office)
    await sees_card(chat, "Waiting")
    admin = await chat.office.agent("Root", Role.ADMIN)
    await admin.post("/members/codes", {"dealer_id": 5}, status=201)
    [member] = (await admin.get("/members"))["items"]
    assert (member["user_id"], member["channel"]) == (agents["Ada"].id, "telegram")
    path = f"/api/v1/users/{agents['Ada'].id}"
    await chat.office.call("DELETE", path, headers=admin.headers, status=204)
    assert "do not know you" in await chat.presses("Ada", "Take")


async def test_many_changes_while_telegram_rests_are_one_edit(chat: TelegramChat) -> None:
    agents = await enrol(chat, "Ada")
    visitor = await waits(chat.office)
    await sees_card(chat, "Waiting")
    await chat.office.all_sent()
    before = len(chat.fake.calls)
    stopped = chat.office.application.deliverer.stopped
    stopped["telegram"] = "for the test"
    for _ in range(5):
        await agents["Ada"].takes(visitor)
        await agents["Ada"].releases(visitor)
    await agents["Ada"].takes(visitor)
    stopped.clear()
    await sees_card(chat, "Ada has it")
    edits = [parameters for method, parameters in chat.fake.calls[before:] if method == "editMessageText"]
    assert len(edits) == 1


async def test_a_card_that_somebody_deleted_is_posted_again(chat: TelegramChat) -> None:
    agents = await enrol(chat, "Ada")
    visitor = await waits(chat.office)
    await sees_card(chat, "Waiting")
    chat.fake.plan("editMessageText", Refusal(status=400, description="Bad Request: message to edit not found"))
    await agents["Ada"].takes(visitor)
    await sees_card(chat, "Ada has it", count=2)


async def test_an_edit_whose_answer_is_lost_is_made_once_more_and_is_fine(chat: TelegramChat) -> None:
    agents = await enrol(chat, "Ada")
    visitor = await waits(chat.office)
    await sees_card(chat, "Waiting")
    chat.fake.plan("editMessageText", Reset())
    await agents["Ada"].takes(visitor)
    await sees_card(chat, "Ada has it")

    async def is_tried_again() -> bool:
        chat.office.clock.advance(seconds=1)
        return [method for method, _ in chat.fake.calls].count("editMessageText") == 2

    await eventually(is_tried_again, "the edit is made once more")
    await agents["Ada"].closes(visitor)
    await sees_card(chat, "Closed")


async def test_a_group_that_moves_stays_the_staffs(chat: TelegramChat) -> None:
    await enrol(chat, "Ada")
    visitor = await waits(chat.office)
    await sees_card(chat, "Waiting")
    await chat.fake.post(chat=GROUP, sender=11, migrate_to_chat_id=-1009)
    await chat.fake.all_confirmed()
    await chat.office.settled()
    chat.GROUP = -1009
    await visitor.says("Hello?")
    agent = await chat.office.agent("Grace")
    await agent.takes(visitor)
    await sees_card(chat, "Grace has it")
    await chat.says("Ada", "Shall I help?")
    assert "Shall I help?" in str((await agent.sees(visitor))["transcript"])


async def test_a_group_that_removes_us_is_marked_and_others_are_told(chat: TelegramChat) -> None:
    admin = await chat.office.agent("Root", Role.ADMIN)
    code = await admin.post("/groups/codes", {"role": "staff"}, status=201)
    await chat.fake.post(chat=-1002, sender=11, text=code["say"])
    await heard_in(chat.fake, -1002, "This group is the service team's")
    me = {"user": chat.fake.me}
    removed = {"old_chat_member": me | {"status": "member"}, "new_chat_member": me | {"status": "kicked"}}
    back = {"old_chat_member": me | {"status": "kicked"}, "new_chat_member": me | {"status": "member"}}
    about = {"chat": {"id": -1002, "type": "supergroup"}, "from": {"id": 11, "is_bot": False}, "date": 1}
    await chat.fake.push({"my_chat_member": about | removed})
    await heard_in(chat.fake, GROUP, "A staff group cannot be reached any more: the bot was removed from the group")
    assert [bool(group["gone_at"]) for group in (await admin.get("/groups"))["items"]] == [True, False]
    await chat.fake.push({"my_chat_member": about | back})
    await chat.fake.all_confirmed()
    await chat.office.settled()
    assert [bool(group["gone_at"]) for group in (await admin.get("/groups"))["items"]] == [False, False]


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    database_url: str, clock: ManualClock, telegram: FakeTelegram, tmp_path: Path
) -> None:
    account = {"token": TOKEN, "api_base": telegram.url, "staff_chat_id": str(GROUP)}
    again = partial(offices.open_office, database_url, clock, telegram=account, server={"data_dir": str(tmp_path)})
    first = await again()
    chat = TelegramChat(first, telegram)
    await enrol(chat, "Ada")
    visitor = await waits(first)
    await sees_card(chat, "Waiting")
    first.application.deliverer.stopped["telegram"] = "for the test"
    await chat.fake.press("Take", chat=GROUP, sender=11)
    await visitor.says("Are you there?")
    await first.close()
    second = await again()
    try:
        chat.office = second
        card = await sees_card(chat, "Ada has it")
        await sees_line(chat, "Are you there?")
        assert len([line for line in chat.lines() if "Are you there?" in line]) == 1
        await chat.says("Ada", "/r Yes")
        await sees_line(chat, "Yes")
        async with second.http.get("/webchat/v1/messages?after=0", headers=visitor.headers) as answer:
            said = [line["text"] for line in (await answer.json())["messages"] if line["author"] == "agent"]
        assert said == ["Yes"]
        assert card["id"] == chat.cards()[-1]["id"]
    finally:
        await second.close()
