"""Days that are named by how long ago they were. Today is Monday, 30 March 2026."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.domain.past_day import past_day

TODAY = date(2026, 3, 30)
CHINESE = {"day": "天", "week": "周", "month": "个月", "year": "年"}


@pytest.mark.parametrize(("said", "day"), [
    ("two weeks ago", (2026, 3, 16)),
    ("for two weeks", (2026, 3, 16)),
    ("about 10 days now", (2026, 3, 20)),
    ("half a month", (2026, 3, 15)),
    ("since half a month ago", (2026, 3, 15)),
    ("half a year ago", (2025, 9, 30)),
    ("a month ago", (2026, 2, 28)),
    ("over a year", (2025, 3, 30)),
    ("a couple of weeks", (2026, 3, 16)),
    ("a few days ago", (2026, 3, 27)),
    ("last week", (2026, 3, 23)),
    ("since last month", (2026, 2, 28)),
    ("last year", (2025, 3, 30)),
    ("last monday", (2026, 3, 23)),
    ("since wednesday", (2026, 3, 25)),
    ("last night", (2026, 3, 29)),
    ("since this morning", (2026, 3, 30)),
    ("半个月前", (2026, 3, 15)),
    ("半个月了", (2026, 3, 15)),
    ("大概两周前", (2026, 3, 16)),
    ("三天", (2026, 3, 27)),
    ("十几天前", (2026, 3, 17)),
    ("二十多天了", (2026, 3, 10)),
    ("12天前", (2026, 3, 18)),
    ("１２天前", (2026, 3, 18)),
    ("两三天前", (2026, 3, 28)),
    ("三五天了", (2026, 3, 27)),
    ("一个多月", (2026, 2, 28)),
    ("两年前", (2024, 3, 30)),
    ("上周", (2026, 3, 23)),
    ("上个月开始", (2026, 2, 28)),
    ("从上周三开始", (2026, 3, 25)),
    ("上个星期天", (2026, 3, 29)),
    ("去年", (2025, 3, 30)),
    ("昨晚", (2026, 3, 29)),
])  # fmt: skip
def test_a_day_is_named_by_how_long_ago_it_was(said: str, day: tuple[int, int, int]) -> None:
    assert past_day(said, TODAY) == date(*day)


@pytest.mark.parametrize("said", [
    "tuesday", "in two weeks", "next week", "two", "weeks", "some time ago", "washer 100", "",
    "周三", "下周", "两周后", "很久", "十", "去年三", "上个月三",
])  # fmt: skip
def test_what_names_no_day_that_is_over_is_none(said: str) -> None:
    assert past_day(said, TODAY) is None


@given(st.text(max_size=40), st.dates())
def test_whatever_is_said_is_a_day_before_today_or_none(said: str, today: date) -> None:
    day = past_day(said.casefold(), today)
    assert day is None or day <= today


@given(st.integers(0, 999), st.sampled_from(["day", "week", "month", "year"]), st.dates())
def test_any_count_is_a_day_before_today_or_none(count: int, unit: str, today: date) -> None:
    for said in (f"{count} {unit}s ago", f"{count}{CHINESE[unit]}前"):
        day = past_day(said, today)
        assert day is None or day <= today


@given(st.text("0１5٣半一两十几 个天周月年前了", max_size=8))
def test_no_mixture_of_numbers_breaks_it(said: str) -> None:
    day = past_day(said, TODAY)
    assert day is None or day <= TODAY
