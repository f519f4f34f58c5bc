"""Business hours. Intervals are half open, [opening, closing), in the calendar's own time zone; arithmetic is in real time,
so a night with a clock change counts its true length. `explain` says why, line by line."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from omnibot.domain.value import dataclass

# A calendar that does not open within two weeks is a mistake, not a policy.
HORIZON_DAYS = 14

DAY = timedelta(days=1)
Span = tuple[datetime, datetime]


class NeverOpen(ValueError):
    """The calendar has no opening within `HORIZON_DAYS`."""


class StillPaused(ValueError):
    """A pause has no end yet: nobody knows when the time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One interval of a weekday. A closing that is not after the opening lies on the next day (22:00 to 06:00); 00:00 to
    00:00 is the whole day."""

    opening: time
    closing: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The clock stands still from `begin` on."""

    begin: datetime
    end: datetime | None = None  # none: until further notice
    why: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly hours (Monday first), days without any, and days with hours of their own, which win over both."""

    zone: ZoneInfo
    week: tuple[tuple[Hours, ...], ...]
    holidays: frozenset[date] = frozenset()
    special: tuple[tuple[date, tuple[Hours, ...]], ...] = ()
    name: str = "default"
    _own_days: dict[date, tuple[Hours, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_own_days", dict.fromkeys(self.holidays, ()) | dict(self.special))
        if not any(self.week):
            raise NeverOpen("no business hours on any weekday")
        for day in sorted(self._own_days):
            before, after = self._closed_days(day, -1), self._closed_days(day, 1)
            if before + after > HORIZON_DAYS and not self.hours_of(day):
                raise NeverOpen(f"no business hours within {HORIZON_DAYS} days around the holiday {day}")

    def hours_of(self, day: date) -> tuple[Hours, ...]:
        """The intervals that open on a day."""
        return self._own_days.get(day, self.week[day.weekday()])

    def is_holiday(self, day: date) -> bool:
        """Whether a day that usually has hours has none."""
        return not self.hours_of(day) and bool(self.week[day.weekday()])

    def in_zone(self, zone: ZoneInfo) -> Self:
        """The same hours for people elsewhere: a dealer's, a customer's."""
        return replace(self, zone=zone)

    def _closed_days(self, day: date, step: int) -> int:
        """How many days forward (or back, -1) until there are hours again; no more than the horizon is looked at."""
        for n in range(1, HORIZON_DAYS + 1):
            if self.hours_of(day + n * step * DAY):
                return n
        return HORIZON_DAYS + 1


ALWAYS = (Hours(opening=time(0), closing=time(0)),)


def always_open(zone: ZoneInfo, *, name: str = "always") -> Calendar:
    """Round the clock, every day."""
    return Calendar(zone=zone, week=(ALWAYS,) * 7, name=name)


def is_open(calendar: Calendar, now: datetime) -> bool:
    """Whether `now` lies inside an interval."""
    opening, _ = next(_open_from(calendar, now))
    return opening <= now


def next_opening(calendar: Calendar, now: datetime) -> datetime:
    """The first opening after `now`, in UTC; `now` itself while open. Raises NeverOpen."""
    opening, _ = next(_open_from(calendar, now))
    return opening


def due(start: datetime, allowance: timedelta, calendar: Calendar, pauses: Sequence[Pause] = ()) -> datetime:
    """The instant at which `allowance` of open time without pauses has passed since `start`, in UTC.

    Raises NeverOpen, and StillPaused where a pause without an end comes first."""
    left = allowance
    for begin, end in _counted(calendar, start, pauses):
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise StillPaused("a pause has no end yet")


def open_time(start: datetime, end: datetime, calendar: Calendar, pauses: Sequence[Pause] = ()) -> timedelta:
    """How much of the time from `start` to `end` counts."""
    return sum((piece[1] - piece[0] for piece in _until(end, _counted(calendar, start, pauses))), timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Open time that counts."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """A pause; without an end it still goes on."""

    begin: datetime
    end: datetime | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A day on which nothing counts though its weekday has hours."""

    day: date
    begin: datetime  # its first instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """Clocks were put forward (positive) or back while time counted."""

    begin: datetime
    forward: timedelta


Line = Counted | Paused | Holiday | ClockChange


def explain(
    start: datetime, allowance: timedelta, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> tuple[Line, ...]:
    """Why `due` says what it says, in the order of time: the Counted lines together are `allowance`, and the last of them
    ends when it is due. With a pause that still goes on they are what was counted before it."""
    pieces: list[Counted] = []
    start, left = start.astimezone(UTC), allowance
    for begin, end in _counted(calendar, start, pauses):
        pieces.append(Counted(begin=begin, end=min(end, begin + left)))
        left -= pieces[-1].end - begin
        if not left:
            break
    until = pieces[-1].end if pieces and not left else None
    stood = [pause for pause in _sorted(pauses) if until is None or pause.begin < until]
    last = until or max((pause.begin for pause in stood), default=start)
    lines: list[Line] = [*_joined(pieces), *_holidays(calendar, start, last)]
    lines += [
        ClockChange(begin=at, forward=by) for at, by in _changes(calendar.zone, start, last) if _inside(at, pieces)
    ]
    lines += [
        Paused(begin=max(pause.begin, start), end=pause.end, why=pause.why)
        for pause in stood
        if pause.end is None or pause.end > start
    ]
    return tuple(sorted(lines, key=lambda line: line.begin))


def _counted(calendar: Calendar, start: datetime, pauses: Sequence[Pause]) -> Iterator[Span]:
    """Open time without the pauses, in pieces; ends only at a pause that has no end."""
    standing = _sorted(pauses) if pauses else ()
    for opening, closing in _open_from(calendar, start):
        begin = opening
        for pause in standing:
            if pause.begin >= closing:
                break
            if pause.end is not None and pause.end <= begin:
                continue
            if pause.begin > begin:
                yield begin, pause.begin
            if pause.end is None:
                return
            begin = pause.end
        if begin < closing:
            yield begin, closing


def _sorted(pauses: Sequence[Pause]) -> list[Pause]:
    """By their beginnings, in UTC: two instants of one zone would be subtracted as its wall shows them."""
    in_utc = [
        Pause(begin=pause.begin.astimezone(UTC), end=pause.end and pause.end.astimezone(UTC), why=pause.why)
        for pause in pauses
    ]
    return sorted(in_utc, key=lambda pause: pause.begin)


def _open_from(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """Open intervals in UTC from `start` on, in order and without overlaps. Raises NeverOpen."""
    day = start.astimezone(calendar.zone).date() - DAY
    reached = start.astimezone(UTC)
    closed_days = 0
    while closed_days <= HORIZON_DAYS + 1:
        closed_days += 1
        for opening, closing in _of_day(calendar, day):
            if closing > max(opening, reached):
                yield max(opening, reached), closing
                reached, closed_days = closing, 0
        day += DAY
    raise NeverOpen(f"no opening within {HORIZON_DAYS} days")


def _of_day(calendar: Calendar, day: date) -> Iterator[Span]:
    for hours in sorted(calendar.hours_of(day), key=lambda interval: interval.opening):
        closing_day = day if hours.closing > hours.opening else day + DAY
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
    return _change_between(zone, after_change.astimezone(UTC), local.astimezone(UTC))


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first minute at which the offset is that of `after`; clocks change at full minutes."""
    wanted = after.astimezone(zone).utcoffset()
    low = before.replace(second=0, microsecond=0)
    minutes = 1 + (after - low) // timedelta(minutes=1)
    reached = 0  # minutes after `low` at which the change has not come yet
    while minutes - reached > 1:
        middle = (minutes + reached) // 2
        if (low + timedelta(minutes=middle)).astimezone(zone).utcoffset() == wanted:
            minutes = middle
        else:
            reached = middle
    return low + timedelta(minutes=minutes)


def _until(end: datetime, pieces: Iterator[Span]) -> Iterator[Span]:
    for begin, closing in pieces:
        if begin >= end:
            return
        yield begin, min(closing, end)


def _joined(pieces: list[Counted]) -> Iterator[Counted]:
    """Pieces that touch are one line."""
    current: Counted | None = None
    for piece in pieces:
        if current is not None and piece.begin == current.end:
            current = replace(current, end=piece.end)
            continue
        if current is not None:
            yield current
        current = piece
    if current is not None:
        yield current


def _days(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[date]:
    """The local days that `[start, end)` touches."""
    day = start.astimezone(zone).date()
    while _instant(day, time(0), zone) < end:
        yield day
        day += DAY


def _holidays(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Holiday]:
    for day in _days(calendar.zone, start, end):
        if calendar.is_holiday(day):
            yield Holiday(day=day, begin=_instant(day, time(0), calendar.zone))


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """When clocks changed between two instants, and by how much."""
    position = start
    while position < end:
        following = min(position + DAY, end)
        offset, later = position.astimezone(zone).utcoffset(), following.astimezone(zone).utcoffset()
        assert offset is not None
        assert later is not None
        if offset != later:
            yield _change_between(zone, position, following), later - offset
        position = following


def _inside(at: datetime, pieces: list[Counted]) -> bool:
    return any(piece.begin < at < piece.end for piece in pieces)
