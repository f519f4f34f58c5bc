"""Choices by their number."""

import pytest

from omnibot.domain.choice import by_number
from omnibot.domain.message import Choice
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
