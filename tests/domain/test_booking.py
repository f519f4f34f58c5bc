"""Visits: picked by button or words, reminded of once, moved and taken back; and the calendar file that says so."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.domain import booking as domain
from omnibot.domain.booking import Booking, Cancelled, Missed, Offered, Picked, Refused, Slot, Stage, Visited
from omnibot.domain.calendar_file import calendar_file
from omnibot.domain.visit import picking, times
from omnibot.faq.normalize import normalise

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
    assert picking.named(text, SLOTS, ZONE, NOW.date()) == n


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


@pytest.mark.parametrize(("text", "pick"), [
    ("Tuesday morning", picking.Named(0)), ("周二上午", picking.Named(0)), ("周四上午九点来吧", picking.Named(2)),
    ("Thursday 9:00 is perfect, thanks!", picking.Named(2)), ("4 June", picking.Named(2)), ("6月4号", picking.Named(2)),
    ("option 3", picking.Named(2)), ("tomorrow at 2pm please", picking.Named(1)), ("最后一个", picking.Named(2)),
    ("Tuesday", picking.Unclear((0, 1))), ("ok", picking.Unclear((0, 1, 2))), ("可以", picking.Unclear((0, 1, 2))),
    ("Could you come on Thursday?", picking.Unclear((2,))), ("周二上午可以吗", picking.Unclear((0,))),
    ("Friday", picking.NoneFits()), ("none of these", picking.NoneFits()), ("都不行", picking.NoneFits()),
    ("换个时间吧", picking.NoneFits()),
    ("Tuesday morning nobody came", None), ("I have been waiting since Tuesday", None), ("how much is it", None),
    ("monday or tuesday", None), ("2", None), ("where is my case", None),
])  # fmt: skip
def test_words_pick_only_where_all_of_them_are_accounted_for(text: str, pick: picking.Pick | None) -> None:
    assert picking.heard(normalise(text), offered(), ZONE, NOW) == pick


@given(st.text(max_size=100))
def test_no_words_break_the_picking_or_the_offering(text: str) -> None:
    picking.heard(normalise(text), offered(), ZONE, NOW)
    times.planned(text, NOW, ZONE)
    for one in times.offered(text, NOW, ZONE) or ():
        assert NOW < one.starts_at < one.ends_at


def _shown(slots: tuple[Slot, ...] | None) -> list[str] | None:
    if slots is None:
        return None
    return [f"{one.starts_at.astimezone(ZONE):%d %H:%M}-{one.ends_at.astimezone(ZONE):%H:%M}" for one in slots]


@pytest.mark.parametrize(("text", "shown"), [
    ("Tue 9-11, 14-16; Wed 9:00", ["02 09:00-11:00", "02 14:00-16:00", "03 09:00-11:00"]),
    ("Tuesday morning", ["02 09:00-12:00"]), ("tomorrow 2-4pm", ["02 14:00-16:00"]), ("Fri at 10", ["05 10:00-12:00"]),
    ("周二上午9点到11点；明天下午2点", ["02 09:00-11:00", "02 14:00-16:00"]), ("下周一下午两点半", ["08 14:30-16:30"]),
    ("6月24日上午", ["24 09:00-12:00"]), ("2026-06-24 09:00-11:00", ["24 09:00-11:00"]), ("24.6. 9-11", ["24 09:00-11:00"]),
    ("24 June 9-11", ["24 09:00-11:00"]), ("周三14：00－16：00", ["03 14:00-16:00"]),
    ("whenever", None), ("Tue", None), ("9-11", None), ("today 8:00", None), ("Tue 11-9", None), ("Tue 9-11 with Nils", None),
])  # fmt: skip
def test_times_are_offered_in_words(text: str, shown: list[str] | None) -> None:
    assert _shown(times.offered(text, NOW, ZONE)) == shown


@pytest.mark.parametrize(("text", "shown"), [
    ("Tuesday 14:00, replace the pump", ["02 14:00-16:00"]), ("周二下午两点换水泵", ["02 14:00-16:00"]),
    ("order 3-4 parts, Wed 9am-11am", ["03 09:00-11:00"]), ("周三上午9点半上门，更换水泵2个", ["03 09:30-11:30"]),
    ("replace 2 pumps tomorrow", None), ("Tuesday or Wednesday 9:00", None), ("we call you", None),
])  # fmt: skip
def test_a_plan_names_a_visit(text: str, shown: list[str] | None) -> None:
    slot = times.planned(text, NOW, ZONE)
    assert _shown((slot,) if slot else None) == shown


def test_who_was_not_there_picks_again_and_it_is_counted() -> None:
    missed = domain.after(booked(0), 1, Missed(), SLOTS[0].starts_at + HOUR)
    assert isinstance(missed, Booking)
    assert (missed.missed, missed.wanted_at) == (1, None)  # two of the times lie ahead
    assert domain.ahead(missed, SLOTS[0].starts_at + HOUR) == (1, 2)
    again = domain.after(missed, 1, Picked(offer=1, n=1), SLOTS[0].starts_at + HOUR)
    assert isinstance(again, Booking)
    assert (again.stage, again.slot, again.missed, again.sequence) == (Stage.BOOKED, SLOTS[1], 1, 1)
    last = domain.after(booked(2), 1, Missed(), SLOTS[2].starts_at + HOUR)
    assert isinstance(last, Booking)
    assert last.wanted_at == SLOTS[2].starts_at + HOUR  # somebody has to offer new ones
