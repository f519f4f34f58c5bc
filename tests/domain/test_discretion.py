"""Nobody is woken at night by a machine, and what is somebody's own stays where it arrives."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from omnibot.domain.discretion import Discretion, Protects, is_protected, is_quiet
from omnibot.settings import hours

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "hour", "expected"),
    [
        ("22:00-07:00", 20, True),  # 22:00 in Berlin
        ("22:00-07:00", 19, False),
        ("22:00-07:00", 4, True),
        ("22:00-07:00", 5, False),  # 07:00 in Berlin
        ("01:00-06:00", 0, True),
        ("01:00-06:00", 21, False),
        ("", 0, False),
    ],
)
def test_the_night_is_the_services_own_and_goes_over_midnight(written: str, hour: int, expected: bool) -> None:
    discretion = Discretion(quiet=hours.quiet(written))
    assert is_quiet(discretion, datetime(2026, 6, 1, hour, tzinfo=UTC), BERLIN) is expected


def test_what_is_no_interval_is_refused_in_words() -> None:
    assert hours.quiet("22:00-07:00") == (time(22), time(7))
    for wrong in ("22", "22:00", "night", "22:00-", "25:00-07:00"):
        with pytest.raises(ValueError, match="is not an interval"):
            hours.quiet(wrong)


@pytest.mark.parametrize(
    ("text", "has_files", "expected"),
    [
        ("Write to mia@home.example", False, True),
        ("Your technician: +49 171 2345678", False, True),
        ("Your case number is 00042-7", False, False),
        ("The invoice is attached", True, True),
        ("Clean the filter once a month", False, False),
    ],
)
def test_what_names_a_person_is_protected_where_the_operator_wants_it(
    text: str, has_files: bool, expected: bool
) -> None:
    assert is_protected(Discretion(protects=Protects.PERSONAL), text, has_files=has_files) is expected
    assert is_protected(Discretion(protects=Protects.ALL), text, has_files=has_files)
    assert not is_protected(Discretion(), text, has_files=has_files)
