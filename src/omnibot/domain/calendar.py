"""Business hours. Intervals are half open, [opening, closing), in the calendar's own time zone; arithmetic is in real time,
so a night with a clock change counts its true length."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A calendar that does not open within two weeks is a mistake, not a policy.
HORIZON_DAYS = 14


class NeverOpen(ValueError):
    """The calendar has no opening within `HORIZON_DAYS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One interval of a weekday. A closing that is not after the opening lies on the next day (22:00 to 06:00); 00:00 to
    00:00 is the whole day."""

    opening: time
    closing: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly hours (Monday first) and days without any."""

    zone: ZoneInfo
    week: tuple[tuple[Hours, ...], ...]
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not any(self.week):
            raise NeverOpen("no business hours on any weekday")
        for day in sorted(self.holidays):
            before, after = self._closed_days(day, -1), self._closed_days(day, 1)
            if before + after > HORIZON_DAYS:
                raise NeverOpen(f"no business hours within {HORIZON_DAYS} days around the holiday {day}")

    def _closed_days(self, day: date, step: int) -> int:
        """How many days forward (or back, -1) until there are hours again; no more than the horizon is looked at."""
        for n in range(1, HORIZON_DAYS + 1):
            other = day + timedelta(days=n * step)
            if self.week[other.weekday()] and other not in self.holidays:
                return n
        return HORIZON_DAYS + 1


ALWAYS = (Hours(opening=time(0), closing=time(0)),)


def always_open(zone: ZoneInfo) -> Calendar:
    """Round the clock, every day."""
    return Calendar(zone=zone, week=(ALWAYS,) * 7)


def is_open(calendar: Calendar, now: datetime) -> bool:
    """Whether `now` lies inside an interval."""
    return any(opening <= now < closing for opening, closing in _intervals(calendar, now))


def next_opening(calendar: Calendar, now: datetime) -> datetime:
    """The first opening after `now`, in UTC; `now` itself while open. Raises NeverOpen."""
    for opening, closing in _intervals(calendar, now):
        if closing > now:
            return max(opening, now)
    raise NeverOpen(f"no opening within {HORIZON_DAYS} days")


def due(start: datetime, allowance: timedelta, calendar: Calendar) -> datetime:
    """The instant at which `allowance` of open time has passed since `start`, in UTC. Raises NeverOpen."""
    left = allowance
    position = start.astimezone(UTC)
    while True:
        found = False
        for opening, closing in _intervals(calendar, position):
            if closing <= position:
                continue
            found = True
            begin = max(opening, position)
            if left <= closing - begin:
                return begin + left
            left -= closing - begin
            position = closing
        if not found:
            raise NeverOpen(f"no opening within {HORIZON_DAYS} days")


def _intervals(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Open intervals in UTC, in order, merged where they touch, from the day before `start` to the horizon."""
    first = start.astimezone(calendar.zone).date() - timedelta(days=1)
    current: tuple[datetime, datetime] | None = None
    for offset in range(HORIZON_DAYS + 2):
        for opening, closing in _of_day(calendar, first + timedelta(days=offset)):
            if current and opening <= current[1]:
                current = (current[0], max(current[1], closing))
                continue
            if current:
                yield current
            current = (opening, closing)
    if current:
        yield current


def _of_day(calendar: Calendar, day: date) -> Iterator[tuple[datetime, datetime]]:
    if day in calendar.holidays:
        return
    for hours in sorted(calendar.week[day.weekday()], key=lambda interval: interval.opening):
        closing_day = day if hours.closing > hours.opening else day + timedelta(days=1)
        yield _instant(day, hours.opening, calendar.zone), _instant(closing_day, hours.closing, calendar.zone)


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """A wall time in UTC. A time that a clock change skips becomes the instant of the change."""
    local = datetime.combine(day, wall, tzinfo=zone)
    after_change = local.replace(fold=1)
    offset, later_offset = local.utcoffset(), after_change.utcoffset()
    assert offset is not None
    assert later_offset is not None
    if offset >= later_offset:  # the usual day, or a time that comes twice: the first
        return local.astimezone(UTC)
    instant = after_change.astimezone(UTC).replace(second=0, microsecond=0)
    while instant.astimezone(zone).utcoffset() != later_offset:
        instant += timedelta(minutes=1)
    return instant
