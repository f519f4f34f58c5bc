"""Visits of cases, and what is to be sent of them."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.booking import Booking, next_reminder
from omnibot.store.schema import bookings
from omnibot.store.upsert import insert

_decoder = msgspec.json.Decoder(Booking)


def of_ticket(tx: Connection, ticket_id: int) -> Booking | None:
    """Read under the lock of the ticket by whoever changes it."""
    found = tx.execute(select(bookings.c.state).where(bookings.c.ticket_id == ticket_id)).scalar_one_or_none()
    return _decoder.decode(found) if found else None


def save(tx: Connection, booking: Booking, *, file_due: bool | None, now: datetime) -> None:
    """Write it with its timer. `file_due` None: as it was."""
    values = {"state": msgspec.json.encode(booking).decode(), "remind_at": next_reminder(booking), "at": now}
    row = {"ticket_id": booking.ticket_id, **values, "file_due": bool(file_due)}
    changed = values if file_due is None else row
    tx.execute(
        insert(tx.dialect.name, bookings).values(row).on_conflict_do_update(index_elements=["ticket_id"], set_=changed)
    )


def awake(tx: Connection, now: datetime, *, limit: int = 50) -> list[int]:
    """Tickets whose customer is to be reminded, or to get a calendar file."""
    query = select(bookings.c.ticket_id).where((bookings.c.remind_at <= now) | bookings.c.file_due).limit(limit)
    return list(tx.execute(query).scalars())


def is_file_due(tx: Connection, ticket_id: int) -> bool:
    return bool(tx.execute(select(bookings.c.file_due).where(bookings.c.ticket_id == ticket_id)).scalar_one_or_none())
