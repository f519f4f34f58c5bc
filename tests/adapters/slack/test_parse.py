"""What people say on Slack, as the core is told it, and what is not heard."""

from typing import Any

import pytest

from omnibot.adapters.slack.parse import FILE_LIMIT, Policy
from omnibot.demo.slack import APP, BOT, BOT_USER
from tests.adapters.slack.readings import Json, fake, key, mention_of, place, rich, said, section, text, why
from tests.awkward import AWKWARD


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
