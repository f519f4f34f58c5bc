"""Updates of every kind, as the core gets them."""

import json
from dataclasses import replace

import pytest

from omnibot.channel import Edited, Ignored, InboundMessage, Membership, Moved, Reachability, Speaker
from omnibot.domain.message import Address
from tests.adapters.telegram.conftest import POLICY, payload, read, read_message, update
from tests.awkward import AWKWARD

MIA = Address(channel="telegram", chat="7001")


def test_a_text_arrives_with_who_wrote_it() -> None:
    said = read_message("text")
    assert said == InboundMessage(
        address=MIA,
        sender_name="Mia Berg",
        language_hint="de",
        text="Wo ist meine Bestellung? 👩‍🍳",
        message_id="7001:11",
    )


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_arrives_unchanged(text: str) -> None:
    assert read_message(update(text=text)).text == text


def test_formatting_becomes_markdown_by_utf16_offsets() -> None:
    assert read_message("entities").text == "👍🏽 see [the manual](https://example.com/m), **bold** and `code`"


@pytest.mark.parametrize(
    ("name", "text", "file"),
    [
        ("photo", "[photo]", ("photo.jpg", "image/jpeg", 64_000, "p800")),
        ("photo_with_caption", "The display shows E4", ("photo.jpg", "image/jpeg", 64_000, "p800")),
        ("document", "[document invoice 2026.pdf]", ("invoice 2026.pdf", "application/pdf", 48_000, "doc1")),
        ("animation", "[animation]", ("cat.mp4", "video/mp4", 30_000, "gif1")),
        ("voice", "[voice message, 1:12]", ("voice.oga", "audio/ogg", 9_000, "v1")),
        ("audio", "[audio Nina – Hum]", ("audio.mp3", "audio/mpeg", 90_000, "a1")),
        ("video", "[video, 1:05]", ("video.mp4", "video/mp4", 800_000, "vid1")),
        ("video_note", "[video message, 0:09]", ("video.mp4", "video/mp4", 50_000, "vn1")),
        ("sticker", "[sticker 🙏]", ("sticker.webm", "video/webm", 20_000, "s1")),
    ],
)
def test_a_file_arrives_once_with_words_for_it(name: str, text: str, file: tuple[str, str, int, str]) -> None:
    said = read_message(name)
    assert said.text == text
    [got] = said.files
    assert (got.name, got.media_type, got.size, got.handle) == file
    assert got.problem is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("location", "[location 52.520000, 13.405000]"),
        ("venue", "[place Service point, Main St 1 (52.520000, 13.405000)]"),
        ("contact_own", "[contact Mia Berg +4930123456, their own number]"),
        ("contact_other", "[contact Tom +4930999999, of somebody else]"),
        ("poll", "[poll: Which oven?\n- A1\n- A2]"),
        ("dice", "[🎲 4]"),
        ("rich_message", "My oven\nIt shows E4 since monday\nreset tried"),
        ("unheard_of", "[unsupported message: hologram]"),
        ("start_payload", "/start link-AbC_9"),
    ],
)
def test_every_other_kind_arrives_in_words(name: str, text: str) -> None:
    said = read_message(name)
    assert said.text == text
    assert said.files == ()


def test_a_file_that_bots_may_not_have_says_why() -> None:
    [file] = read_message("document_too_large").files
    assert file.problem == "larger than 20 MB, which Telegram does not hand to bots"


def test_each_part_of_an_album_keeps_its_caption() -> None:
    parts = [read_message("album_1"), read_message("album_2")]
    assert [part.text for part in parts] == ["front", "back"]
    assert parts[0].message_id != parts[1].message_id


def test_an_edit_names_the_message() -> None:
    assert read(payload("edited")) == Edited(address=MIA, message_id="7001:35", text="Where is my order 77?")


@pytest.mark.parametrize(
    ("name", "quoted", "references"),
    [
        ("forwarded", "Forwarded from Post Office", ()),
        ("forwarded_hidden", "Forwarded from Somebody Shy", ()),
        ("reply_with_quote", "oven A2", ("7001:5",)),
        ("reply", "Oven A1 or oven A2?", ("7001:5",)),
        ("via_bot", "Via @gif", ()),
        ("topic", None, ()),
    ],
)
def test_what_the_words_refer_to_is_kept_beside_them(
    name: str, quoted: str | None, references: tuple[str, ...]
) -> None:
    said = read_message(name)
    assert (said.quoted, said.references) == (quoted, references)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("group_mention", "how do I clean the filter?"),
        ("group_command", "/help filter"),
        ("group_reply_to_us", "and then?"),
        ("group_caption_mention", "look @fake_shop_bot"),
        ("group_text_mention", "Shop, help"),
    ],
)
def test_in_a_group_we_hear_who_calls_us(name: str, text: str) -> None:
    said = read_message(name)
    assert (said.text, said.sender, said.sender_name) == (text, "7001", "Mia Berg")
    assert said.address == Address(channel="telegram", chat="-1001500")


@pytest.mark.parametrize("name", ["group_talk", "group_other_mention"])
def test_in_a_group_we_do_not_hear_others_talk(name: str) -> None:
    said = read_message(name)
    assert (said.is_overheard, said.is_addressed, said.is_group) == (True, False, True)


def test_who_is_behind_something_said_or_pressed_is_told() -> None:
    group = {"id": -1001500, "type": "supergroup", "title": "Kitchen"}
    origin = {"type": "hidden_user", "sender_user_name": "Ada", "date": 1}
    assert read_message(update(chat=group, sender_chat=group, text="hi")).speaker is Speaker.ANONYMOUS
    forwarded = read_message(update(chat=group, forward_origin=origin, text="hi"))
    assert (forwarded.speaker, forwarded.is_forwarded) == (Speaker.PERSON, True)
    assert not read_message(update(text="hi")).is_group


@pytest.mark.parametrize("group", ["-1001500", "@kitchen_fans"])
def test_in_a_staff_group_everything_is_heard(group: str) -> None:
    policy = replace(POLICY, heard_groups=frozenset({group}))
    said = read_message("group_talk", policy)
    assert (said.text, said.is_addressed) == ("good morning all", True)


def test_in_a_topic_the_core_decides_whether_we_were_called_before() -> None:
    whole = json.loads(payload("topic"))
    assert read_message("topic").is_addressed
    whole["message"] |= {"text": "any news?", "entities": []}
    said = read_message(json.dumps(whole).encode())
    assert (said.text, said.is_addressed, said.address.thread) == ("any news?", False, "77")


def test_a_topic_is_a_thread_and_a_chain_of_replies_is_none() -> None:
    assert read_message("topic").address == Address(channel="telegram", chat="-1001600", thread="77")
    assert read_message("thread_without_topic").address.thread == ""


def test_an_anonymous_administrator_is_a_person() -> None:
    said = read_message("anonymous_admin")
    assert (said.sender, said.sender_name) == ("-1001500", "Chief")


def test_who_comes_into_a_group_is_told() -> None:
    address = Address(channel="telegram", chat="-1001500")
    assert read(payload("new_members")) == Membership(address=address, senders=("7001",), is_in=True)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("other_bot", "another bot's message"),
        ("own_message", "our own message"),
        ("linked_channel_post", "a post of the channel that the group belongs to"),
        ("live_location_moved", "a live location moved on"),
        ("channel_post", "an update of a kind that omnibot does not take: channel_post"),
        ("promoted", "our rights in the chat changed: member to administrator"),
    ],
)
def test_what_no_person_wrote_is_ignored_with_a_reason(name: str, why: str) -> None:
    assert read(payload(name)) == Ignored(why)


@pytest.mark.parametrize(
    ("name", "chat", "is_reachable"),
    [
        ("blocked", "7001", False),
        ("unblocked", "7001", True),
        ("removed_from_group", "-1001500", False),
        ("added_to_group", "-1001500", True),
    ],
)
def test_blocking_and_removal_change_who_can_be_reached(name: str, chat: str, is_reachable: bool) -> None:
    change = read(payload(name))
    assert isinstance(change, Reachability)
    assert (change.address.chat, change.is_reachable) == (chat, is_reachable)


@pytest.mark.parametrize("name", ["migrated_to", "migrated_from"])
def test_both_reports_of_a_move_say_the_same(name: str) -> None:
    old, new = Address(channel="telegram", chat="-500"), Address(channel="telegram", chat="-1001500")
    assert read(payload(name)) == Moved(address=old, to=new)
