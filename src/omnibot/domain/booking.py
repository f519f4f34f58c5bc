"""A visit that a customer books: times are offered, one is picked, it is reminded of, and it happens or not. Pure.

Who offers and who is told is for `flow`. `sequence` grows with each change of the time, as calendars count (RFC 5545).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

MOST_SLOTS = 8  # more buttons nobody reads
REMINDERS = (timedelta(days=1), timedelta(hours=2))  # before the visit


class Stage(StrEnum):
    """Where it stands."""

    OFFERED = "offered"  # the customer has to pick
    BOOKED = "booked"
    CANCELLED = "cancelled"
    VISITED = "visited"
    MISSED = "missed"  # nobody was there


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that is offered."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """`offer` counts the lists of slots; a button of an older list does nothing. `slot` is what was picked; it stays
    booked while other times are offered."""

    ticket_id: int
    stage: Stage
    offer: int
    slots: tuple[Slot, ...]
    slot: Slot | None = None
    sequence: int = 0
    reminded: int = 0  # how many of REMINDERS are behind us


@dataclass(frozen=True, slots=True)
class Offered:
    """Times to pick from: the first ones, or others."""

    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Picked:
    """The nth slot of an offer, from 0."""

    offer: int
    n: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """By either side."""


@dataclass(frozen=True, slots=True)
class Visited:
    """It took place."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The customer was not there."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing has changed, for whoever tried."""

    why: str


Move = Offered | Picked | Cancelled | Visited | Missed


def after(booking: Booking | None, ticket_id: int, move: Move, now: datetime) -> Booking | Refused:
    """The booking once `move` has happened. None: the case has none yet."""
    if isinstance(move, Offered):
        return _offered(booking, ticket_id, move.slots, now)
    if booking is None:
        return Refused("No times have been offered.")
    match move:
        case Picked(offer=offer, n=n):
            return _picked(booking, offer, n, now)
        case Cancelled():
            if booking.stage not in (Stage.OFFERED, Stage.BOOKED):
                return Refused("There is no visit to cancel.")
            return replace(booking, stage=Stage.CANCELLED, sequence=booking.sequence + 1)
        case Visited() | Missed():
            if booking.stage is not Stage.BOOKED or booking.slot is None:
                return Refused("No visit is booked.")
            if now < booking.slot.starts_at:
                return Refused("The visit has not begun.")
            return replace(booking, stage=Stage.VISITED if isinstance(move, Visited) else Stage.MISSED)
    assert_never(move)


def next_reminder(booking: Booking) -> datetime | None:
    """When the customer is to be reminded next; None: never. The one timer of a booking."""
    if booking.stage is not Stage.BOOKED or booking.slot is None or booking.reminded >= len(REMINDERS):
        return None
    return booking.slot.starts_at - REMINDERS[booking.reminded]


def reminded(booking: Booking, now: datetime) -> tuple[Booking, bool]:
    """The booking with every reminder that is due behind it, and whether one is to be told: of several only the last,
    and none once the visit has begun."""
    count = booking.reminded
    while (due := next_reminder(replace(booking, reminded=count))) is not None and due <= now:
        count += 1
    is_told = count > booking.reminded and booking.slot is not None and now < booking.slot.starts_at
    return replace(booking, reminded=count), is_told


def named(text: str, slots: Iterable[Slot], zone: ZoneInfo) -> int | None:
    """Which slot a normalised text names: "the second one", "周二下午", "tuesday 14:00". None unless exactly one fits."""
    offered = list(slots)
    by_place = _place(text, len(offered))
    if by_place is not None:
        return by_place
    wanted_day, wanted_part, wanted_hour = _weekday(text), _part(text), _hour(text)
    if wanted_day is None and wanted_part is None and wanted_hour is None:
        return None
    fits = []
    for n, slot in enumerate(offered):
        local = slot.starts_at.astimezone(zone)
        is_day = wanted_day in (None, local.weekday())
        is_part = wanted_part is None or wanted_part == (local.hour >= 12)
        is_hour = wanted_hour is None or local.hour in _meant(wanted_hour, wanted_part)
        if is_day and is_part and is_hour:
            fits.append(n)
    return fits[0] if len(fits) == 1 else None


def _offered(booking: Booking | None, ticket_id: int, slots: tuple[Slot, ...], now: datetime) -> Booking | Refused:
    ordered = tuple(sorted(set(slots), key=lambda slot: slot.starts_at))
    if not 1 <= len(ordered) <= MOST_SLOTS:
        return Refused(f"Offer 1 to {MOST_SLOTS} times.")
    if any(slot.ends_at <= slot.starts_at for slot in ordered):
        return Refused("A visit ends after it has begun.")
    if ordered[0].starts_at <= now:
        return Refused("Offer times that lie ahead.")
    if booking is None:
        return Booking(ticket_id=ticket_id, stage=Stage.OFFERED, offer=1, slots=ordered)
    stage = Stage.BOOKED if booking.stage is Stage.BOOKED else Stage.OFFERED
    return replace(booking, stage=stage, offer=booking.offer + 1, slots=ordered)


def _picked(booking: Booking, offer: int, n: int, now: datetime) -> Booking | Refused:
    if offer != booking.offer or booking.stage not in (Stage.OFFERED, Stage.BOOKED):
        return Refused("These times are no longer offered.")
    if not 0 <= n < len(booking.slots):
        return Refused("There is no such time.")
    slot = booking.slots[n]
    if slot.starts_at <= now:
        return Refused("That time is over.")
    if booking.stage is Stage.BOOKED and slot == booking.slot:
        return booking
    # What is too near for a reminder is not reminded of; a booking a minute ago needs none.
    past = sum(1 for before in REMINDERS if slot.starts_at - before <= now)
    sequence = booking.sequence + 1 if booking.slot is not None else booking.sequence
    return replace(booking, stage=Stage.BOOKED, slot=slot, sequence=sequence, reminded=past)


_ORDINALS = {
    word: n
    for n, words in enumerate(
        ("first 1st 第一 第1", "second 2nd 第二 第2", "third 3rd 第三 第3", "fourth 4th 第四 第4", "fifth 5th 第五 第5")
    )
    for word in words.split()
}
_PLACE = re.compile("|".join(sorted(_ORDINALS, key=len, reverse=True)))
_ENGLISH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE_DAYS = "一二三四五六日"
_DAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_AFTERNOON = re.compile(r"afternoon|evening|\bpm\b|下午|晚上|傍晚")
_MORNING = re.compile(r"morning|\bam\b|上午|早上")
_HOUR = re.compile(r"\b(\d{1,2})(?::\d\d| ?(?:am|pm|o'?clock)\b)|(\d{1,2}|[一二两三四五六七八九十]{1,2})点")
_CHINESE_NUMBERS = {"两": 2, "十一": 11, "十二": 12} | {
    mark: n for n, mark in enumerate("一二三四五六七八九十", start=1)
}


def _place(text: str, count: int) -> int | None:
    found = set(_PLACE.findall(text))
    places = {_ORDINALS[word] for word in found}
    if len(places) == 1 and (place := places.pop()) < count:
        return place
    return count - 1 if re.search(r"\blast\b|最后", text) and count else None


def _weekday(text: str) -> int | None:
    if found := _DAY.search(text):
        return _CHINESE_DAYS.index(found[1].replace("天", "日"))
    days = [n for n, day in enumerate(_ENGLISH_DAYS) if re.search(rf"\b{day[:3]}(?:{day[3:]})?\b", text)]
    return days[0] if len(days) == 1 else None


def _part(text: str) -> bool | None:
    """True: after noon."""
    morning, afternoon = _MORNING.search(text), _AFTERNOON.search(text)
    return bool(afternoon) if bool(morning) != bool(afternoon) else None


def _hour(text: str) -> int | None:
    found = _HOUR.search(text)
    if found is None:
        return None
    said = found[1] or found[2]
    return int(said) if said.isdecimal() else _CHINESE_NUMBERS.get(said)


def _meant(hour: int, part: bool | None) -> tuple[int, ...]:
    """The hours of a day that a clock's number may mean."""
    if hour >= 12 or part is False:
        return (hour,)
    return (hour + 12,) if part else (hour, hour + 12)
