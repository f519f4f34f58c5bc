"""Business hours, in real time: over nights, holidays and clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnibot.domain.calendar import (
    HORIZON_DAYS,
    Calendar,
    Hours,
    NeverOpen,
    always_open,
    due,
    is_open,
    next_opening,
)

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def hours(*intervals: str) -> tuple[Hours, ...]:
    """`hours("09:00-12:00", "13:00-17:00")`."""
    return tuple(
        Hours(opening=time.fromisoformat(text[:5]), closing=time.fromisoformat(text[6:])) for text in intervals
    )


def weekly(*days: tuple[Hours, ...], zone: ZoneInfo = BERLIN, holidays: frozenset[date] = frozenset()) -> Calendar:
    """Monday first; days left out are closed."""
    return Calendar(zone=zone, week=days + ((),) * (7 - len(days)), holidays=holidays)


def wall(zone: ZoneInfo, day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)


OFFICE = weekly(*[hours("09:00-17:00")] * 5)
LUNCH = weekly(*[hours("09:00-12:00", "13:00-17:00")] * 5)
NIGHT = weekly(*[hours("22:00-06:00")] * 7)
MONDAY, TUESDAY, FRIDAY = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 5)


@pytest.mark.parametrize(
    ("name", "day", "opening", "closing", "real_hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "00:30", "04:30", 3),
        ("Europe/Berlin", date(2026, 10, 25), "00:30", "04:30", 5),
        ("America/New_York", date(2026, 11, 1), "00:30", "04:30", 5),
        ("America/Santiago", date(2026, 4, 4), "22:00", "02:00", 5),
        ("Africa/Cairo", date(2026, 4, 24), "00:00", "04:00", 3),
        ("Australia/Lord_Howe", date(2026, 4, 5), "00:30", "04:30", 4.5),
        ("Asia/Kathmandu", date(2026, 4, 5), "00:30", "04:30", 4),
        ("Asia/Shanghai", date(2026, 4, 5), "00:30", "04:30", 4),
    ],
)
def test_an_interval_over_a_clock_change_has_its_real_length(
    name: str, day: date, opening: str, closing: str, real_hours: float
) -> None:
    zone = ZoneInfo(name)
    calendar = weekly(*[hours(f"{opening}-{closing}")] * 7, zone=zone)
    closing_day = day if closing > opening else day + DAY
    begin, end = wall(zone, day, opening), wall(zone, closing_day, closing)
    assert end - begin == real_hours * HOUR
    assert due(begin, real_hours * HOUR, calendar) == end
    # One minute more belongs to the next opening.
    assert due(begin, real_hours * HOUR + MINUTE, calendar) == next_opening(calendar, end) + MINUTE


@pytest.mark.parametrize(
    ("clock", "open_now"), [("08:59:59.999999", False), ("09:00", True), ("16:59:59.999999", True), ("17:00", False)]
)
def test_an_interval_includes_its_opening_and_not_its_closing(clock: str, open_now: bool) -> None:
    assert is_open(OFFICE, wall(BERLIN, MONDAY, clock)) is open_now


@pytest.mark.parametrize(
    ("calendar", "day", "clock", "allowance", "due_day", "due_clock"),
    [
        pytest.param(OFFICE, MONDAY, "16:59:59", MINUTE, TUESDAY, "09:00:59", id="1 s before closing"),
        pytest.param(OFFICE, MONDAY, "09:00", MINUTE, MONDAY, "09:01", id="at opening"),
        pytest.param(OFFICE, MONDAY, "17:00", MINUTE, TUESDAY, "09:01", id="at closing"),
        pytest.param(OFFICE, MONDAY, "16:50", 10 * MINUTE, MONDAY, "17:00", id="exactly until closing"),
        pytest.param(OFFICE, FRIDAY, "16:55", 10 * MINUTE, date(2026, 6, 8), "09:05", id="over the weekend"),
        pytest.param(LUNCH, MONDAY, "11:55", 10 * MINUTE, MONDAY, "13:05", id="over lunch"),
        pytest.param(LUNCH, MONDAY, "12:30", 10 * MINUTE, MONDAY, "13:10", id="during lunch"),
        pytest.param(NIGHT, MONDAY, "23:50", 20 * MINUTE, TUESDAY, "00:10", id="over midnight"),
        pytest.param(NIGHT, TUESDAY, "05:50", 20 * MINUTE, TUESDAY, "22:10", id="from night to night"),
        pytest.param(NIGHT, TUESDAY, "03:00", 0 * MINUTE, TUESDAY, "03:00", id="nothing to wait for"),
        pytest.param(OFFICE, MONDAY, "03:00", 0 * MINUTE, MONDAY, "09:00", id="nothing to wait for but the opening"),
        pytest.param(OFFICE, date(2027, 12, 31), "16:55", 10 * MINUTE, date(2028, 1, 3), "09:05", id="year end"),
        pytest.param(OFFICE, date(2028, 2, 28), "16:55", 10 * MINUTE, date(2028, 2, 29), "09:05", id="leap day"),
        pytest.param(OFFICE, MONDAY, "09:00", 40 * HOUR, FRIDAY, "17:00", id="a working week"),
        pytest.param(OFFICE, MONDAY, "09:00", 2080 * HOUR, date(2027, 5, 28), "17:00", id="a working year"),
    ],
)
def test_a_promise_is_due_when_its_open_time_has_passed(
    calendar: Calendar, day: date, clock: str, allowance: timedelta, due_day: date, due_clock: str
) -> None:
    assert due(wall(BERLIN, day, clock), allowance, calendar) == wall(BERLIN, due_day, due_clock)


def test_a_holiday_is_closed_all_day() -> None:
    calendar = weekly(*[hours("09:00-17:00")] * 5, holidays=frozenset({TUESDAY}))
    assert not is_open(calendar, wall(BERLIN, TUESDAY, "12:00"))
    assert due(wall(BERLIN, MONDAY, "16:55"), 10 * MINUTE, calendar) == wall(BERLIN, date(2026, 6, 3), "09:05")


def test_a_night_that_began_before_the_holiday_ends_in_it() -> None:
    calendar = weekly(*[hours("22:00-06:00")] * 7, holidays=frozenset({TUESDAY}))
    assert is_open(calendar, wall(BERLIN, TUESDAY, "05:00"))
    assert not is_open(calendar, wall(BERLIN, TUESDAY, "23:00"))


def test_always_open_is_plain_time() -> None:
    calendar = always_open(BERLIN)
    start = wall(BERLIN, date(2026, 3, 28), "12:00")
    assert due(start, 5 * DAY, calendar) == start + 5 * DAY
    assert due(start, 365 * DAY, calendar) == start + 365 * DAY
    assert is_open(calendar, start)
    assert next_opening(calendar, start) == start


def test_the_zone_of_the_asker_does_not_matter() -> None:
    start = datetime(2026, 6, 1, 16, 55, tzinfo=BERLIN)
    for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
        assert due(start.astimezone(ZoneInfo(zone)), 10 * MINUTE, OFFICE) == wall(BERLIN, TUESDAY, "09:05")


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(NeverOpen):
        weekly()


@pytest.mark.parametrize("days", [HORIZON_DAYS - 3, HORIZON_DAYS - 2, HORIZON_DAYS, 30, 400])
@pytest.mark.parametrize("first", [MONDAY, TUESDAY, date(2026, 6, 6)])
def test_holidays_that_leave_two_weeks_without_an_opening_are_refused_not_met_later(days: int, first: date) -> None:
    holidays = frozenset(first + n * DAY for n in range(days))
    try:
        calendar = weekly(*[hours("09:00-17:00")] * 5, holidays=holidays)
    except NeverOpen:
        assert days >= HORIZON_DAYS - 4  # a weekend before or after makes it two weeks
        return
    for n in range(-10, days + 10):
        noon = wall(BERLIN, first + n * DAY, "12:00")
        assert due(noon, 9 * HOUR, calendar) > next_opening(calendar, noon) >= noon


def test_a_time_that_a_clock_change_skips_is_the_instant_of_the_change() -> None:
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # Berlin: 02:00 becomes 03:00
    calendar = weekly(*[hours("02:15-03:05")] * 7)
    assert is_open(calendar, change)
    assert not is_open(calendar, change - timedelta(microseconds=1))
    assert due(change, 5 * MINUTE, calendar) == change + 5 * MINUTE
    assert not is_open(calendar, change + 5 * MINUTE)
    skipped = weekly(*[hours("02:15-02:45")] * 7)
    assert due(change - HOUR, MINUTE, skipped) == wall(BERLIN, date(2026, 3, 30), "02:16")


ZONES = ["UTC", "Europe/Berlin", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"]
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 4), date(2026, 4, 24), date(2026, 4, 5), MONDAY]


def clocks() -> st.SearchStrategy[time]:
    return st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    day = st.lists(st.builds(Hours, opening=clocks(), closing=clocks()), max_size=2).map(tuple)
    week = draw(st.tuples(*[day] * 7).filter(any))
    around = draw(st.sampled_from(CHANGES))
    holidays = draw(st.frozensets(st.integers(-2, 4).map(lambda n: around + n * DAY), max_size=2))
    return Calendar(zone=ZoneInfo(draw(st.sampled_from(ZONES))), week=week, holidays=holidays)


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    day = draw(st.sampled_from(CHANGES)) + draw(st.integers(-2, 2)) * DAY
    return datetime.combine(day, draw(clocks()), tzinfo=UTC)


@cache
def first_at_or_after(zone: ZoneInfo, day: date, clock: time) -> datetime:
    """Minute by minute: the first instant of a day at which its wall clock shows this time or a later one."""
    instant = datetime.combine(day, time(0), tzinfo=UTC) - 15 * HOUR
    sought = datetime.combine(day, clock)
    while instant.astimezone(zone).replace(tzinfo=None) < sought:
        instant += MINUTE
    return instant


def is_open_by_hand(calendar: Calendar, instant: datetime) -> bool:
    today = instant.astimezone(calendar.zone).date()
    for day in (today - DAY, today):
        if day in calendar.holidays:
            continue
        for interval in calendar.week[day.weekday()]:
            closing_day = day if interval.closing > interval.opening else day + DAY
            opening = first_at_or_after(calendar.zone, day, interval.opening)
            if opening <= instant < first_at_or_after(calendar.zone, closing_day, interval.closing):
                return True
    return False


@settings(max_examples=40, deadline=None)
@given(calendars(), instants(), st.integers(0, 300))
def test_due_is_what_counting_minutes_gives(calendar: Calendar, start: datetime, minutes: int) -> None:
    instant, left = start, minutes
    while left or not is_open_by_hand(calendar, instant):
        left -= is_open_by_hand(calendar, instant)
        instant += MINUTE
        if instant > start + 3 * DAY:  # long enough to have met what there is to meet
            return
        if not left:
            break
    expected = instant if minutes else next_opening(calendar, start)
    assert due(start, minutes * MINUTE, calendar) == expected


@settings(max_examples=40, deadline=None)
@given(calendars(), instants())
def test_open_is_what_the_wall_clock_says(calendar: Calendar, start: datetime) -> None:
    for n in range(0, 36 * 60, 29):
        instant = start + n * MINUTE
        assert is_open(calendar, instant) == is_open_by_hand(calendar, instant)


@settings(max_examples=60, deadline=None)
@given(calendars(), instants(), st.integers(0, 5000), st.integers(0, 5000))
@example(always_open(BERLIN), datetime(2026, 3, 29, tzinfo=UTC), 60, 120)
def test_open_time_adds_up(calendar: Calendar, start: datetime, first: int, second: int) -> None:
    middle = due(start, first * MINUTE, calendar)
    assert due(middle, second * MINUTE, calendar) == due(start, (first + second) * MINUTE, calendar) or second == 0
    assert middle >= start


@settings(max_examples=60, deadline=None)
@given(calendars(), instants(), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 3000))
def test_more_time_or_a_later_start_is_never_due_earlier(
    calendar: Calendar, start: datetime, first: int, more: int, later: int
) -> None:
    early = due(start, first * MINUTE, calendar)
    assert early <= due(start, (first + more) * MINUTE, calendar)
    assert early <= due(start + later * MINUTE, first * MINUTE, calendar)


@settings(max_examples=60, deadline=None)
@given(calendars(), instants())
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar: Calendar, start: datetime) -> None:
    opening = next_opening(calendar, start)
    assert is_open(calendar, opening)
    assert is_open(calendar, start) is (opening == start)
    assert opening == start or not is_open(calendar, opening - timedelta(microseconds=1))
