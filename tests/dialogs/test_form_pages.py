"""Forms as pages: all open questions at once, where the platform shows a page to whoever pressed a button."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from omnibot.demo.slack import BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET, Refuse, Status
from tests.office import Office, eventually
from tests.servers import ROOT

Json = dict[str, Any]

REPAIR = "Open a repair case"
ANSWERS = {
    "Which appliance is it about?": "Washer 100",
    "What is its serial number?": "S/N: wm-4711",
    "What is wrong with it?": "It leaks *badly*",
    "Since when?": "2026-05-30",
    "Can it wait?": "It is urgent",
    "Where is it? Street, number, postcode and town.": "12 Main Street, 10115 Berlin",
    "At which number can the technician reach you?": "+49 30 901820",
    "When does a visit suit you?": "Tuesday afternoon",
}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    fake.add_user("U1", "Mia")
    fake.add_user("U2", "王芳", "zh-CN")
    yield fake
    await fake.stop()


class Place:
    """A person's direct chat with the app."""

    def __init__(self, office: Office, slack: FakeSlack, user: str) -> None:
        self.office = office
        self.slack = slack
        self.user = user
        self.chat = slack._direct(user).id

    async def says(self, text: str, heard: str) -> None:
        await self.slack.send(self.slack.message(self.user, text, chat=self.chat))
        await self.hears(heard)

    async def hears(self, part: str) -> None:
        """The newest post of the app's says so."""

        async def is_said() -> bool:
            said = self.slack.chat(self.chat).said()
            return bool(said) and part in said[-1]

        await eventually(is_said, f"{part!r} after {self.slack.chat(self.chat).said()}")

    async def presses(self, label: str, heard: str) -> None:
        await self.slack.send(self.slack.press(self.user, label, chat=self.chat))
        await self.hears(heard)

    async def page(self, number: int = 1) -> Json:
        """The page that comes up."""

        async def is_up() -> bool:
            return len(self.slack.forms) >= number

        await eventually(is_up, "a page comes up")
        return dict(self.slack.forms[-1])

    async def sends(self, answers: dict[str, str]) -> dict[str, str]:
        """Send the page; what is said at its fields."""
        payload = self.slack.submit(self.user, answers)
        status, body = await self.slack.request("interactions", payload)
        assert status == 200, body
        return dict(json.loads(body)["errors"]) if body.strip("{} ") else {}

    async def tickets(self) -> list[Json]:
        agent = await self.office.agent(f"Sees{len(self.slack.calls)}")
        return list((await agent.get("/tickets"))["items"])


@pytest.fixture
async def place(open_office: Callable[..., Awaitable[Office]], slack: FakeSlack) -> Place:
    account = {"bot_token": BOT_TOKEN, "api_base": slack.api_base, "signing_secret": SIGNING_SECRET}
    office = await open_office(slack=account, service={"rules": str(ROOT / "service.example.toml")})
    slack.events_url = f"{office.url}/channels/slack/default"
    return Place(office, slack, "U1")


async def opens(place: Place) -> Json:
    await place.says("How do I book a repair?", "three working days")
    await place.presses(REPAIR, "Which appliance is it about?")
    return await place.page()


def questions(page: Json) -> list[str]:
    return [block["label"]["text"] for block in page["blocks"]]


async def test_a_whole_case_on_one_page(place: Place) -> None:
    page = await opens(place)
    assert page["title"]["text"] == REPAIR
    assert questions(page) == list(ANSWERS)
    assert [block["block_id"] for block in page["blocks"] if block["optional"]] == ["serial", "since"]
    assert await place.sends(ANSWERS) == {}
    await place.hears("Can you send a picture of it?")  # which the chat takes
    await place.says("skip", "This is what we have:")
    summary = place.slack.chat(place.chat).said()[-1]
    for line in ("Appliance: Washer 100", "Serial number: WM-4711", "Urgency: It is urgent", "Phone: +4930901820"):
        assert line in summary
    assert await place.tickets() == []
    await place.presses("Yes, open the case", "Your case number is")
    [ticket] = await place.tickets()
    assert (ticket["subject"], ticket["priority"]) == ("It leaks *badly*", "high")


async def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_taken(place: Place) -> None:
    await opens(place)
    wrong = ANSWERS | {
        "What is its serial number?": "on the back",
        "Where is it? Street, number, postcode and town.": "at home",
        "What is wrong with it?": " ",
    }
    problems = await place.sends(wrong)
    assert set(problems) == {"serial", "address", "problem"}
    assert "does not look like a serial number" in problems["serial"]
    assert "the sticker inside the door" in problems["serial"]
    await place.office.settled()
    await place.hears("Which appliance is it about?")  # still the question that stands
    assert await place.sends(ANSWERS) == {}
    await place.hears("Can you send a picture of it?")


async def test_a_page_that_is_sent_again_is_one(place: Place) -> None:
    await opens(place)
    payload = place.slack.submit("U1", ANSWERS)
    for _ in range(3):
        await place.slack.send(payload)
    await place.hears("Can you send a picture of it?")
    await place.office.settled()
    asked = [text for text in place.slack.chat(place.chat).said() if "send a picture" in text]
    assert len(asked) == 1


async def test_what_was_said_in_the_chat_is_not_on_the_page(place: Place) -> None:
    await opens(place)
    await place.says("Washer 100", "What is its serial number?")
    await place.says("WM-4711", "What is wrong with it?")
    await place.slack.send(place.slack.home_opened("U1"))

    async def is_shown() -> bool:
        return REPAIR in json.dumps(place.slack.homes.get("U1"))

    await eventually(is_shown, "the form stands on the page of the app")
    [button] = [
        element
        for block in place.slack.homes["U1"]["blocks"]
        for element in block.get("elements", ())
        if element.get("value", "").startswith("form:")
    ]
    press = {
        "type": "block_actions",
        "trigger_id": "1.2.3",
        "user": {"id": "U1", "username": "somebody", "team_id": "T0FAKE"},
        "container": {"type": "view", "view_id": "VHU1"},
        "actions": [{**button, "action_ts": "7.1"}],
    }
    await place.slack.send(press)
    await place.hears("We go on where you were.")
    page = await place.page(2)
    assert questions(page) == list(ANSWERS)[2:]
    assert await place.sends(ANSWERS) == {}
    await place.hears("Can you send a picture of it?")


async def test_a_command_with_the_words_of_the_button_opens_it(place: Place) -> None:
    await place.slack.send(
        {
            "command": "/support",
            "text": "open a repair case",
            "user_id": "U1",
            "user_name": "mia",
            "trigger_id": "9.9",
            "team_id": "T0FAKE",
            "channel_id": "C1",
        }
    )
    await place.hears("Which appliance is it about?")
    assert questions(await place.page()) == list(ANSWERS)


@pytest.mark.parametrize("fault", [Refuse("expired_trigger_id"), Status(503)])
async def test_where_no_page_comes_up_the_chat_asks(place: Place, fault: Refuse | Status) -> None:
    place.slack.plan("views.open", fault)
    await place.says("How do I book a repair?", "three working days")
    await place.presses(REPAIR, "Which appliance is it about?")
    await place.says("Washer 100", "What is its serial number?")
    assert place.slack.forms == []


async def test_a_page_of_a_form_that_is_done_changes_nothing(place: Place) -> None:
    await opens(place)
    await place.sends(ANSWERS)
    await place.hears("Can you send a picture of it?")
    await place.says("skip", "This is what we have:")
    await place.presses("Yes, open the case", "Your case number is")
    late = place.slack.submit("U1", ANSWERS)
    late["view"]["id"] = "V99"
    await place.slack.send(late)
    await place.hears("That form is no longer open")
    assert len(await place.tickets()) == 1


async def test_a_page_in_chinese(place: Place) -> None:
    fang = Place(place.office, place.slack, "U2")
    await fang.says("怎么预约维修？", "三个工作日")
    await fang.presses("提交维修申请", "是哪一台电器？")
    page = await fang.page()
    assert (page["title"]["text"], page["submit"]["text"]) == ("提交维修申请", "发送")
    problems = await fang.sends({"哪一台": "", "机器在哪里？请写详细地址。": "家里"})
    assert "请" in problems["address"]
