"""Customers on Slack and the whole application: what they say, and what they hear there."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from omnibot.channel import Connection
from omnibot.demo.slack import APP_TOKEN, BOT_TOKEN, BOT_USER, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET, Hang, Late, RateLimit, Reset, Status
from omnibot.settings import Account
from tests.adapters.slack.conftest import PATIENT
from tests.office import Agent, Office, eventually

Json = dict[str, Any]
FILTER = "How do I clean the filter?"


def connect(account: Account, *, data_dir: Path, **given: Any) -> Connection:
    """Slack as ever, but with sockets that come back quickly."""
    from omnibot.adapters import slack

    assert account.channel.startswith("slack")
    opened: Connection = slack.connect(
        account,  # type: ignore[arg-type]
        timing=PATIENT,
        **given,
    )
    return opened


class Desk:
    """Support that is reached by Slack."""

    def __init__(self, slack: FakeSlack, office: Office) -> None:
        self.slack = slack
        self.office = office
        self.heard: dict[str, int] = {}

    async def says(self, text: str, *, chat: str = "D1", thread: str | None = None, user: str = "U1") -> str:
        """Somebody says something; returns its ts."""
        payload = self.slack.message(user, text, chat=chat, thread=thread)
        await self.slack.send(payload)
        return str(payload["event"]["ts"])

    async def hears(self, *lines: str, chat: str = "D1", thread: str | None = None) -> None:
        """Exactly these posts have come since the last time; a line may be a part of what was said."""
        place = f"{chat}:{thread}"
        start = self.heard.get(place, 0)
        expected = start + len(lines)

        async def all_there() -> bool:
            return len(self.slack.chat(chat).said(thread)) >= expected

        await self.office.settled()
        await eventually(all_there, f"{place} hears {lines}, heard {self.slack.chat(chat).said(thread)[start:]}")
        said = self.slack.chat(chat).said(thread)[start:]
        assert len(said) == len(lines), said
        for line, text in zip(lines, said, strict=True):
            assert line in text
        self.heard[place] = expected

    async def conversations(self) -> list[Json]:
        agent = await self.office.agent(f"Sees{id(self)}{len(self.slack.calls)}")
        return list((await agent.get("/conversations"))["items"])


@pytest.fixture(params=["requests", "sockets"])
async def desk(request: pytest.FixtureRequest, slack: FakeSlack, open_office: Callable[..., Awaitable[Office]]) -> Desk:
    account: Json = {"bot_token": BOT_TOKEN, "api_base": slack.api_base}
    by_sockets = request.param == "sockets"
    account |= {"app_token": APP_TOKEN} if by_sockets else {"signing_secret": SIGNING_SECRET}
    office = await open_office(slack=account, connect=connect)
    slack.events_url = f"{office.url}/channels/slack/default"
    slack.add_user("U1", "Ana")

    async def is_open() -> bool:
        return bool(slack.sockets) or not by_sockets

    await eventually(is_open, "the socket is open")
    return Desk(slack, office)


async def take(desk: Desk, agent: Agent) -> str:
    [conversation] = (await agent.get("/conversations"))["items"]
    await agent.post(f"/conversations/{conversation['id']}/take")
    return str(conversation["id"])


async def test_a_question_is_answered_and_a_button_is_pressed(desk: Desk) -> None:
    await desk.says(FILTER)
    await desk.hears("filter")
    await desk.slack.send(desk.slack.press("U1", "Yes, thanks", chat="D1"))
    await desk.hears("You are welcome")


async def test_a_person_takes_over_and_answers_in_slack(desk: Desk) -> None:
    await desk.says("talk to a person")
    await desk.hears("")
    ada = await desk.office.agent("Ada")
    id = await take(desk, ada)
    await desk.hears("Ada")
    await desk.says("My oven shows E4")
    await desk.office.settled()
    await ada.post(f"/conversations/{id}/messages", {"text": "Is the **door** closed?"})
    await desk.hears("Ada: Is the door closed?")
    seen = await ada.get(f"/conversations/{id}")
    assert "My oven shows E4" in str(seen)
    assert seen["conversation"]["contact"]["name"] == "Ana" if "contact" in seen["conversation"] else "Ana" in str(seen)


async def test_a_mention_is_answered_in_its_thread_and_the_thread_goes_on(desk: Desk) -> None:
    desk.slack.chat("C1")
    root = await desk.says(f"<@{BOT_USER}> {FILTER}", chat="C1")
    await desk.slack.send(
        desk.slack.event({**desk.slack.chat("C1").posts[0], "type": "app_mention"})
    )  # the second event for the same post
    await desk.hears("filter", chat="C1", thread=root)
    await desk.says("thanks", chat="C1", thread=root)
    await desk.hears("You are welcome", chat="C1", thread=root)


async def test_other_peoples_threads_are_left_alone(desk: Desk) -> None:
    desk.slack.chat("C1")
    root = await desk.says("lunch?", chat="C1")
    await desk.says("yes, where?", chat="C1", thread=root)
    await desk.office.settled()
    assert await desk.conversations() == []
    assert desk.slack.chat("C1").said() == []


async def test_an_answer_in_a_thread_of_the_direct_chat_stays_in_the_conversation(desk: Desk) -> None:
    await desk.says(FILTER)
    await desk.hears("filter")
    [ours] = [post for post in desk.slack.chat("D1").posts if post.get("bot_id")]
    await desk.says("talk to a person", thread=ours["ts"])
    await desk.hears("")
    assert len(await desk.conversations()) == 1


async def test_who_answers_before_slack_has_told_us_what_it_posted_is_understood(desk: Desk) -> None:
    desk.slack.plan("chat.postMessage", Late(0.6))
    await desk.says(FILTER)

    async def shown() -> bool:
        return bool(desk.slack.chat("D1").said())

    await eventually(shown, "the answer")
    [ours] = [post for post in desk.slack.chat("D1").posts if post.get("bot_id")]
    await desk.says("talk to a person", thread=ours["ts"])
    await desk.hears("filter", "")
    assert len(await desk.conversations()) == 1


async def test_an_edit_and_a_deletion_are_seen_and_not_answered(desk: Desk) -> None:
    await desk.says("talk to a person")
    await desk.hears("")
    ts = await desk.says("My oven shows E4")
    fields = {"channel": "D1", "channel_type": "im", "type": "message"}
    new = {"type": "message", "user": "U1", "ts": ts, "text": "My oven shows E5", "edited": {"user": "U1", "ts": "1.0"}}
    old = {"type": "message", "user": "U1", "ts": ts, "text": "My oven shows E4"}
    edit = {**fields, "subtype": "message_changed", "message": new, "previous_message": old, "ts": "1.1"}
    await desk.slack.send(desk.slack.event(edit))
    await desk.office.settled()
    ada = await desk.office.agent("Ada")
    id = await take(desk, ada)
    await desk.hears("Ada")
    assert "My oven shows E5" in str(await ada.get(f"/conversations/{id}"))
    deletion = {**fields, "subtype": "message_deleted", "deleted_ts": ts, "previous_message": new, "ts": "1.2"}
    await desk.slack.send(desk.slack.event(deletion))
    await desk.office.settled()
    await desk.hears()


async def test_events_that_come_four_times_are_one(desk: Desk) -> None:
    payload = desk.slack.message("U1", FILTER, chat="D1")
    for _ in range(4):
        await desk.slack.send(payload)
    await desk.hears("filter")
    await desk.says("thanks")
    await desk.hears("You are welcome")


@pytest.mark.parametrize("fault", [Reset(after=True), Status(503, after=True), RateLimit(0), Reset(), Status(500)])
async def test_no_answer_is_lost_or_doubled_by_a_failing_slack(
    desk: Desk, fault: Reset | Status | RateLimit | Hang
) -> None:
    desk.slack.plan("chat.postMessage", fault)
    await desk.says(FILTER)

    async def tried() -> bool:
        return desk.slack.count("chat.postMessage") == 1

    await eventually(tried, "a first try")

    async def arrived() -> bool:
        desk.office.clock.advance(seconds=1)
        return desk.slack.count("conversations.history") >= 1 and bool(desk.slack.chat("D1").said())

    await eventually(arrived, "the answer is there, and was looked for")
    await desk.says("thanks")
    await desk.hears("filter", "You are welcome")


async def test_a_command_is_answered_in_the_direct_chat(desk: Desk) -> None:
    await desk.slack.send(
        {"command": "/support", "text": FILTER, "user_id": "U1", "trigger_id": "1.1", "channel_id": "C9"}
    )
    await desk.hears("filter")
    await desk.says("thanks")
    await desk.hears("You are welcome")
    assert len(await desk.conversations()) == 1


async def test_a_message_is_brought_to_people_by_shortcut(desk: Desk) -> None:
    desk.slack.chat("C1")
    message = desk.slack.message("U1", "Somebody should look at my washing machine", chat="C1")["event"]
    shortcut = {
        "type": "message_action",
        "callback_id": "omnibot_make_ticket",
        "trigger_id": "1.1",
        "channel": {"id": "C1"},
        "user": {"id": "U2"},
        "message": message,
    }
    await desk.slack.send(shortcut)
    await desk.hears("", chat="C1", thread=message["ts"])
    [conversation] = await desk.conversations()
    assert conversation["status"] == "queued"


async def test_a_channel_that_archives_us_is_told_to_people(desk: Desk) -> None:
    desk.slack.chat("C1")
    root = await desk.says(f"<@{BOT_USER}> talk to a person", chat="C1")
    await desk.hears("", chat="C1", thread=root)
    desk.slack.chat("C1").is_archived = True
    ada = await desk.office.agent("Ada")
    id = await take(desk, ada)

    async def is_failed() -> bool:
        transcript = (await ada.get(f"/conversations/{id}"))["transcript"]
        return [line.get("delivery") for line in transcript] == [None, "sent", "failed"]

    await eventually(is_failed, "people see that it did not arrive")


async def test_a_customers_file_reaches_the_people(desk: Desk) -> None:
    await desk.says("talk to a person")
    await desk.hears("")
    file = desk.slack.add_file("note.txt", b"E4 since Monday")
    payload = desk.slack.message("U1", "see the note", chat="D1", subtype="file_share", files=[file])
    await desk.slack.send(payload)
    await desk.office.settled()
    ada = await desk.office.agent("Ada")
    id = await take(desk, ada)

    async def is_kept() -> bool:
        shown = str((await ada.get(f"/conversations/{id}"))["transcript"])
        return "see the note" in shown and "note.txt" in shown

    await eventually(is_kept, "the file is in the transcript")


async def test_a_machine_on_the_list_is_heard_and_not_answered(open_office: Any, slack: FakeSlack) -> None:
    account = {
        "bot_token": BOT_TOKEN,
        "api_base": slack.api_base,
        "signing_secret": SIGNING_SECRET,
        "bots": ["B0ALARM"],
    }
    office = await open_office(slack=account)
    slack.events_url = f"{office.url}/channels/slack/default"
    slack.chat("C1")
    for bot in ("B0OTHER", "B0ALARM"):
        text = f"<@{BOT_USER}> the {bot} oven is on fire"
        await slack.send(slack.message("U9", text, chat="C1", bot_id=bot, subtype="bot_message"))
    await office.settled()
    query = "SELECT text FROM messages"
    said = await office.application.store.read(lambda tx: tx.exec_driver_sql(query).scalars().all())
    assert [text for text in said if "B0ALARM" in text]
    assert not [text for text in said if "B0OTHER" in text]
    assert len(slack.chat("C1").said()) == 2  # their own two
