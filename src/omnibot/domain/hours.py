"""Opening hours as people write them, and the calendar they make."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omnibot.domain.calendar import Calendar, Hours, NeverOpen, always_open
from omnibot.domain.regex import regex

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Intervals such as "09:00-17:30" by weekday; a weekday that is left out is closed, none at all is always open.
Week = Mapping[str, tuple[str, ...]]

_DAYS = regex(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+", re.IGNORECASE)


def calendar_of(week: Week, *, zone: str, holidays: Iterable[date] = ()) -> Calendar:
    """Raises ValueError in words a person can act on."""
    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{zone!r} is not a time zone such as Europe/Berlin") from None
    if not week:
        return always_open(found)
    for weekday in week:
        if weekday not in WEEKDAYS:
            raise ValueError(f"{weekday!r} is not one of {', '.join(WEEKDAYS)}")
    try:
        return Calendar(
            zone=found,
            week=tuple(tuple(interval(text) for text in week.get(weekday, ())) for weekday in WEEKDAYS),
            holidays=frozenset(holidays),
        )
    except NeverOpen as error:
        raise ValueError(str(error)) from None


def interval(text: str) -> Hours:
    """ "09:00-17:30"; 24:00 is the end of the day. Raises ValueError in words."""
    opening, _, closing = text.partition("-")
    try:
        return Hours(opening=_wall_time(opening), closing=_wall_time(closing))
    except ValueError:
        raise ValueError(f"{text!r} is not an interval such as 09:00-17:30") from None


def week_of(text: str) -> dict[str, tuple[str, ...]]:
    """ "mon-fri 09:00-12:00 13:00-17:30; sat 10:00-14:00" in one cell. Raises ValueError in words."""
    week: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;；]", text))):
        found = _DAYS.match(part)
        if found is None:
            raise ValueError(f"{part!r} is not like mon-fri 09:00-17:30")
        first, last = found[1].lower(), (found[2] or found[1]).lower()
        for weekday in (first, last):
            if weekday not in WEEKDAYS:
                raise ValueError(f"{weekday!r} is not one of {', '.join(WEEKDAYS)}")
        start, stop = WEEKDAYS.index(first), WEEKDAYS.index(last)
        intervals = tuple(part[found.end() :].split())
        for one in intervals:
            interval(one)
        for n in range((stop - start) % 7 + 1):
            week[WEEKDAYS[(start + n) % 7]] = intervals
    return week


def _wall_time(text: str) -> time:
    return time(0) if text.strip() == "24:00" else time.fromisoformat(text.strip())
