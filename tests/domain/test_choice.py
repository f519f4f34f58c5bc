"""Choices by their number."""

from datetime import UTC, datetime

import pytest

from omnibot.domain.choice import by_number, spelled_out, unsaid
from omnibot.domain.message import Author, Choice, Message
from omnibot.faq.normalize import normalise

OFFERED = tuple(Choice(id=id, label=id.upper()) for id in ("a", "b", "c"))


@pytest.mark.parametrize(
    "text",
    [
        "2",
        " 2 ",
        "2.",
        "2)",
        "(2)",
        "#2",
        "２",
        "２。",
        "2、",
        "2\n",
        "第二个",
        "第2个",
        "第二個",
        "选2",
        "選第二項",
        "二",
        "两",
        "Option 2",
    ],
)
def test_a_bare_number_is_a_press(text: str) -> None:
    assert by_number(normalise(text), OFFERED) == OFFERED[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "4",
        "22",
        "-2",
        "2 3",
        "1 or 2",
        "2 weeks ago",
        "2.5",
        "二楼",
        "第二天",
        "10012-7",
        "b",
        "两个都要",
        "十",
        "no",
        "½",
    ],
)
def test_anything_else_is_what_it_says(text: str) -> None:
    assert by_number(normalise(text), OFFERED) is None


def test_nothing_offered_is_nothing_pressed() -> None:
    assert by_number("1", ()) is None


def message(seq: int, text: str, *, chosen: str | None = None, choices: tuple[Choice, ...] = ()) -> Message:
    author = Author.BOT if choices else Author.CUSTOMER
    at = datetime(2026, 6, 1, tzinfo=UTC)
    return Message(conversation_id=1, seq=seq, author=author, text=text, at=at, chosen=chosen, choices=choices)


def test_what_a_number_chose_is_known_by_what_was_offered_last() -> None:
    renamed = (Choice(id="a", label="Alpha"),)
    said = [
        message(1, "Which one?", choices=OFFERED),
        message(2, "2", chosen="b"),
        message(3, "c", chosen="c"),  # a button was pressed: it says what it means
        message(4, "2"),  # no choice: a number
        message(5, "Which one?", choices=renamed),
        message(6, "the first", chosen="a"),
        message(7, "1", chosen="z"),  # never offered, or too long ago
    ]
    assert unsaid(said) == {2: "B", 6: "Alpha"}
    assert spelled_out("2", "B") == "2 · B"
    assert spelled_out("hello", None) == "hello"
