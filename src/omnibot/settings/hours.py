"""Business hours and the times promised, as the settings write them, made into what decisions read. Every error is a
ValueError in words."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from omnibot.domain.calendar import Calendar, Hours, NeverOpen
from omnibot.domain.escalation import LADDER, Audience, Ladder, Rung
from omnibot.domain.policy import Targets
from omnibot.domain.promise import PromiseKind
from omnibot.domain.ticket import Priority

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY_YEARS = range(2025, 2041)  # a start after 2040 wants a new release anyway
TIER_KEYS = {"first_reply_minutes": PromiseKind.FIRST_REPLY, "next_reply_minutes": PromiseKind.NEXT_REPLY}

Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 365)]
Days = dict[str, list[str]]


class CalendarSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A calendar beside the team's own: a dealer's, another team's."""

    timezone: str = ""  # the server's
    hours: Days = {}
    holidays: list[date] = []
    holiday_country: str = ""
    special_days: Days = {}


def calendar(written: CalendarSettings, *, name: str, timezone: str) -> Calendar:
    """Without any hours it is always open."""
    hours = written.hours or {weekday: ["00:00-24:00"] for weekday in WEEKDAYS}
    for weekday in hours:
        if weekday not in WEEKDAYS:
            raise ValueError(f"{weekday!r} is not one of {', '.join(WEEKDAYS)}")
    special = {_day(day): tuple(map(_hours, texts)) for day, texts in written.special_days.items()}
    try:
        return Calendar(
            name=name,
            zone=_zone(written.timezone or timezone),
            week=tuple(tuple(map(_hours, hours.get(weekday, []))) for weekday in WEEKDAYS),
            holidays=frozenset(written.holidays) | public_holidays(written.holiday_country),
            special=tuple(sorted(special.items())),
        )
    except NeverOpen as error:
        raise ValueError(str(error)) from None


def public_holidays(country: str) -> frozenset[date]:
    """A country's ("CN") or a part's ("DE-BY") public holidays, as the `holidays` package knows them."""
    if not country:
        return frozenset()
    import holidays  # 40 ms, which only those pay who ask for it

    code, _, part = country.partition("-")
    try:
        found = holidays.country_holidays(code, subdiv=part or None, years=HOLIDAY_YEARS)
    except NotImplementedError:
        raise ValueError(
            f"{country!r} is not a country or a part of one that has holidays, such as CN or DE-BY"
        ) from None
    return frozenset(found)


# What names its own time runs by no calendar.
_WITH_CALENDAR = tuple(kind for kind in PromiseKind if kind not in (PromiseKind.SPOKEN, PromiseKind.WRITE_BACK))


def tiers(written: Mapping[str, Mapping[str, int]]) -> dict[str, dict[PromiseKind, timedelta]]:
    """By tier, what is other than for everybody."""
    for name, targets in written.items():
        for key in targets:
            if key not in TIER_KEYS:
                raise ValueError(f"{name}: {key!r} is not one of {', '.join(TIER_KEYS)}")
    return {
        name: {TIER_KEYS[key]: timedelta(minutes=minutes) for key, minutes in targets.items()}
        for name, targets in written.items()
    }


def dated(written: Mapping[str, Mapping[str, int]]) -> tuple[Targets, ...]:
    """By day (2026-12-01), what is promised from then on; the earliest first."""
    made = []
    for day, targets in written.items():
        try:
            since = date.fromisoformat(day)
        except ValueError:
            raise ValueError(f"{day!r} is not a day like 2026-12-01") from None
        for key in targets:
            if key not in DATED_KEYS and key not in _RESOLUTION_KEYS:
                raise ValueError(f"{day}: {key!r} is not one of {', '.join((*DATED_KEYS, *_RESOLUTION_KEYS))}")
        times = {DATED_KEYS[key][0]: DATED_KEYS[key][1] * n for key, n in targets.items() if key in DATED_KEYS}
        resolution = {
            _RESOLUTION_KEYS[key]: timedelta(minutes=n) for key, n in targets.items() if key in _RESOLUTION_KEYS
        }
        made.append(Targets(since=since, times=times, resolution=resolution))
    return tuple(sorted(made, key=lambda one: one.since))


DATED_KEYS = {
    "first_reply_minutes": (PromiseKind.FIRST_REPLY, timedelta(minutes=1)),
    "next_reply_minutes": (PromiseKind.NEXT_REPLY, timedelta(minutes=1)),
    "dealer_reply_hours": (PromiseKind.DEALER_REPLY, timedelta(hours=1)),
    "dealer_plan_days": (PromiseKind.DEALER_PLAN, timedelta(days=1)),
    "dealer_closing_days": (PromiseKind.DEALER_CLOSING, timedelta(days=1)),
}
_RESOLUTION_KEYS = {f"resolution_{priority.value}_minutes": priority for priority in Priority}


def calendars_of(written: Mapping[str, str], known: Mapping[str, Calendar]) -> dict[PromiseKind, str]:
    """By kind of promise, the name of its calendar."""
    for kind, name in written.items():
        if kind not in _WITH_CALENDAR:
            raise ValueError(f"{kind!r} is not one of {', '.join(_WITH_CALENDAR)}")
        if name not in known:
            raise ValueError(
                f"{kind}: {name!r} is not one of service.calendars: {', '.join(known) or 'there are none'}"
            )
    return {PromiseKind(kind): name for kind, name in written.items()}


def ladder(minutes: Mapping[str, int], acknowledged_minutes: int) -> Ladder:
    """The rungs that the operator names, in their usual order."""
    usual = [rung.audience for rung in LADDER.rungs]
    for audience in minutes:
        if audience not in usual:
            raise ValueError(f"{audience!r} is not one of {', '.join(usual)}")
    rungs = tuple(
        Rung(audience=audience, patience=timedelta(minutes=minutes[audience]))
        for audience in usual
        if audience in minutes
    )
    if not rungs or rungs[0].audience is not Audience.ASSIGNEE:
        raise ValueError("has to begin with assignee: who has the case hears of it first")
    return Ladder(rungs=rungs, hold=timedelta(minutes=acknowledged_minutes))


def quiet(text: str) -> tuple[time, time] | None:
    """`22:00-07:00`, over midnight or not; None where nothing is written. Raises ValueError."""
    if not text:
        return None
    written = _hours(text) if text.partition("-")[0] < text.partition("-")[2] else None
    if written is not None:
        return written.opening, written.closing
    begin, _, end = text.partition("-")
    try:
        return _wall_time(begin), _wall_time(end)
    except ValueError:
        raise ValueError(f"{text!r} is not an interval such as 22:00-07:00") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day such as 2026-12-31") from None


def _hours(text: str) -> Hours:
    opening, _, closing = text.partition("-")
    try:
        return Hours(opening=_wall_time(opening), closing=_wall_time(closing))
    except ValueError:
        raise ValueError(f"{text!r} is not an interval such as 09:00-17:30") from None


def _wall_time(text: str) -> time:
    return time(0) if text.strip() == "24:00" else time.fromisoformat(text.strip())
