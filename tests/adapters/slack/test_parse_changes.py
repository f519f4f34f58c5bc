"""Edits, deletions, and what happens to chats and people on Slack, as the core is told it."""

import pytest

from omnibot.channel import (
    Deleted,
    Edited,
    Membership,
    Moved,
    Reachability,
)
from omnibot.demo.slack import BOT, BOT_USER
from tests.adapters.slack.readings import Json, changed, fake, key, parsed, place, why


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
