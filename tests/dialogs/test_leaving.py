"""In a group where people work: who has left does nothing there, old buttons are renewed, a customer's changes are seen."""

# ruff: noqa: F811 (fixtures that another file has)

from datetime import timedelta

import pytest

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.flow.stale import PRESS_LIFE
from tests.dialogs.staff_chat import Chat, SlackChat, TelegramChat, enrol, sees_card, sees_line
from tests.dialogs.test_staff_chat import asks, chat, on_slack, on_telegram, slack, telegram  # noqa: F401
from tests.office import Opener

STRANGER = "ignored: not enrolled, or not in person"


async def leaves(chat: Chat, who: str, *, is_back: bool = False) -> None:
    """The platform tells that somebody is in the group no more, or again."""
    if isinstance(chat, SlackChat):
        kind = "member_joined_channel" if is_back else "member_left_channel"
        event = {"type": kind, "channel": chat.GROUP, "user": chat.PEOPLE[who]}
        await chat.fake.send(chat.fake.event(event))
    else:
        assert isinstance(chat, TelegramChat)
        person = {"id": chat.PEOPLE[who], "is_bot": False, "first_name": who}
        there, gone = {"status": "member", "user": person}, {"status": "left", "user": person}
        change = {
            "chat": {"id": chat.GROUP, "type": "supergroup"},
            "from": person,
            "date": 1,
            "old_chat_member": gone if is_back else there,
            "new_chat_member": there if is_back else gone,
        }
        await chat.fake.push({"chat_member": change})
        await chat.fake.all_confirmed()
    await chat.office.settled()


async def outcome_of_press(chat: Chat, who: str, label: str, **how: str) -> str:
    """What became of a press; what is whispered may come too late for a slow machine's test."""
    await chat.presses(who, label, **how)
    await chat.office.settled()
    query = "SELECT outcome FROM inbox ORDER BY id DESC LIMIT 1"
    return str(await chat.office.application.store.read(lambda tx: tx.exec_driver_sql(query).scalar()))


async def test_who_leaves_the_group_does_nothing_there_until_they_are_back(chat: Chat) -> None:
    await enrol(chat, "Ada", "Grace")
    await asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    await leaves(chat, "Ada")
    assert await outcome_of_press(chat, "Ada", "Take") == STRANGER
    await sees_card(chat, "Waiting")
    await leaves(chat, "Ada", is_back=True)
    await chat.presses("Ada", "Take")
    await sees_card(chat, "Ada has it")


async def test_who_writes_in_the_group_is_in_it_again(chat: Chat) -> None:
    await enrol(chat, "Ada")
    await asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    await leaves(chat, "Ada")
    await chat.says("Ada", "/take")
    await sees_card(chat, "Ada has it")


async def test_leaving_is_in_the_audit(chat: Chat) -> None:
    await enrol(chat, "Ada")
    await leaves(chat, "Ada")
    await leaves(chat, "Mallory")
    query = "SELECT subject FROM audit WHERE action = 'member_left'"
    found = await chat.office.application.store.read(lambda tx: tx.exec_driver_sql(query).scalars().all())
    assert len(found) == 1
    assert str(chat.GROUP) in found[0]  # type: ignore[attr-defined]


async def test_an_account_that_is_closed_does_nothing_anywhere(open_office: Opener, slack: FakeSlack) -> None:
    chat = await on_slack(open_office, slack)
    await enrol(chat, "Ada")
    await asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    await chat.fake.send(chat.fake.event({"type": "user_change", "user": {"id": "U11", "deleted": True}}))
    await chat.office.settled()
    assert await outcome_of_press(chat, "Ada", "Take") == STRANGER


@pytest.mark.parametrize("field", ["left_chat_member", "new_chat_members"])
async def test_a_group_tells_of_its_people_also_where_the_bot_is_no_administrator(
    open_office: Opener,
    telegram: FakeTelegram,
    field: str,
) -> None:
    chat = await on_telegram(open_office, telegram)
    await enrol(chat, "Ada")
    await asks(chat.office, "My oven shows E4")
    await sees_card(chat, "Waiting")
    ada = {"id": 11, "is_bot": False, "first_name": "Ada"}
    if field == "new_chat_members":
        await leaves(chat, "Ada")
    told = {"left_chat_member": ada} if field == "left_chat_member" else {"new_chat_members": [ada]}
    await chat.fake.post(chat=chat.GROUP, sender=11, name="Ada", **told)
    await chat.fake.all_confirmed()
    await chat.office.settled()
    outcome = await outcome_of_press(chat, "Ada", "Take")
    assert (outcome == STRANGER) == (field == "left_chat_member")


async def test_a_button_that_has_stood_there_for_three_days_is_renewed(chat: Chat) -> None:
    await enrol(chat, "Ada")
    await asks(chat.office, "My oven shows E4")
    card = await sees_card(chat, "Waiting")
    if isinstance(chat, SlackChat):
        chat.fake._signed_at = lambda: int(chat.office.clock.now().timestamp())  # whose signatures do not last for days
    chat.office.clock.advance(seconds=(PRESS_LIFE + timedelta(hours=1)).total_seconds())
    await sees_card(chat, "Overdue")  # which edits it: its buttons live anew
    await chat.office.all_sent()  # before the clock moves on
    chat.office.clock.advance(seconds=(PRESS_LIFE + timedelta(hours=1)).total_seconds())
    assert await outcome_of_press(chat, "Ada", "Take", message_id=card["id"]) == "ignored: an old card, posted anew"
    await sees_card(chat, "Waiting", count=2)
    await chat.presses("Ada", "Take", message_id=chat.cards()[-1]["id"])
    await sees_card(chat, "Ada has it", count=2)


async def test_what_a_customer_changes_or_takes_back_shows_in_the_thread(
    open_office: Opener,
    slack: FakeSlack,
) -> None:
    chat = await on_slack(open_office, slack)
    slack.add_user("U7", "Mia")
    asked = slack.message("U7", "talk to a person", chat="D7")
    await slack.send(asked)
    said = slack.message("U7", "My oven shows E4", chat="D7")
    await slack.send(said)
    await sees_card(chat, "Waiting")
    await sees_line(chat, "My oven shows E4")
    ts = said["event"]["ts"]
    await slack.send(slack.edit("My oven shows E5", chat="D7", ts=ts))
    await sees_line(chat, "it says now: My oven shows E5")
    await slack.send(slack.delete(chat="D7", ts=ts))
    await sees_line(chat, "has taken back")
