"""Visits of cases, and what is to be sent of them."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.booking import Booking, Stage, next_reminder
from omnibot.domain.value import dataclass
from omnibot.store.schema import assignments, bookings, dealers, tickets
from omnibot.store.tickets import number_of
from omnibot.store.upsert import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A visit with the case that it is of, and the dealer who has it."""

    booking: Booking
    number: str
    subject: str
    dealer_id: int | None
    dealer: str | None


_decoder = msgspec.json.Decoder(Booking)


def of_ticket(tx: Connection, ticket_id: int) -> Booking | None:
    """Read under the lock of the ticket by whoever changes it."""
    found = tx.execute(select(bookings.c.state).where(bookings.c.ticket_id == ticket_id)).scalar_one_or_none()
    return _decoder.decode(found) if found else None


def save(tx: Connection, booking: Booking, *, file_due: bool | None, now: datetime) -> None:
    """Write it with its timer. `file_due` None: as it was."""
    values = {
        "state": msgspec.json.encode(booking).decode(),
        "remind_at": next_reminder(booking),
        "stage": booking.stage.value,
        "starts_at": booking.slot.starts_at if booking.slot else None,
        "wanted_at": booking.wanted_at,
        "at": now,
    }
    row = {"ticket_id": booking.ticket_id, **values, "file_due": bool(file_due)}
    changed = values if file_due is None else row
    tx.execute(
        insert(tx.dialect.name, bookings).values(row).on_conflict_do_update(index_elements=["ticket_id"], set_=changed)
    )


def awake(tx: Connection, now: datetime, *, limit: int = 50) -> list[int]:
    """Tickets whose customer is to be reminded, or to get a calendar file."""
    query = select(bookings.c.ticket_id).where((bookings.c.remind_at <= now) | bookings.c.file_due).limit(limit)
    return list(tx.execute(query).scalars())


def listing(
    tx: Connection,
    *,
    stages: Iterable[Stage] = (),
    is_wanted: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    newest_first: bool = False,
    limit: int = 100,
) -> list[Line]:
    """Visits, the earliest first; those without a time last. `since` and `until` bound when they begin: [since, until)."""
    query = (
        select(bookings.c.state, tickets.c.id, tickets.c.subject, assignments.c.dealer_id, dealers.c.name)
        .join(tickets, tickets.c.id == bookings.c.ticket_id)
        .outerjoin(assignments, assignments.c.ticket_id == tickets.c.id)
        .outerjoin(dealers, dealers.c.id == assignments.c.dealer_id)
        .limit(limit)
    )
    if wanted := [stage.value for stage in stages]:
        query = query.where(bookings.c.stage.in_(wanted))
    if is_wanted is not None:
        query = query.where(bookings.c.wanted_at.is_not(None) if is_wanted else bookings.c.wanted_at.is_(None))
    if since is not None:
        query = query.where(bookings.c.starts_at >= since)
    if until is not None:
        query = query.where(bookings.c.starts_at < until)
    begins = bookings.c.starts_at.desc() if newest_first else bookings.c.starts_at
    query = query.order_by(bookings.c.starts_at.is_(None), begins, bookings.c.ticket_id)
    return [
        Line(booking=_decoder.decode(state), number=number_of(id), subject=subject, dealer_id=dealer_id, dealer=dealer)
        for state, id, subject, dealer_id, dealer in tx.execute(query)
    ]


def is_file_due(tx: Connection, ticket_id: int) -> bool:
    return bool(tx.execute(select(bookings.c.file_due).where(bookings.c.ticket_id == ticket_id)).scalar_one_or_none())
