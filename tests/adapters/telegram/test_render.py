"""Our Markdown as Telegram's text and entities: offsets in UTF-16 units, parts that fit, nothing lost."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnibot.adapters.telegram.entities import to_markdown
from omnibot.adapters.telegram.formatted import ENTITIES, TEXT_LENGTH, Formatted, Span, split
from omnibot.adapters.telegram.markdown import formatted
from omnibot.adapters.telegram.render import PHOTO_SIZE, Call, render
from omnibot.adapters.telegram.wire import Entity
from omnibot.channel import OutboundFile
from omnibot.domain import decision as decisions
from omnibot.domain.grapheme import is_boundary
from omnibot.domain.message import Choice
from tests.adapters.telegram.conftest import BUTTONS, outbound
from tests.awkward import AWKWARD

# Characters of one and of two UTF-16 units, marks that combine, white space, and what Markdown is made of.
TEXTS = st.text(st.sampled_from("ab é\u0301👍🏽🇩🇪\u200d漢\n .*_`[]()<>#-1\\~"), max_size=300)


def said(entity: dict[str, object], text: str) -> str:
    wide = text.encode("utf-16-le")
    start, length = int(str(entity["offset"])), int(str(entity["length"]))
    return wide[2 * start : 2 * (start + length)].decode("utf-16-le")


def calls(text: str, **fields: object) -> list[Call]:
    return render(outbound(text, **fields), BUTTONS)


def file(name: str, media_type: str, size: int = 10) -> OutboundFile:
    return OutboundFile(name=name, media_type=media_type, size=size, path=Path(name))


def test_each_part_of_the_subset_has_its_entity() -> None:
    shown = formatted("👍🏽 **bold *and* more** `code` [site](https://example.com)\n\n> quoted\n\n```py\nx = 1\n```")
    assert shown.text == "👍🏽 bold and more code site\n\nquoted\n\nx = 1"
    found = [(entity["type"], said(entity, shown.text)) for entity in shown.entities()]
    assert found == [
        ("bold", "bold and more"),
        ("italic", "and"),
        ("code", "code"),
        ("text_link", "site"),
        ("blockquote", "quoted"),
        ("pre", "x = 1"),
    ]
    assert shown.entities()[3]["url"] == "https://example.com"
    assert shown.entities()[5]["language"] == "py"


def test_lists_are_written_with_bullets_and_numbers() -> None:
    assert formatted("Do this:\n\n1. one\n2. two\n   - a\n   - b\n").text == "Do this:\n1. one\n2. two\n  • a\n  • b"


def test_addresses_that_telegram_would_drop_are_written_out() -> None:
    shown = formatted("[write](mailto:help@example.com), [call](tel:+4930), <https://example.com>")
    assert shown == Formatted(text="write (help@example.com), call (+4930), https://example.com")


@pytest.mark.parametrize("text", [text for text in AWKWARD if not text.startswith(("**", " "))])
def test_awkward_text_is_said_in_full(text: str) -> None:
    shown = "".join(str(call.parameters["text"]) for call in calls(text))
    # What Markdown takes for markup goes, and white space at the ends; nothing else.
    assert re.sub(r"[\s\\]", "", shown) == re.sub(r"[\s\\]", "", text)


@given(TEXTS)
@example("**a**" * 150)
def test_entities_lie_within_the_text_and_never_cut_a_character(text: str) -> None:
    shown = formatted(text)
    for entity in shown.entities():
        assert said(entity, shown.text)
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= shown.units


@given(TEXTS, st.integers(min_value=2, max_value=60))
def test_parts_fit_and_together_say_everything(text: str, limit: int) -> None:
    whole = formatted(text)
    parts = split(whole, limit)
    assert all(0 < part.units <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(part.text for part in parts)) == re.sub(r"\s", "", whole.text)
    for part in parts:
        for entity in part.entities():
            assert said(entity, part.text)


@settings(max_examples=30)
@given(st.integers(min_value=0, max_value=400), st.integers(min_value=10, max_value=80))
def test_no_part_has_more_entities_than_telegram_keeps(links: int, limit: int) -> None:
    whole = formatted(" ".join(f"[l{n}](https://e.com/{n})" for n in range(links)))
    parts = split(whole, limit * 20)
    assert all(len(part.spans) <= ENTITIES for part in parts)
    assert [span.url for part in parts for span in part.spans] == [span.url for span in whole.spans]


def test_a_link_is_not_torn_apart() -> None:
    whole = formatted("word " * 8 + "[a link of some length](https://example.com) and on " * 3)
    for part in split(whole, 60):
        for span in part.spans:
            assert part.text[span.start : span.end] == "a link of some length"


def test_a_long_block_of_code_is_closed_and_opened_again() -> None:
    code = "\n".join(f"    line {n}" for n in range(1000))
    parts = split(formatted(f"```sh\n{code}\n```"))
    assert len(parts) > 2
    assert all([span.type for span in part.spans] == ["pre"] for part in parts)
    assert all(part.spans[0].language == "sh" for part in parts)
    assert "\n".join(part.text for part in parts) == code


@pytest.mark.parametrize("grapheme", ["👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "👍🏽"])
def test_what_people_see_as_one_character_is_not_cut(grapheme: str) -> None:
    for part in split(Formatted(text=grapheme * 3000)):
        assert len(part.text) % len(grapheme) == 0


def test_a_cut_prefers_the_end_of_a_paragraph() -> None:
    first, second = "a" * 3000, "b" * 3000
    assert [part.text for part in split(formatted(f"{first}\n\n{second}"))] == [first, second]


@given(st.text(st.sampled_from("ab 👍é"), min_size=1, max_size=40), st.data())
def test_what_telegram_shows_can_be_read_back(text: str, data: st.DataObject) -> None:
    """Our entities, read by our own reader, are Markdown that gives the same again."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    whole = Formatted(text=text, spans=(Span(type="text_link", start=start, end=end, url="https://e.com"),))
    entities = tuple(Entity(**entity) for entity in whole.entities())
    assert to_markdown(text, entities) == f"{text[:start]}[{text[start:end]}](https://e.com){text[end:]}"


def test_buttons_stand_under_the_last_part() -> None:
    choices = (Choice(id=decisions.HELPED, label="Yes, thanks"), Choice(id=decisions.DID_NOT_HELP, label="No"))
    first, *_, last = calls("a" * (2 * TEXT_LENGTH), choices=choices)
    assert "reply_markup" not in first.parameters
    [row] = last.parameters["reply_markup"]["inline_keyboard"]
    assert [button["text"] for button in row] == ["Yes, thanks", "No"]
    assert BUTTONS.choice("7", row[0]["callback_data"]) == decisions.HELPED


def test_long_labels_get_a_row_each() -> None:
    choices = tuple(Choice(id=f"entry:{n}", label="How do I clean the filter?") for n in range(3))
    [call] = calls("Did you mean", choices=choices)
    assert [len(row) for row in call.parameters["reply_markup"]["inline_keyboard"]] == [1, 1, 1]


def test_words_that_fit_are_the_caption_of_the_first_file() -> None:
    photo, letter = calls("**look**", files=(file("a.jpg", "image/jpeg"), file("b.pdf", "application/pdf")))
    assert (photo.method, photo.file_parameter, photo.parameters["caption"]) == ("sendPhoto", "photo", "look")
    assert photo.parameters["caption_entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    assert (letter.method, letter.file_parameter) == ("sendDocument", "document")
    assert "caption" not in letter.parameters


def test_words_too_long_for_a_caption_come_first() -> None:
    words, photo = calls("a" * 1025, files=(file("a.jpg", "image/jpeg"),))
    assert (words.method, photo.method) == ("sendMessage", "sendPhoto")
    assert "caption" not in photo.parameters


def test_a_picture_too_large_for_a_photo_is_a_document() -> None:
    [call] = calls("", files=(file("a.png", "image/png", PHOTO_SIZE + 1),))
    assert call.method == "sendDocument"


@pytest.mark.parametrize(("thread", "sent"), [("", None), ("1", None), ("77", 77)])
def test_every_call_names_the_topic_but_the_general_one(thread: str, sent: int | None) -> None:
    for call in calls("a" * 5000, chat="-100", thread=thread, files=(file("a.pdf", "application/pdf"),)):
        assert call.parameters.get("message_thread_id") == sent
        assert call.parameters["chat_id"] == -100


def test_in_a_group_the_first_part_answers_the_message() -> None:
    first, second = calls("a" * 5000, chat="-100", references=("-100:31",))
    assert first.parameters["reply_parameters"] == {"message_id": 31, "allow_sending_without_reply": True}
    assert "reply_parameters" not in second.parameters
    [private] = calls("hello", references=("7:31",))
    assert "reply_parameters" not in private.parameters


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_to_say_makes_no_call(text: str) -> None:
    assert calls(text) == []


@given(st.text(max_size=50))
def test_parts_end_between_characters(text: str) -> None:
    whole = Formatted(text=text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    position = 0
    for part in split(whole, 20):
        position = whole.text.index(part.text, position) + len(part.text)
        assert is_boundary(whole.text, position) or part.units >= 19
