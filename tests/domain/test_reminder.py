"""Of which dates of FAQ entries people are told, and when."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from omnibot.domain.calendar import always_open
from omnibot.domain.knowledge import Content
from omnibot.domain.reminder import Occasion, due, is_time

BERLIN = always_open(ZoneInfo("Europe/Berlin"))


def told(today: date, **days: date) -> list[Occasion]:
    return [one.occasion for one in due({"descale": Content(wordings={}, **days)}, today)]  # type: ignore[arg-type]


def test_a_review_is_due_on_the_day_after_its_date() -> None:
    assert told(date(2026, 3, 31), review_by=date(2026, 3, 31)) == []
    assert told(date(2026, 4, 1), review_by=date(2026, 3, 31)) == [Occasion.REVIEW]


def test_an_entry_is_said_to_end_in_its_last_seven_days_and_after_them() -> None:
    last = date(2026, 3, 31)
    assert told(date(2026, 3, 24), valid_until=last) == []
    assert told(date(2026, 3, 25), valid_until=last) == [Occasion.ENDING]
    assert told(date(2026, 5, 1), valid_until=last) == [Occasion.ENDING]


def test_both_dates_are_told_the_earlier_one_first() -> None:
    days = {"review_by": date(2026, 3, 1), "valid_until": date(2026, 3, 5)}
    assert told(date(2026, 3, 2), **days) == [Occasion.REVIEW, Occasion.ENDING]


@pytest.mark.parametrize(
    ("review_by", "valid_until", "look_after"),
    [
        (None, None, None),
        (date(2026, 3, 1), None, date(2026, 3, 1)),
        (None, date(2026, 3, 31), date(2026, 3, 24)),
        (date(2026, 3, 26), date(2026, 3, 31), date(2026, 3, 24)),
    ],
)
def test_lists_show_an_entry_from_the_earlier_of_its_days_on(
    review_by: date | None, valid_until: date | None, look_after: date | None
) -> None:
    content = Content(wordings={}, review_by=review_by, valid_until=valid_until)
    assert content.look_after == look_after
    if look_after is not None:
        assert not content.is_due(look_after)
        assert content.is_due(date.fromordinal(look_after.toordinal() + 1))


def test_nobody_is_told_in_the_night() -> None:
    assert not is_time(BERLIN, datetime(2026, 3, 2, 6, 59, tzinfo=UTC))
    assert is_time(BERLIN, datetime(2026, 3, 2, 7, 0, tzinfo=UTC))
