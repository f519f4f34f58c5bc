"""Visits: picked by button or words, reminded of once, moved and taken back; and the calendar file that says so."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.domain import booking as domain
from omnibot.domain.booking import Booking, Cancelled, Missed, Offered, Picked, Refused, Slot, Stage, Visited
from omnibot.domain.calendar_file import calendar_file

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)  # a Monday
ZONE = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def slot(day: int, hour: int) -> Slot:
    """In June, by the clock of Berlin."""
    starts_at = datetime(2026, 6, day, hour, tzinfo=ZONE)
    return Slot(starts_at=starts_at, ends_at=starts_at + 2 * HOUR)


SLOTS = (slot(2, 9), slot(2, 14), slot(4, 9))  # Tuesday morning and afternoon, Thursday morning


def offered() -> Booking:
    made = domain.after(None, 1, Offered(SLOTS), NOW)
    assert isinstance(made, Booking)
    return made


def booked(n: int = 1) -> Booking:
    made = domain.after(offered(), 1, Picked(offer=1, n=n), NOW)
    assert isinstance(made, Booking)
    return made


@pytest.mark.parametrize(("text", "n"), [
    ("the second one", 1), ("第二个", 1), ("last one please", 2), ("最后一个", 2), ("the fifth", None),
    ("周二下午", 1), ("星期四", 2), ("tuesday afternoon", 1), ("tue", None), ("thu is fine", 2),
    ("下午两点", 1), ("tuesday at 9:00", 0), ("周二上午九点", 0), ("2 pm", 1), ("9:00", None),
    ("friday", None), ("下午", 1), ("whenever you like", None), ("monday or tuesday", None),
])  # fmt: skip
def test_a_slot_is_named_by_words(text: str, n: int | None) -> None:
    assert domain.named(text, SLOTS, ZONE) == n


def test_a_time_is_picked_moved_and_taken_back_under_one_uid() -> None:
    first = booked()
    assert (first.stage, first.slot, first.sequence) == (Stage.BOOKED, SLOTS[1], 0)
    again = domain.after(first, 1, Offered((slot(9, 9),)), NOW)
    assert isinstance(again, Booking)
    assert (again.stage, again.slot) == (Stage.BOOKED, SLOTS[1])  # stays until another one is picked
    assert isinstance(domain.after(again, 1, Picked(offer=1, n=0), NOW), Refused)
    moved = domain.after(again, 1, Picked(offer=2, n=0), NOW)
    assert isinstance(moved, Booking)
    assert (moved.slot, moved.sequence, moved.reminded) == (slot(9, 9), 1, 0)
    off = domain.after(moved, 1, Cancelled(), NOW)
    assert isinstance(off, Booking)
    files = [
        calendar_file(one, number="100127", host="example.com", summary="Visit", place=None, now=NOW).decode()
        for one in (first, moved, off)
    ]
    uids = {line for file in files for line in file.splitlines() if line.startswith("UID")}
    assert uids == {"UID:visit-100127@example.com"}
    assert [f"SEQUENCE:{n}\r\n" in file for n, file in enumerate(files)] == [True] * 3
    assert "METHOD:PUBLISH" in files[0]
    assert "DTSTART:20260602T120000Z" in files[0]
    assert "METHOD:CANCEL" in files[2]
    assert "STATUS:CANCELLED" in files[2]


def test_what_does_not_fit_is_refused_in_words() -> None:
    for before, move in (
        (None, Picked(offer=1, n=0)),
        (None, Offered(())),
        (None, Offered((Slot(starts_at=NOW - HOUR, ends_at=NOW),))),
        (None, Offered((Slot(starts_at=NOW + HOUR, ends_at=NOW + HOUR),))),
        (offered(), Picked(offer=1, n=3)),
        (offered(), Visited()),
        (booked(), Missed()),  # it has not begun
    ):
        assert isinstance(domain.after(before, 1, move, NOW), Refused)
    missed = domain.after(booked(), 1, Missed(), SLOTS[1].starts_at + HOUR)
    assert isinstance(missed, Booking)
    assert missed.stage is Stage.MISSED


@given(st.lists(st.integers(min_value=0, max_value=4 * 24 * 60), max_size=30).map(sorted))
def test_each_reminder_is_told_once_and_none_after_the_visit_has_begun(minutes: list[int]) -> None:
    """However the clock runs: in steps, in leaps, not at all."""
    one, told = booked(2), 0
    assert one.slot is not None
    for minute in minutes:
        now = NOW + timedelta(minutes=minute)
        one, is_told = domain.reminded(one, now)
        told += is_told
        assert not (is_told and now >= one.slot.starts_at)
        due = domain.next_reminder(one)
        assert due is None or due > now
    assert told <= len(domain.REMINDERS)


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_calendar_file_has_lines_that_every_calendar_reads(summary: str, place: str) -> None:
    summary, place = (text.encode("utf-8", "replace").decode() for text in (summary, place))
    raw = calendar_file(booked(), number="1", host="h", summary=summary, place=place, now=NOW)
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    whole = raw.decode().replace("\r\n ", "")
    assert whole.count("\r\n") == 15 + bool(place)
    assert "\n" not in whole.replace("\r\n", "")
