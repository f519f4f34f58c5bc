"""What Slack sends, as the core is told it."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.adapters.slack.parse import FILE_LIMIT, Policy, read
from omnibot.channel import (
    Deleted,
    Edited,
    Ignored,
    Inbound,
    InboundMessage,
    Membership,
    Moved,
    Reachability,
    Unreadable,
)
from omnibot.demo.slack import APP, BOT, BOT_USER, FakeSlack
from omnibot.domain.message import Address
from tests.awkward import AWKWARD

Json = dict[str, Any]
NOBODY = Policy()
fake = FakeSlack()


def parsed(payload: Json, policy: Policy = NOBODY) -> Inbound:
    return read(json.dumps(payload), channel="slack", policy=policy).inbound


def said(payload: Json, policy: Policy = NOBODY) -> InboundMessage:
    inbound = parsed(payload, policy)
    assert isinstance(inbound, InboundMessage), inbound
    return inbound


def key(payload: Json) -> str:
    return read(json.dumps(payload), channel="slack").external_id


def why(payload: Json, policy: Policy = NOBODY) -> str:
    inbound = parsed(payload, policy)
    assert isinstance(inbound, Ignored), inbound
    return inbound.why


def place(chat: str, thread: str = "") -> Address:
    return Address(channel="slack", chat=chat, thread=thread)


def mention_of(payload: Json) -> Json:
    """The second event that Slack sends for the same post."""
    event = {name: value for name, value in payload["event"].items() if name != "channel_type"}
    return fake.event({**event, "type": "app_mention"})


def rich(*elements: Json) -> Json:
    return {"blocks": [{"type": "rich_text", "block_id": "x", "elements": list(elements)}]}


def section(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


# Where it was said


def test_a_direct_message_is_for_us() -> None:
    message = said(fake.message("U1", "My oven shows E4", chat="D1"))
    assert message.address == place("D1")
    assert (message.text, message.sender, message.is_addressed) == ("My oven shows E4", "U1", True)


def test_a_mention_in_a_channel_opens_a_thread_under_it() -> None:
    payload = fake.message("U1", f"<@{BOT_USER}> where is my order?", chat="C1")
    message = said(payload)
    assert message.address == place("C1", payload["event"]["ts"])
    assert (message.text, message.is_addressed) == ("where is my order?", True)


def test_a_mention_and_its_message_are_one_event() -> None:
    payload = fake.message("U1", f"<@{BOT_USER}> hello", chat="C1")
    assert key(payload) == key(mention_of(payload)) == f"C1:{payload['event']['ts']}"
    assert said(payload) == said(mention_of(payload))


def test_a_mention_is_seen_with_our_id_from_auth_test_too() -> None:
    payload = fake.message("U1", "<@U9US|omnibot> hello", chat="C1")
    assert said(payload, Policy(user_id="U9US")).is_addressed
    assert not said(payload).is_addressed


def test_a_mention_of_somebody_with_a_longer_id_is_not_of_us() -> None:
    assert not said(fake.message("U1", f"<@{BOT_USER}7> hello", chat="C1")).is_addressed


def test_an_answer_in_a_thread_belongs_to_the_thread() -> None:
    message = said(fake.message("U1", "and since when?", chat="C1", thread="1780000000.000001"))
    assert message.address == place("C1", "1780000000.000001")
    assert message.references == ("C1:1780000000.000001",)
    assert not message.is_addressed  # only the core knows whether we are in that thread


def test_a_thread_in_a_direct_chat_is_a_place_of_its_own() -> None:
    assert said(fake.message("U1", "hi", chat="D1", thread="1780000000.000001")).address.thread == "1780000000.000001"


def test_an_answer_that_is_also_shown_in_the_channel_stays_in_its_thread() -> None:
    payload = fake.message("U1", "look", chat="C1", thread="1780000000.000001", subtype="thread_broadcast")
    assert said(payload).address == place("C1", "1780000000.000001")


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
def test_what_is_said_beside_us_is_marked_so(kind: str) -> None:
    assert not said(fake.message("U1", "lunch?", chat="G1", channel_type=kind)).is_addressed


def test_people_of_other_organisations_are_customers_like_others() -> None:
    payload = fake.message("U0EXT", f"<@{BOT_USER}> hi", chat="C1", user_team="T0OTHER", source_team="T0OTHER")
    assert said({**payload, "is_ext_shared_channel": True}).sender == "U0EXT"


def test_ids_of_messages_name_their_chat() -> None:
    """Slack's own are unique in a chat only."""
    payload = fake.message("U1", "hi", chat="D1")
    assert said(payload).message_id == f"D1:{payload['event']['ts']}"


# What was said


def test_a_me_message_is_a_message() -> None:
    assert said(fake.message("U1", "is waiting", chat="D1", subtype="me_message")).text == "is waiting"


def test_a_mention_alone_is_a_wave() -> None:
    assert said(fake.message("U1", f"<@{BOT_USER}>", chat="C1")).text == "👋"


def test_rich_text_counts_more_than_text() -> None:
    payload = fake.message(
        "U1",
        "lossy",
        chat="D1",
        **rich(section(text("It is "), text("hot", bold=True), {"type": "emoji", "name": "fire", "unicode": "1f525"})),
    )
    assert said(payload).text == "It is **hot**🔥"


def test_blocks_of_other_kinds_leave_the_text() -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "elements": 5}, {"type": "divider"}]
    assert said(fake.message("U1", "hello", chat="D1", blocks=blocks)).text == "hello"


@pytest.mark.parametrize("words", AWKWARD)
def test_awkward_text_arrives_unchanged(words: str) -> None:
    payload = fake.message("U1", "x", chat="D1", **rich(section(text(words))))
    assert said(payload).text == words.strip()


def test_a_forwarded_message_is_quoted() -> None:
    attachments = [
        {"is_share": True, "author_name": "Bo", "text": "The drum &amp; the door"},
        {"title": "A page", "text": "preview", "from_url": "https://example.com"},
    ]
    message = said(fake.message("U1", "see this", chat="D1", attachments=attachments))
    assert (message.text, message.quoted) == ("see this", "The drum & the door")


def test_names_and_languages_that_the_door_found_are_used() -> None:
    payload = fake.message("U1", "ask <@U2>", chat="D1")
    payload["omnibot"] = {"people": {"U1": {"name": "Ana", "locale": "zh-CN"}, "U2": {"name": "Bo"}}}
    message = said(payload)
    assert (message.sender_name, message.language_hint, message.text) == ("Ana", "zh-CN", "ask @Bo")


# Files


def attached(**fields: Any) -> Any:
    file = {
        "id": "F1",
        "name": "door.jpg",
        "mimetype": "image/jpeg",
        "size": 5,
        "url_private": "https://files.slack.com/a",
    }
    return said(fake.message("U1", "", chat="D1", subtype="file_share", files=[{**file, **fields}])).files[0]


def test_a_file_is_read_with_its_address_as_handle() -> None:
    file = attached()
    assert (file.name, file.media_type, file.size, file.problem) == ("door.jpg", "image/jpeg", 5, None)
    assert file.handle == "https://files.slack.com/a"


def test_a_file_of_another_workspace_is_asked_for_by_its_id() -> None:
    assert attached(file_access="check_file_info", url_private=None).handle == "file:F1"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"mode": "tombstone"}, "deleted"),
        ({"mode": "hidden_by_limit"}, "hides"),
        ({"mode": "external", "is_external": True}, "outside of Slack"),
        ({"file_access": "access_denied"}, "may not see"),
        ({"size": FILE_LIMIT + 1}, "larger than 50 MB"),
    ],
)
def test_a_file_that_cannot_be_had_says_why(fields: Json, problem: str) -> None:
    assert problem in attached(**fields).problem


# Who says it


def test_our_own_words_are_not_heard() -> None:
    assert "our own" in why(fake.message(BOT_USER, "hi", chat="D1", bot_id=BOT))
    assert "our own" in why(fake.message("U0OTHER", "hi", chat="D1", bot_id=BOT, app_id=APP))
    assert "our own" in why(fake.message("U9US", "hi", chat="D1"), Policy(user_id="U9US"))


def test_other_bots_are_not_heard() -> None:
    assert "another bot" in why(fake.message("U2", "hi", chat="D1", bot_id="B2"))
    assert "another bot" in why(fake.message("", "hi", chat="C1", subtype="bot_message"))
    assert "another bot" in why(fake.message("USLACKBOT", "hi", chat="D1"))


def test_a_bot_on_the_list_is_heard_and_never_answered() -> None:
    policy = Policy(bots=frozenset({"B2"}))
    message = said(fake.message("", f"<@{BOT_USER}> disk full", chat="C1", subtype="bot_message", bot_id="B2"), policy)
    assert (message.is_automatic, message.sender, message.text) == (True, "B2", "disk full")
    assert "our own" in why(fake.message("", "x", chat="C1", bot_id="B2", app_id=APP), policy)


@pytest.mark.parametrize(
    "subtype", ["channel_join", "channel_topic", "pinned_item", "huddle_thread", "message_replied"]
)
def test_what_happens_in_a_channel_is_not_said_by_anybody(subtype: str) -> None:
    assert subtype in why(fake.message("U1", "<@U1> has joined", chat="C1", subtype=subtype))


def test_nothing_is_nothing() -> None:
    assert why(fake.message("U1", "", chat="D1")) == "nothing was said"


# Edits and deletions


def changed(old: Json, new: Json, *, chat: str = "D1", **fields: Any) -> Json:
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": chat,
        "channel_type": "im" if chat.startswith("D") else "channel",
        "ts": fake.next_ts(),
        "message": {"type": "message", "user": "U1", "ts": "5.1", **new},
        "previous_message": {"type": "message", "user": "U1", "ts": "5.1", **old},
        **fields,
    }
    return fake.event(event)


def test_an_edit_tells_the_new_text() -> None:
    edited = parsed(changed({"text": "E4"}, {"text": "E5", "edited": {"user": "U1", "ts": "6.0"}}))
    assert edited == Edited(address=place("D1"), message_id="D1:5.1", text="E5")


def test_an_edit_in_a_channel_belongs_to_its_thread() -> None:
    edited = parsed(changed({"text": "E4", "thread_ts": "4.0"}, {"text": "E5", "thread_ts": "4.0"}, chat="C1"))
    assert isinstance(edited, Edited)
    assert edited.address == place("C1", "4.0")


@pytest.mark.parametrize(
    "new",
    [
        {"text": "https://x.example", "attachments": [{"title": "A page"}]},  # a preview
        {"text": "https://x.example", "metadata": {"event_type": "x"}},
        {"text": "https://x.example", "reply_count": 2, "thread_ts": "5.1"},
        {"text": "https://x.example", "blocks": [{"type": "rich_text", "elements": []}]},
    ],
)
def test_a_change_that_leaves_the_words_is_none(new: Json) -> None:
    assert "looks" in why(changed({"text": "https://x.example"}, new))


def test_edits_of_our_own_and_of_other_bots_are_none() -> None:
    assert "our own" in why(changed({"text": "a"}, {"text": "b", "user": BOT_USER, "bot_id": BOT}))
    assert "another bot" in why(changed({"text": "a"}, {"text": "b", "bot_id": "B2"}))


def test_each_edit_is_an_event_of_its_own() -> None:
    first, second = changed({"text": "a"}, {"text": "b"}), changed({"text": "b"}, {"text": "c"})
    assert key(first) != key(second)
    assert key(first) == key(first)


def test_a_deletion_names_the_message() -> None:
    event = {"type": "message", "subtype": "message_deleted", "channel": "C1", "channel_type": "channel", "ts": "9.0"}
    previous = {"type": "message", "user": "U1", "text": "secret", "ts": "5.1", "thread_ts": "4.0"}
    deleted = parsed(fake.event({**event, "deleted_ts": "5.1", "previous_message": previous}))
    assert deleted == Deleted(address=place("C1", "4.0"), message_id="C1:5.1")
    ours = {**previous, "user": BOT_USER, "bot_id": BOT}
    assert "our own" in why(fake.event({**event, "deleted_ts": "5.1", "previous_message": ours}))


def test_a_deleted_head_of_a_thread_is_a_deletion() -> None:
    tombstone = {"text": "This message was deleted.", "subtype": "tombstone", "user": "USLACKBOT", "thread_ts": "5.1"}
    payload = changed({"text": "E4", "thread_ts": "5.1"}, tombstone, chat="C1")
    assert parsed(payload) == Deleted(address=place("C1", "5.1"), message_id="C1:5.1")


# The chat itself


@pytest.mark.parametrize(
    ("event", "is_reachable"),
    [
        ({"type": "channel_archive", "channel": "C1", "user": "U2"}, False),
        ({"type": "group_left", "channel": "C1"}, False),
        ({"type": "channel_unarchive", "channel": "C1", "user": "U2"}, True),
        ({"type": "member_left_channel", "channel": "C1", "user": BOT_USER}, False),
        ({"type": "member_joined_channel", "channel": "C1", "user": BOT_USER}, True),
    ],
)
def test_a_channel_that_is_gone_or_back_is_told(event: Json, is_reachable: bool) -> None:
    told = parsed(fake.event(event))
    assert isinstance(told, Reachability)
    assert (told.address, told.is_reachable) == (place("C1"), is_reachable)


@pytest.mark.parametrize(
    ("event", "chat", "is_in"),
    [
        ({"type": "member_joined_channel", "channel": "C1", "user": "U2"}, "C1", True),
        ({"type": "member_left_channel", "channel": "C1", "user": "U2"}, "C1", False),
        ({"type": "user_change", "user": {"id": "U2", "deleted": True}}, "", False),
    ],
)
def test_who_leaves_a_channel_or_the_workspace_is_told(event: Json, chat: str, is_in: bool) -> None:
    assert parsed(fake.event(event)) == Membership(address=place(chat), senders=("U2",), is_in=is_in)


def test_a_channel_with_a_new_id_has_moved() -> None:
    event = {"type": "channel_id_changed", "old_channel_id": "G1", "new_channel_id": "C1"}
    assert parsed(fake.event(event)) == Moved(address=place("G1"), to=place("C1"))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "channel_rename", "channel": {"id": "C1", "name": "help"}},
        {"type": "reaction_added", "user": "U1", "item": {"type": "message"}},
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages"},
        {"type": "user_change", "user": {"id": "U1", "profile": {"status_text": "at lunch"}}},
        {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}},
    ],
)
def test_other_events_say_nothing_to_us(event: Json) -> None:
    assert why(fake.event(event))


# Buttons, forms, commands, shortcuts


def press(**fields: Any) -> Json:
    return {
        "type": "block_actions",
        "user": {"id": "U1", "name": "ana"},
        "channel": {"id": "C1", "name": "help"},
        "container": {"type": "message", "message_ts": "5.1", "channel_id": "C1", "thread_ts": "4.0"},
        "actions": [
            {
                "type": "button",
                "action_id": "choice:0",
                "value": "helped",
                "text": {"type": "plain_text", "text": "Yes"},
            }
        ],
        **fields,
    }


def test_a_press_is_a_choice_where_the_button_stands() -> None:
    message = said(press())
    assert (message.text, message.choice, message.sender, message.sender_name) == ("Yes", "helped", "U1", "ana")
    assert (message.address, message.references) == (place("C1", "4.0"), ("C1:5.1",))


def test_a_double_click_is_one_press() -> None:
    assert key(press(trigger_id="1")) == key(press(trigger_id="2"))
    assert key(press()) != key(press(user={"id": "U2"}))


def test_a_line_of_a_menu_is_a_choice() -> None:
    option = {"text": {"type": "plain_text", "text": "Oven"}, "value": "entry:oven"}
    message = said(press(actions=[{"type": "static_select", "action_id": "m", "selected_option": option}]))
    assert (message.text, message.choice) == ("Oven", "entry:oven")


def test_a_button_that_opens_a_page_is_no_choice() -> None:
    assert "page" in why(press(actions=[{"type": "button", "value": "x", "url": "https://x.example"}]))


def test_a_form_is_a_direct_message() -> None:
    values = {"question": {"question": {"type": "plain_text_input", "value": " My hob is cold "}}}
    view = {"id": "V1", "callback_id": "omnibot_ask", "state": {"values": values}}
    payload = {"type": "view_submission", "user": {"id": "U1", "name": "ana"}, "view": view}
    assert said(payload).address == place("U1")
    message = said({**payload, "omnibot": {"chat": "D1"}})
    assert (message.address, message.text, key(payload)) == (place("D1"), "My hob is cold", "form:V1")
    assert "empty" in why(
        {**payload, "view": {**view, "state": {"values": {"question": {"question": {"value": None}}}}}}
    )


def test_a_command_is_a_direct_message() -> None:
    payload = {
        "command": "/support",
        "text": "E4 &amp; E5 <@U2|bo>",
        "user_id": "U1",
        "user_name": "ana",
        "trigger_id": "7",
    }
    message = said({**payload, "omnibot": {"chat": "D1"}})
    assert (message.text, message.address, message.sender_name) == ("E4 & E5 @bo", place("D1"), "ana")
    assert key(payload) == "command:7"
    assert "without words" in why({**payload, "text": " "})


def test_a_ticket_made_of_a_message_asks_for_a_person() -> None:
    payload = {
        "type": "message_action",
        "callback_id": "omnibot_make_ticket",
        "channel": {"id": "C1", "name": "help"},
        "user": {"id": "U2", "name": "bo"},
        "message": {"type": "message", "user": "U1", "ts": "5.1", "text": "It *burns*"},
    }
    message = said(payload)
    assert (message.address, message.text) == (place("C1", "5.1"), "It **burns**")
    assert (message.choice, message.sender) == ("person", "U1")
    assert key(payload) == key({**payload, "user": {"id": "U3"}})  # two who press make one ticket


# What makes no sense


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{}",
        '{"type": 5}',
        '{"event": {"type": "message", "channel_type": "im", "user": "U1", "text": "x"}}',
        '{"event": {"type": "message", "channel": "D1", "ts": "1.1", "user": "U1", "text": 5}}',
        '{"event": {"type": "message", "channel": {"id": "D1"}, "ts": "1.1", "user": "U1", "text": "x"}}',
        '{"event": {"type": "message", "channel": "D1", "ts": 1.1, "user": "U1", "text": "x"}}',
        '{"event": {"type": "message", "subtype": "message_changed", "channel": "D1"}}',
        '{"event": {"type": "channel_archive"}}',
        '{"type": "block_actions", "actions": []}',
        '{"type": "message_action"}',
        '{"type": "view_submission", "view": {"state": {"values": [1]}}}',
        '{"x":' * 100_000,
        '{"event":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"event": {"type": "message", "channel": "D1", "ts": "1.1", "user": "U1", "text": "\\ud800"}}',
    ],
)
def test_what_makes_no_sense_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        read(body, channel="slack")


def test_lists_nested_without_end_are_cut() -> None:
    nested: Json = section(text("deep"))
    for _ in range(60):
        nested = {"type": "rich_text_list", "style": "bullet", "elements": [nested]}
    assert isinstance(said(fake.message("U1", "deep", chat="D1", **rich(nested))), InboundMessage)


@pytest.mark.parametrize(
    "unit", ["x", "<", "*", "`a ", "```", "_a", "<@U1> ", "<@", " *", "*a* _b_ <https://x.example|c> `d` "]
)
@pytest.mark.parametrize("size", [40_000, 1_000_000])
def test_no_text_holds_the_process_up(unit: str, size: int) -> None:
    payload = json.dumps(fake.message("U1", unit * (size // len(unit)), chat="D1"))
    started = time.process_time()
    read(payload, channel="slack")
    assert time.process_time() - started < 0.2  # 0.01 to 0.04 as measured


KNOWN = [
    fake.message("U1", f"<@{BOT_USER}> hi", chat="C1", thread="1.1", **rich(section(text("hi", bold=True)))),
    fake.message("U1", "x", chat="D1", files=[{"id": "F1", "name": "a", "size": 1, "url_private": "https://x"}]),
    changed({"text": "a"}, {"text": "b", "edited": {"user": "U1"}}),
    press(),
    {"command": "/support", "text": "E4", "user_id": "U1", "trigger_id": "1"},
    {"type": "message_action", "channel": {"id": "C1"}, "message": {"user": "U1", "ts": "5.1", "text": "x"}},
    {
        "type": "view_submission",
        "user": {"id": "U1"},
        "view": {"id": "V", "state": {"values": {"a": {"b": {"value": "x"}}}}},
    },
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [{}]),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(KNOWN), st.data())
def test_wrong_types_anywhere_are_read_or_unreadable(payload: Json, data: st.DataObject) -> None:
    odd = json.loads(json.dumps(payload))
    for _ in range(data.draw(st.integers(1, 3))):
        node, name = data.draw(st.sampled_from(list(places(odd))))
        node[name] = data.draw(ODD)
    with contextlib.suppress(Unreadable):
        reading = read(json.dumps(odd), channel="slack")
        assert isinstance(reading.external_id, str)


def places(node: Any) -> Any:
    """Every place in a payload: what holds it, and its name there."""
    for name, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, name
        if isinstance(value, dict | list):
            yield from places(value)
