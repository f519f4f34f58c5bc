"""The page that Slack shows of us to each person."""

import json
from collections.abc import AsyncIterator

import pytest

from omnibot.demo.slack import BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET, Refuse, Status
from tests.dialogs.staff_chat import SlackChat, enrol
from tests.office import Office, Opener, eventually


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    fake.add_user("U1", "Mia")
    fake.add_user("U2", "王芳", "zh-CN")
    yield fake
    await fake.stop()


@pytest.fixture
async def office(open_office: Opener, slack: FakeSlack) -> Office:
    account = {"bot_token": BOT_TOKEN, "api_base": slack.api_base, "signing_secret": SIGNING_SECRET}
    office = await open_office(slack=account)
    slack.events_url = f"{office.url}/channels/slack/default"
    return office


async def page(slack: FakeSlack, user: str, *words: str) -> str:
    """What stands on somebody's page once it says this."""
    await slack.send(slack.home_opened(user))

    async def says_so() -> bool:
        shown = json.dumps(slack.homes.get(user), ensure_ascii=False)
        return all(word in shown for word in words)

    await eventually(says_so, f"{words} on {slack.homes.get(user)}")
    return json.dumps(slack.homes[user], ensure_ascii=False)


async def test_a_customer_sees_his_cases_on_his_page(office: Office, slack: FakeSlack) -> None:
    await page(slack, "U1", "You have no case with us yet")
    direct = slack._direct("U1").id
    await slack.send(slack.message("U1", "talk to a person", chat=direct))
    await office.settled()
    await page(slack, "U1", "Your cases", "with our people")
    ada = await office.agent()
    query = "SELECT id FROM conversations"
    conversation_id = await office.application.store.read(lambda tx: tx.exec_driver_sql(query).scalar_one())
    await ada.post(f"/conversations/{conversation_id}/take")
    body = {"conversation_id": conversation_id, "subject": "The *oven* shows E4"}
    number = (await ada.post("/tickets", body, status=201))["ticket"]["number"]
    await page(slack, "U1", number, "The *oven* shows E4")


async def test_who_works_here_sees_the_queue_and_his_own(office: Office, slack: FakeSlack) -> None:
    chat = SlackChat(office, slack)
    agents = await enrol(chat, "Ada")
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await office.settled()
    shown = await page(slack, "U11", "You work here as", "Waiting: 1", f"#{visitor.conversation_id}", "due")
    assert "Nothing." in shown
    await agents["Ada"].takes(visitor)
    shown = await page(slack, "U11", "Waiting: 0", f"#{visitor.conversation_id}")
    assert "Nobody." in shown


async def test_the_page_has_a_way_to_the_form(office: Office, slack: FakeSlack) -> None:
    shown = await page(slack, "U2", "联系客服")
    assert '"action_id": "omnibot_ask"' in shown
    press = {
        "type": "block_actions",
        "trigger_id": "1.2.3",
        "user": {"id": "U2", "username": "somebody", "team_id": "T0FAKE"},
        "container": {"type": "view", "view_id": "VHU2"},
        "actions": [{"type": "button", "action_id": "omnibot_ask", "value": "omnibot_ask", "action_ts": "1"}],
    }
    await slack.send(press)
    assert len(slack.forms) == 1


async def test_a_look_at_the_messages_shows_nothing(office: Office, slack: FakeSlack) -> None:
    await slack.send(slack.home_opened("U1", tab="messages"))
    await slack.send(slack.home_opened("U2"))

    async def is_shown() -> bool:
        return "U2" in slack.homes

    await eventually(is_shown, "the page of who looked at it")
    assert "U1" not in slack.homes


@pytest.mark.parametrize("fault", [Refuse("not_enabled"), Status(503)])
async def test_a_page_that_cannot_be_shown_holds_up_nobody(
    office: Office, slack: FakeSlack, fault: Refuse | Status
) -> None:
    slack.plan("views.publish", fault)
    await slack.send(slack.home_opened("U1"))
    await office.settled()
    await page(slack, "U1", "You have no case with us yet")
