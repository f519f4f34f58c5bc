"""When a promise is due, against a count of minutes by hand: 10,000 random cases, and the cases of every service desk's
bug list. And why: the lines of an explanation add up."""

import random
from bisect import bisect_left
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.domain.calendar import (
    Calendar,
    ClockChange,
    Counted,
    Holiday,
    Hours,
    NeverOpen,
    Pause,
    Paused,
    StillPaused,
    always_open,
    due,
    explain,
    is_open,
    open_time,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 6, 1, tzinfo=BERLIN)
OFFICE_HOURS = (Hours(opening=time(9), closing=time(17)),)
OFFICE = Calendar(zone=BERLIN, week=(OFFICE_HOURS,) * 5 + ((), ()))


def at(clock: str, day: int = 0) -> datetime:
    """`at("09:00", 1)`: nine o'clock on Tuesday."""
    return datetime.combine(MONDAY.date() + day * DAY, time.fromisoformat(clock), tzinfo=BERLIN)


# Ten thousand cases: around each change of the clocks, 200 calendars, 50 starts, allowances and pauses for each.

CHANGES = {
    "UTC": date(2026, 6, 1),
    "Europe/Berlin": date(2026, 3, 29),
    "America/New_York": date(2026, 11, 1),
    "America/Santiago": date(2026, 4, 4),
    "Africa/Cairo": date(2026, 4, 24),
    "Australia/Lord_Howe": date(2026, 4, 5),
    "Asia/Kathmandu": date(2026, 12, 31),
    "Asia/Shanghai": date(2028, 2, 29),
}
WINDOW_DAYS = 20


@cache
def walls(zone: str) -> tuple[datetime, list[datetime]]:
    """The first minute of a window around the zone's change, and what the wall shows at each minute of it."""
    first = datetime.combine(CHANGES[zone] - 3 * DAY, time(0), tzinfo=UTC)
    return first, [
        (first + n * MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for n in range(WINDOW_DAYS * 1440)
    ]


@cache
def first_minute(zone: str, wall: datetime) -> int:
    """The first minute at which the wall shows this time or a later one."""
    first, shown = walls(zone)
    around = (wall.replace(tzinfo=UTC) - first) // MINUTE - 15 * 60  # no zone is further from UTC
    n = min(max(0, around), len(shown))
    while n < len(shown) and shown[n] < wall:
        n += 1
    return n


def open_minutes(calendar: Calendar, zone: str) -> list[int]:
    """Every open minute of the window, found by looking at the wall."""
    _, shown = walls(zone)
    found: set[int] = set()
    for day in (shown[0].date() + n * DAY for n in range(-1, WINDOW_DAYS + 1)):
        own = dict(calendar.special)
        hours = own.get(day, () if day in calendar.holidays else calendar.week[day.weekday()])
        for interval in hours:
            closing_day = day if interval.closing > interval.opening else day + DAY
            opening = first_minute(zone, datetime.combine(day, interval.opening))
            found.update(range(opening, first_minute(zone, datetime.combine(closing_day, interval.closing))))
    return sorted(found)


def random_hours(dice: random.Random) -> tuple[Hours, ...]:
    clocks = [time(dice.randrange(24), dice.choice([0, 0, 15, 30, 59])) for _ in range(4)]
    count = dice.choice([0, 1, 1, 1, 2, 2])
    return tuple(Hours(opening=clocks[2 * n], closing=clocks[2 * n + 1]) for n in range(count))


def random_calendar(dice: random.Random, zone: str) -> Calendar:
    around = CHANGES[zone]
    days = [around + dice.randint(-2, 5) * DAY for _ in range(3)]
    while True:
        week = tuple(random_hours(dice) for _ in range(7))
        try:
            return Calendar(
                zone=ZoneInfo(zone), week=week, holidays=frozenset(days[:2]), special=((days[2], random_hours(dice)),)
            )
        except NeverOpen:
            continue


def test_ten_thousand_random_cases_are_what_counting_minutes_gives() -> None:
    dice = random.Random(20260601)
    checked = 0
    while checked < 10_000:
        zone = dice.choice(list(CHANGES))
        calendar = random_calendar(dice, zone)
        first, _ = walls(zone)
        minutes = open_minutes(calendar, zone)
        for _ in range(50):
            begin, allowance = dice.randrange(3 * 1440, 7 * 1440), dice.randrange(1, 1500)
            stops = [
                (p, p + dice.randrange(1, 2000)) for p in dice.sample(range(2 * 1440, 9 * 1440), dice.randrange(3))
            ]
            pauses = [Pause(begin=first + p * MINUTE, end=first + q * MINUTE) for p, q in stops]
            counting = minutes[bisect_left(minutes, begin) :]
            for p, q in stops:
                counting = counting[: bisect_left(counting, p)] + counting[bisect_left(counting, q) :]
            if len(counting) < allowance:
                continue  # due after the window
            start, expected = first + begin * MINUTE, first + (counting[allowance - 1] + 1) * MINUTE
            assert due(start, allowance * MINUTE, calendar, pauses) == expected, (calendar, start, allowance, pauses)
            assert open_time(start, expected, calendar, pauses) == allowance * MINUTE
            checked += 1


# The further cases of RELIABILITY. Those of the calendar alone stand in test_calendar.py.


def test_two_pauses_are_left_out() -> None:
    pauses = [Pause(begin=at("10:00"), end=at("11:00")), Pause(begin=at("12:00"), end=at("12:30"))]
    assert due(at("09:00"), 4 * HOUR, OFFICE, pauses) == at("14:30")


def test_ninety_minutes_of_work_with_a_pending_state() -> None:
    """Zammad's case: opened at 16:30, pending overnight until 10:00, so that 60 of 90 minutes are left then."""
    pause = Pause(begin=at("17:00"), end=at("10:00", 1))
    assert due(at("16:30"), 90 * MINUTE, OFFICE, [pause]) == at("11:00", 1)


def test_a_pause_that_lies_outside_business_hours_costs_nothing() -> None:
    pause = Pause(begin=at("17:00"), end=at("09:00", 1))
    assert due(at("16:30"), HOUR, OFFICE, [pause]) == due(at("16:30"), HOUR, OFFICE)


def test_pauses_that_overlap_count_once() -> None:
    pauses = [Pause(begin=at("10:00"), end=at("12:00")), Pause(begin=at("11:00"), end=at("11:30"))]
    assert due(at("09:00"), 2 * HOUR, OFFICE, pauses) == at("13:00")


def test_nobody_knows_when_a_pause_without_an_end_is_over() -> None:
    pause = Pause(begin=at("10:00"))
    assert due(at("09:00"), HOUR, OFFICE, [pause]) == at("10:00")
    with pytest.raises(StillPaused):
        due(at("09:00"), HOUR + timedelta(microseconds=1), OFFICE, [pause])
    assert open_time(at("09:00"), at("16:00", 9), OFFICE, [pause]) == HOUR


def test_a_day_with_hours_of_its_own() -> None:
    """New Year's Eve until noon; a Saturday that is worked, as after China's holidays."""
    half, saturday = (MONDAY + DAY).date(), (MONDAY + 5 * DAY).date()
    morning = (Hours(opening=time(9), closing=time(12)),)
    calendar = replace(OFFICE, holidays=frozenset({half}), special=((half, morning), (saturday, OFFICE_HOURS)))
    assert due(at("16:00"), 5 * HOUR, calendar) == at("10:00", 2)
    assert due(at("16:30", 4), HOUR, calendar) == at("09:30", 5)


def test_a_dealers_hours_stand_in_the_dealers_zone() -> None:
    start = datetime(2026, 6, 1, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai
    assert due(start, HOUR, OFFICE.in_zone(SHANGHAI)) == datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
    assert due(start, HOUR, OFFICE) == datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def test_new_rules_for_a_zone_move_what_is_reckoned_anew_and_nothing_else() -> None:
    """A tzdata update between creation and target, as two zones that differ: what is stored is an instant."""
    before, after = OFFICE, OFFICE.in_zone(ZoneInfo("Europe/London"))
    stored = due(at("16:30"), HOUR, before)
    assert stored == at("09:30", 1)
    assert due(at("16:30"), HOUR, after) - stored == -16 * HOUR + 30 * MINUTE or due(at("16:30"), HOUR, after) != stored


@pytest.mark.parametrize("zone", CHANGES)
def test_the_zone_of_the_server_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    assert due(at("16:30").astimezone(ZoneInfo(zone)), HOUR, OFFICE) == at("09:30", 1)


def test_closed_for_longer_than_two_weeks_is_refused() -> None:
    days = frozenset((MONDAY + n * DAY).date() for n in range(15))
    with pytest.raises(NeverOpen):
        replace(OFFICE, holidays=days)
    worked = ((MONDAY + 7 * DAY).date(), OFFICE_HOURS)
    assert is_open(replace(OFFICE, holidays=days, special=(worked,)), at("10:00", 7))


# Hypothesis: what must hold whatever the numbers are.

starts = st.integers(0, 40 * 1440).map(lambda n: datetime(2026, 3, 10, tzinfo=UTC) + n * MINUTE)
lengths = st.integers(0, 6000).map(lambda n: n * MINUTE)
calendars = st.integers(0, 2**32).map(lambda n: random_calendar(random.Random(n), "Europe/Berlin"))
all_pauses = st.lists(
    st.tuples(starts, lengths).map(lambda pair: Pause(begin=pair[0], end=pair[0] + pair[1])), max_size=4
)


@settings(max_examples=150, deadline=None)
@given(calendars, starts, lengths, lengths, all_pauses)
def test_open_time_of_two_spans_is_that_of_both(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta, pauses: list[Pause]
) -> None:
    middle, end = start + first, start + first + second
    whole = open_time(start, end, calendar, pauses)
    assert open_time(start, middle, calendar, pauses) + open_time(middle, end, calendar, pauses) == whole


@settings(max_examples=150, deadline=None)
@given(calendars, starts, lengths, lengths, all_pauses)
def test_due_is_monotone_and_the_inverse_of_open_time(
    calendar: Calendar, start: datetime, allowance: timedelta, more: timedelta, pauses: list[Pause]
) -> None:
    end = due(start, allowance, calendar, pauses)
    assert open_time(start, end, calendar, pauses) == allowance
    assert end <= due(start, allowance + more, calendar, pauses)
    assert end >= due(start, allowance, calendar)


@settings(max_examples=200, deadline=None)
@given(calendars, starts, lengths, all_pauses)
def test_the_lines_of_an_explanation_add_up_and_end_when_it_is_due(
    calendar: Calendar, start: datetime, allowance: timedelta, pauses: list[Pause]
) -> None:
    lines = explain(start, allowance, calendar, pauses)
    counted = [line for line in lines if isinstance(line, Counted)]
    assert sum((line.end - line.begin for line in counted), timedelta(0)) == allowance
    assert counted[-1].end == due(start, allowance, calendar, pauses)
    assert [line.begin for line in lines] == sorted(line.begin for line in lines)
    for before, after in pairwise(counted):
        assert before.end < after.begin
    for line in counted:
        assert not any(p.begin < line.end and line.begin < p.end for p in pauses if p.end and p.begin < p.end)


def test_an_explanation_names_holidays_pauses_and_clock_changes() -> None:
    friday = datetime(2026, 10, 23, 16, tzinfo=BERLIN)
    calendar = replace(always_open(BERLIN), week=(OFFICE_HOURS,) * 5 + (always_open(BERLIN).week[0],) * 2)
    calendar = replace(calendar, holidays=frozenset({date(2026, 10, 26)}))
    pause = Pause(begin=friday + timedelta(days=1), end=friday + timedelta(days=1, hours=2), why="parts")
    lines = explain(friday, 50 * HOUR, calendar, [pause])
    midnight = datetime(2026, 10, 24, tzinfo=BERLIN)
    assert lines == (
        Counted(begin=friday, end=friday + HOUR),
        Counted(begin=midnight, end=pause.begin),
        Paused(begin=pause.begin, end=pause.end, why="parts"),
        Counted(begin=pause.end or friday, end=datetime(2026, 10, 26, tzinfo=BERLIN)),
        ClockChange(begin=datetime(2026, 10, 25, 1, tzinfo=UTC), forward=-HOUR),
        Holiday(day=date(2026, 10, 26), begin=datetime(2026, 10, 26, tzinfo=BERLIN)),
        Counted(begin=datetime(2026, 10, 27, 9, tzinfo=BERLIN), end=datetime(2026, 10, 27, 11, tzinfo=BERLIN)),
    )


def test_while_it_pauses_the_explanation_ends_with_the_pause() -> None:
    lines = explain(at("09:00"), 4 * HOUR, OFFICE, [Pause(begin=at("10:00"), why="customer")])
    assert lines == (
        Counted(begin=at("09:00"), end=at("10:00")),
        Paused(begin=at("10:00"), end=None, why="customer"),
    )
