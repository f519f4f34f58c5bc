"""The requests that Slack sends: believed only with its signature, stored before they are answered."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from omnibot.adapters.slack.parse import Policy
from omnibot.adapters.slack.webhooks import BODY_LIMIT
from omnibot.channel import InboundMessage
from omnibot.demo.slack import BOT, BOT_USER, TRIES, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET, Refuse, Status, encode, sign
from omnibot.domain.message import Address, Choice, RawEvent
from omnibot.store.transactions import Unavailable
from tests.adapters.slack.conftest import App, Connect, outbound
from tests.office import MONDAY, eventually

Json = dict[str, Any]
NOW = int(MONDAY.timestamp())


async def post(slack: FakeSlack, path: str, body: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.events_url}/{path}", data=body, headers=headers) as answer,
    ):
        assert answer.status == 200 or await answer.read() in (b"",) or answer.status == 413
        return answer.status


def command(text: str) -> Json:
    return {
        "command": "/support",
        "text": text,
        "user_id": "U1",
        "user_name": "ana",
        "trigger_id": "7.1",
        "channel_id": "C1",
    }


@pytest.fixture(autouse=True)
def ana(slack: FakeSlack) -> str:
    return slack.add_user("U1", "Ana", "zh-CN")


# Signatures


@pytest.mark.parametrize("path", ["events", "interactions", "commands"])
@pytest.mark.parametrize(
    "forge",
    [
        lambda body: {},
        lambda body: {"X-Slack-Request-Timestamp": str(NOW)},
        lambda body: {**sign(body), "X-Slack-Signature": "v0=" + "0" * 64},
        lambda body: {**sign(body), "X-Slack-Signature": ""},
        lambda body: {**sign(body), "X-Slack-Signature": "v0=\u00fc"},
        lambda body: sign(body + b" "),
        lambda body: sign(body, secret="another"),
        lambda body: {**sign(body), "X-Slack-Signature": sign(body)["X-Slack-Signature"].upper()},
        lambda body: sign(body, at=NOW - 301),
        lambda body: sign(body, at=NOW + 301),
        lambda body: {**sign(body), "X-Slack-Request-Timestamp": str(NOW + 1)},
        lambda body: {**sign(body), "X-Slack-Request-Timestamp": "soon"},
        lambda body: {**sign(body), "X-Slack-Request-Timestamp": "-5"},
        lambda body: {**sign(body), "X-Slack-Request-Timestamp": "٣"},
        lambda body: {**sign(body), "X-Slack-Request-Timestamp": "9" * 4_000},
    ],
)
async def test_a_forger_gets_401_and_nothing_is_stored(
    app: App, slack: FakeSlack, path: str, forge: Callable[[bytes], dict[str, str]]
) -> None:
    body, _ = encode(path, command("x") if path == "commands" else slack.message("U1", "hi", chat="D1"))
    assert await post(slack, path, body, forge(body)) == 401
    assert app.stored == []


async def test_a_signature_is_good_for_five_minutes(app: App, slack: FakeSlack) -> None:
    body, _ = encode("events", slack.message("U1", "hi", chat="D1"))
    assert await post(slack, "events", body, sign(body, at=NOW - 300)) == 200
    assert app.heard() == ["hi"]


async def test_a_replayed_request_is_the_same_event(app: App, slack: FakeSlack) -> None:
    body, _ = encode("events", slack.message("U1", "hi", chat="D1"))
    for _ in range(3):
        assert await post(slack, "events", body, sign(body)) == 200
    assert {event.external_id for event in app.stored} == {app.stored[0].external_id}


async def test_without_a_secret_there_are_no_addresses(open_app: Connect) -> None:
    app = await open_app(signing_secret="", app_token="xapp-1")
    assert app.connection.routes() == []


async def test_each_account_has_addresses_of_its_own(open_app: Connect, slack: FakeSlack) -> None:
    app = await open_app(name="shop")
    assert slack.events_url.endswith("/channels/slack/shop")
    await slack.send(slack.message("U1", "hi", chat="D1"))
    assert [event.channel for event in app.stored] == ["slack:shop"]


async def test_slack_may_try_the_address(app: App, slack: FakeSlack) -> None:
    assert await slack.request("events", {"type": "url_verification", "challenge": "3eZb"}) == (200, "3eZb")
    body = b"ssl_check=1&token=x"
    assert await post(slack, "commands", body, sign(body)) == 200
    assert app.stored == []


# Odd bodies


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"type": 5}', b"[" * 500_000, b'{"event": {"type": "message", "text": 1}}'],
)
async def test_what_slack_signs_is_kept_even_if_it_makes_no_sense(app: App, slack: FakeSlack, body: bytes) -> None:
    assert await post(slack, "events", body, sign(body)) == 200
    assert [event.payload for event in app.stored] == [body.decode()]


@pytest.mark.parametrize(
    ("path", "body"), [("events", b"\xff\xfe"), ("interactions", b"x=1"), ("commands", b"\xff&&&=")]
)
async def test_what_is_no_text_or_no_form_is_refused(app: App, slack: FakeSlack, path: str, body: bytes) -> None:
    assert await post(slack, path, body, sign(body)) == 400
    assert app.stored == []


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "shortcut", "callback_id": 5},
        {"type": "shortcut", "callback_id": "omnibot_ask", "user": "U1"},
        {
            "type": "block_actions",
            "channel": {"id": "D1"},
            "actions": [{"value": "x"}],
            "message": {"blocks": [5, None]},
        },
        {"type": "view_submission", "callback_id": 5, "view": None},
        {
            "event": {
                "type": "message",
                "user": "U1",
                "channel": "D1",
                "ts": "1.1",
                "text": "x",
                "command": 5,
                "event": [],
            }
        },
    ],
)
async def test_odd_payloads_are_answered(app: App, slack: FakeSlack, payload: Json) -> None:
    path = "events" if "event" in payload else "interactions"
    assert (await slack.request(path, payload))[0] == 200


async def test_a_megabyte_is_taken_and_more_is_not(app: App, slack: FakeSlack) -> None:
    payload = slack.message("U1", "", chat="D1")
    payload["event"]["text"] = "x" * (BODY_LIMIT - 1_000)
    assert (await slack.request("events", payload))[0] == 200
    payload["event"]["text"] = "x" * BODY_LIMIT
    assert (await slack.request("events", payload))[0] == 413
    assert len(app.stored) == 1


# Stored before acknowledged


async def test_nothing_is_acknowledged_that_was_not_stored(open_app: Connect, slack: FakeSlack) -> None:
    failures = [Unavailable("the disk is full"), Unavailable("the disk is full")]

    async def receive(event: RawEvent) -> None:
        if failures:
            raise failures.pop()

    app = await open_app(receive=receive)
    payload = slack.message("U1", "hi", chat="D1")
    status, _ = await slack.request("events", payload)
    assert (status, app.stored) == (503, [])
    await slack.send(payload)  # again until it is taken
    assert app.heard() == ["hi"]


async def test_a_database_that_hangs_is_not_waited_for(
    open_app: Connect, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def receive(event: RawEvent) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("omnibot.adapters.slack.webhooks.PATIENCE", 0.05)
    await open_app(receive=receive)
    assert (await slack.request("events", slack.message("U1", "hi", chat="D1")))[0] == 503


async def test_a_retry_may_be_the_first_that_is_kept(app: App, slack: FakeSlack) -> None:
    payload = slack.message("U1", "hi", chat="D1")
    for attempt in range(1, TRIES):
        await slack.request(
            "events", payload, **{"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"}
        )
    assert app.heard() == ["hi"]


# What comes in


async def test_a_post_that_mentions_us_comes_twice_and_is_one_event(app: App, slack: FakeSlack) -> None:
    payload = slack.message("U1", f"<@{BOT_USER}> hi", chat="C1")
    await slack.send(payload)
    await slack.send(slack.event({**payload["event"], "type": "app_mention"}))
    assert app.heard() == ["hi"]


async def test_events_of_a_chat_share_a_lane(app: App, slack: FakeSlack) -> None:
    await slack.send(slack.message("U1", "one", chat="D1"))
    await slack.send(slack.message("U1", "two", chat="D1"))
    await slack.send(slack.message("U1", "three", chat="C1", thread="5.1"))
    assert [event.lane for event in app.stored] == ["slack:D1:", "slack:D1:", "slack:C1:5.1"]


async def test_what_is_nothing_for_us_is_not_kept(app: App, slack: FakeSlack) -> None:
    await slack.send(slack.message("U1", "lunch?", chat="C1"))
    await slack.send(slack.message(BOT_USER, "our own", chat="D1", bot_id=BOT))
    await slack.send(slack.event({"type": "reaction_added", "user": "U1", "item": {}}))
    assert app.stored == []


async def test_names_and_languages_are_found_out_once(app: App, slack: FakeSlack) -> None:
    slack.add_user("U2", "Bo")
    await slack.send(slack.message("U1", "where is <@U2>?", chat="D1"))
    await slack.send(slack.message("U1", "hello?", chat="D1"))
    first, second = app.read()
    assert isinstance(first, InboundMessage)
    assert isinstance(second, InboundMessage)
    assert (first.sender_name, first.language_hint, first.text) == ("Ana", "zh-CN", "where is @Bo?")
    assert second.sender_name == "Ana"
    assert slack.count("users.info") == 2


async def test_a_name_is_not_worth_a_message(app: App, slack: FakeSlack) -> None:
    slack.plan("users.info", Status(500))
    await slack.send(slack.message("U1", "hi", chat="D1"))
    [message] = app.read()
    assert isinstance(message, InboundMessage)
    assert (message.text, message.sender_name) == ("hi", None)


async def test_bots_on_the_list_are_let_in(open_app: Connect, slack: FakeSlack) -> None:
    app = await open_app(policy=Policy(bots=frozenset({"B2"})))
    await slack.send(slack.message("", f"<@{BOT_USER}> disk full", chat="C1", subtype="bot_message", bot_id="B2"))
    assert app.heard() == ["disk full"]


# Buttons, forms, commands


async def test_a_press_is_kept_and_the_buttons_go(app: App, slack: FakeSlack) -> None:
    await app.channel.send(
        outbound("Did that help?", choices=(Choice(id="helped", label="Yes"), Choice(id="no", label="No")))
    )
    await slack.send(slack.press("U1", "Yes", chat="D1"))
    [message] = app.read()
    assert isinstance(message, InboundMessage)
    assert (message.choice, message.address) == ("helped", Address(channel="slack", chat="D1"))
    [post] = slack.chat("D1").posts

    async def is_spent() -> bool:
        return bool(post["blocks"][-1]["type"] == "context")

    await eventually(is_spent, "the buttons are replaced")
    assert [block["type"] for block in post["blocks"]] == ["rich_text", "context"]
    assert post["blocks"][-1]["elements"][0]["text"] == "✓ Yes"


async def test_buttons_that_cannot_be_replaced_do_no_harm(app: App, slack: FakeSlack) -> None:
    slack.plan("chat.update", Refuse("cant_update_message"))
    await app.channel.send(outbound("Did that help?", choices=(Choice(id="helped", label="Yes"),)))
    await slack.send(slack.press("U1", "Yes", chat="D1"))
    await slack.send(slack.press("U1", "Yes", chat="D1"))
    assert app.heard() == ["Yes"]


async def test_a_command_goes_on_in_the_direct_chat(app: App, slack: FakeSlack) -> None:
    _, answer = await slack.request("commands", command("My oven shows E4"))
    [message] = app.read()
    assert isinstance(message, InboundMessage)
    assert (message.text, message.address.chat) == ("My oven shows E4", "D1")
    assert json.loads(answer) == {"response_type": "ephemeral", "text": "谢谢。我们会在您与本应用的私信中回复。"}
    assert app.stored[0].lane == "slack:D1:"


async def test_a_command_is_kept_even_if_the_direct_chat_is_not_found(app: App, slack: FakeSlack) -> None:
    slack.plan("conversations.open", Status(500))
    await slack.request("commands", command("My oven shows E4"))
    assert app.heard() == ["My oven shows E4"]
    assert app.stored[0].lane == "slack:U1:"  # Slack takes a person's id for their chat


async def test_a_command_without_words_opens_the_form(app: App, slack: FakeSlack) -> None:
    assert await slack.request("commands", command("  ")) == (200, "")
    [form] = slack.forms
    assert (form["callback_id"], form["title"]["text"]) == ("omnibot_ask", "客户服务")
    assert len(form["title"]["text"]) <= 24
    assert app.stored == []


async def test_without_a_form_a_command_says_what_to_write(app: App, slack: FakeSlack) -> None:
    slack.plan("views.open", Refuse("expired_trigger_id"))
    _, answer = await slack.request("commands", command(""))
    assert json.loads(answer)["text"] == "请把您的问题写在命令后面。"


async def test_the_global_shortcut_opens_the_form(app: App, slack: FakeSlack) -> None:
    shortcut = {"type": "shortcut", "callback_id": "omnibot_ask", "trigger_id": "7.1", "user": {"id": "U1"}}
    assert await slack.request("interactions", shortcut) == (200, "")
    assert len(slack.forms) == 1


def submitted(words: str | None) -> Json:
    view = {"id": "V1", "callback_id": "omnibot_ask", "state": {"values": {"question": {"question": {"value": words}}}}}
    return {"type": "view_submission", "user": {"id": "U1", "name": "ana"}, "view": view}


async def test_a_form_is_sent_once_and_closes(app: App, slack: FakeSlack) -> None:
    for _ in range(2):
        assert await slack.request("interactions", submitted("My hob is cold")) == (200, "")
    assert app.heard() == ["My hob is cold"]


async def test_an_empty_form_says_so_at_its_field(app: App, slack: FakeSlack) -> None:
    _, answer = await slack.request("interactions", submitted("  "))
    assert json.loads(answer) == {"response_action": "errors", "errors": {"question": "请写下您的问题。"}}
    assert app.stored == []


async def test_the_message_shortcut_makes_a_ticket(app: App, slack: FakeSlack) -> None:
    message = slack.message("U1", "It leaks", chat="C1")["event"]
    payload = {
        "type": "message_action",
        "callback_id": "omnibot_make_ticket",
        "channel": {"id": "C1"},
        "user": {"id": "U2"},
        "message": message,
    }
    assert await slack.request("interactions", payload) == (200, "")
    [ticket] = app.read()
    assert isinstance(ticket, InboundMessage)
    assert (ticket.choice, ticket.text, ticket.sender_name) == ("person", "It leaks", "Ana")


# Health


async def test_the_check_says_who_we_are(app: App, slack: FakeSlack) -> None:
    health = await app.connection.check()
    assert (health.is_working, health.detail) == (True, "omnibot in Fake; events by request")
    await slack.send(slack.message("U1", "hi", chat="D1"))
    await app.channel.send(outbound())
    health = await app.connection.check()
    assert health.last_in == health.last_out == MONDAY


async def test_the_check_says_what_is_wrong(
    open_app: Connect, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = await (await open_app(bot_token="xoxb-wrong")).connection.check()
    assert not wrong.is_working
    assert "token" in wrong.detail
    assert SIGNING_SECRET not in wrong.detail
    monkeypatch.setattr("omnibot.demo.slack.SCOPES", "chat:write,im:history")
    poor = await (await open_app(name="poor")).connection.check()
    assert poor.is_working
    assert "without permission for app_mentions:read" in poor.detail
    monkeypatch.setattr("omnibot.demo.slack.SCOPES", "im:history")
    assert not (await (await open_app(name="mute")).connection.check()).is_working
