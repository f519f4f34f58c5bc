"""A visit that a customer books: times are offered, one is picked, it is reminded of, and it happens or not. Pure.

Who offers and who is told is for `flow`. `sequence` grows with each change of the time, as calendars count (RFC 5545).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from omnibot.domain.value import dataclass

MOST_SLOTS = 8  # more buttons nobody reads
REMINDERS = (timedelta(days=1), timedelta(hours=2))  # before the visit


class Stage(StrEnum):
    """Where it stands."""

    OFFERED = "offered"  # the customer has to pick
    BOOKED = "booked"
    CANCELLED = "cancelled"
    VISITED = "visited"
    MISSED = "missed"  # nobody was there
    NOT_COME = "not_come"  # the customer waited, and nobody of ours came


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that is offered."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoShow:
    """A visit to which nobody of ours came. None: it was not a dealer's."""

    dealer_id: int | None
    at: datetime  # when the customer said so


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
    missed: int = 0  # how often nobody was there
    wanted_at: datetime | None = None  # since when the customer waits for other times than those offered
    no_shows: tuple[NoShow, ...] = ()


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
    """The customer was not there. A new time is to be found."""


@dataclass(frozen=True, slots=True)
class NotCome:
    """The customer says so, once the time is over. Whoever had the case has to offer other times."""

    dealer_id: int | None


@dataclass(frozen=True, slots=True)
class OthersWanted:
    """None of the times suits the customer. What is booked stays booked until another one is picked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing has changed, for whoever tried."""

    why: str


# While it stands so, a time can be picked.
PICKABLE = (Stage.OFFERED, Stage.BOOKED, Stage.MISSED, Stage.NOT_COME)

Move = Offered | Picked | Cancelled | Visited | Missed | NotCome | OthersWanted


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
            if isinstance(move, Visited):
                return replace(booking, stage=Stage.VISITED)
            return replace(booking, stage=Stage.MISSED, missed=booking.missed + 1, wanted_at=_wanted(booking, now))
        case NotCome(dealer_id=dealer_id):
            if not is_over(booking, now):
                return Refused("No visit is over.")
            again = (*booking.no_shows, NoShow(dealer_id=dealer_id, at=now))
            return replace(booking, stage=Stage.NOT_COME, no_shows=again, wanted_at=now)
        case OthersWanted():
            if booking.stage not in PICKABLE:
                return Refused("There is no visit to move.")
            return replace(booking, wanted_at=booking.wanted_at or now)
    assert_never(move)


def is_over(booking: Booking, now: datetime) -> bool:
    """Whether the time of the booked visit has passed."""
    return booking.stage is Stage.BOOKED and booking.slot is not None and booking.slot.ends_at <= now


def ahead(booking: Booking, now: datetime) -> tuple[int, ...]:
    """The places of the offered times that can still be picked, without the one that is booked."""
    kept = booking.slot if booking.stage is Stage.BOOKED else None
    return tuple(n for n, slot in enumerate(booking.slots) if slot.starts_at > now and slot != kept)


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
    return replace(booking, stage=stage, offer=booking.offer + 1, slots=ordered, wanted_at=None)


def _picked(booking: Booking, offer: int, n: int, now: datetime) -> Booking | Refused:
    if offer != booking.offer or booking.stage not in PICKABLE:
        return Refused("These times are no longer offered.")
    if not 0 <= n < len(booking.slots):
        return Refused("There is no such time.")
    slot = booking.slots[n]
    if slot.starts_at <= now:
        return Refused("That time is over.")
    if booking.stage is Stage.BOOKED and slot == booking.slot:
        return replace(booking, wanted_at=None)
    # What is too near for a reminder is not reminded of; a booking a minute ago needs none.
    past = sum(1 for before in REMINDERS if slot.starts_at - before <= now)
    sequence = booking.sequence + 1 if booking.slot is not None else booking.sequence
    return replace(booking, stage=Stage.BOOKED, slot=slot, sequence=sequence, reminded=past, wanted_at=None)


def _wanted(booking: Booking, now: datetime) -> datetime | None:
    """Somebody has to offer times, where none of the last offer lies ahead."""
    return booking.wanted_at if any(slot.starts_at > now for slot in booking.slots) else booking.wanted_at or now
