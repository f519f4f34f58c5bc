"""Tickets and their time lines."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain import ticket as domain
from omnibot.domain.ticket import By, Change, HistoryEntry, Priority, Ticket, TicketStatus
from omnibot.domain.ticket_number import format_number, parse_number
from omnibot.domain.value import dataclass
from omnibot.store.schema import assignments, contacts, dealers, promises, ticket_changes, tickets, users

# Numbers start with five digits, so that they sound like a case number and are never mistaken for a year.
FIRST_NUMBER = 10_000

_KINDS: dict[str, type[Change]] = {
    "opened": domain.Opened,
    "commented": domain.Commented,
    "started": domain.Started,
    "put_on_hold": domain.PutOnHold,
    "answered": domain.Answered,
    "assigned": domain.Assigned,
    "prioritised": domain.Prioritised,
    "resolved": domain.Resolved,
    "reopened": domain.Reopened,
    "closed": domain.Closed,
    "merged": domain.Merged,
    "reported": domain.Reported,
    "passed_on": domain.PassedOn,
    "dealer_moved": domain.DealerMoved,
}
# A paused promise has no timer and is not due; a broken one is still owed.
_is_running = (
    (promises.c.ticket_id == tickets.c.id)
    & promises.c.ended_at.is_(None)
    & (promises.c.wake_at.is_not(None) | promises.c.broken_at.is_not(None))
)
_NAMES = {kind: name for name, kind in _KINDS.items()}


class _Stored(msgspec.Struct):
    kind: str
    change: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A ticket as a list shows it."""

    ticket: Ticket
    contact_name: str | None
    agent_name: str | None
    dealer_name: str | None
    due_at: datetime | None


def number_of(id: int) -> str:
    """The number that people quote for the ticket with this id; digits only."""
    return format_number(FIRST_NUMBER + id).replace("-", "")


def kind_of(change: Change) -> str:
    """The name under which a change is stored and shown in the API."""
    return _NAMES[type(change)]


def add(
    tx: Connection,
    *,
    contact_id: int,
    conversation_id: int | None,
    subject: str,
    category: str | None,
    priority: Priority,
    follows_id: int | None,
    now: datetime,
) -> Ticket:
    """A new ticket without any history yet."""
    id = tx.execute(
        tickets.insert().returning(tickets.c.id),
        {
            "contact_id": contact_id,
            "conversation_id": conversation_id,
            "subject": subject,
            "category": category,
            "priority": priority.value,
            "status": TicketStatus.NEW.value,
            "follows_id": follows_id,
            "opened_at": now,
            "changes": 0,
        },
    ).scalar_one()
    ticket = get(tx, id)
    assert ticket is not None
    return ticket


def get(tx: Connection, id: int) -> Ticket | None:
    return _one(tx, select(tickets).where(tickets.c.id == id))


def lock(tx: Connection, number: str) -> Ticket | None:
    """The ticket as it is now; nobody else changes it before this transaction ends."""
    id = id_of(number)
    return (
        _one(tx, select(tickets).where(tickets.c.id == id).with_for_update(key_share=True)) if id is not None else None
    )


def by_number(tx: Connection, number: str) -> Ticket | None:
    id = id_of(number)
    return get(tx, id) if id is not None else None


def id_of(number: str) -> int | None:
    """Our id behind a number as people write it; None where the check digit is wrong."""
    digits = parse_number(number)
    return int(digits[:-1]) - FIRST_NUMBER if digits and int(digits[:-1]) > FIRST_NUMBER else None


def move(tx: Connection, conversation_id: int, *, to: int) -> None:
    """The tickets of one conversation go on in another: their progress is told there."""
    tx.execute(sa.update(tickets).where(tickets.c.conversation_id == conversation_id).values(conversation_id=to))


def of_contact(tx: Connection, contact_id: int, *, limit: int = 20) -> tuple[Ticket, ...]:
    """Newest first."""
    query = select(tickets).where(tickets.c.contact_id == contact_id).order_by(tickets.c.id.desc()).limit(limit)
    return tuple(_of_row(row) for row in tx.execute(query).mappings())


def of_conversation(tx: Connection, conversation_id: int) -> list[Ticket]:
    """Newest first."""
    query = select(tickets).where(tickets.c.conversation_id == conversation_id).order_by(tickets.c.id.desc())
    return [_of_row(row) for row in tx.execute(query).mappings()]


def listing(
    tx: Connection,
    *,
    statuses: Iterable[TicketStatus] = (),
    search: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[Ticket]:
    """Newest first, `before` an id."""
    query = select(tickets).order_by(tickets.c.id.desc()).limit(limit)
    if wanted := [status.value for status in statuses]:
        query = query.where(tickets.c.status.in_(wanted))
    if before is not None:
        query = query.where(tickets.c.id < before)
    if search:
        id = id_of(search)
        matches = tickets.c.subject.icontains(search, autoescape=True)
        query = query.where(matches | (tickets.c.id == id) if id is not None else matches)
    return [_of_row(row) for row in tx.execute(query).mappings()]


def lines(
    tx: Connection,
    *,
    statuses: Iterable[TicketStatus] = (),
    search: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[Line]:
    """`listing` with the people's names, and with what the ticket is due by."""
    found = listing(tx, statuses=statuses, search=search, limit=limit, before=before)
    ids = [ticket.id for ticket in found]
    query = (
        select(
            tickets.c.id,
            func.coalesce(contacts.c.name, contacts.c.email).label("contact_name"),
            users.c.name.label("agent_name"),
            dealers.c.name.label("dealer_name"),
            func.min(promises.c.due_at).label("due_at"),
        )
        .join(contacts, contacts.c.id == tickets.c.contact_id)
        .outerjoin(users, users.c.id == tickets.c.agent_id)
        .outerjoin(assignments, assignments.c.ticket_id == tickets.c.id)
        .outerjoin(dealers, dealers.c.id == assignments.c.dealer_id)
        .outerjoin(promises, _is_running)
        .where(tickets.c.id.in_(ids))
        .group_by(tickets.c.id, contacts.c.name, contacts.c.email, users.c.name, dealers.c.name)
    )
    known = {row.id: row for row in tx.execute(query)}
    return [
        Line(
            ticket=ticket,
            contact_name=known[ticket.id].contact_name,
            agent_name=known[ticket.id].agent_name,
            dealer_name=known[ticket.id].dealer_name,
            due_at=known[ticket.id].due_at,
        )
        for ticket in found
    ]


def count_open(tx: Connection) -> int:
    """How many are neither resolved nor closed."""
    done = (TicketStatus.RESOLVED.value, TicketStatus.CLOSED.value)
    return int(tx.execute(select(func.count()).where(tickets.c.status.not_in(done))).scalar_one())


def save(
    tx: Connection, ticket: Ticket, change: Change, *, by: By, by_id: int | None, by_name: str | None, now: datetime
) -> HistoryEntry:
    """Write a ticket as it is after `change`, and the change into its time line."""
    tx.execute(
        sa.update(tickets)
        .where(tickets.c.id == ticket.id)
        .values(
            status=ticket.status.value,
            priority=ticket.priority.value,
            agent_id=ticket.agent_id,
            resolved_at=ticket.resolved_at,
            closed_at=ticket.closed_at,
            changes=ticket.changes,
        )
    )
    stored = _Stored(kind=kind_of(change), change=msgspec.Raw(msgspec.json.encode(change)))
    tx.execute(
        ticket_changes.insert(),
        {
            "ticket_id": ticket.id,
            "n": ticket.changes,
            "change": msgspec.json.encode(stored).decode(),
            "by": by.value,
            "by_id": by_id,
            "by_name": by_name,
            "at": now,
        },
    )
    return HistoryEntry(n=ticket.changes, change=change, by=by, by_id=by_id, by_name=by_name, at=now)


def history(tx: Connection, ticket_id: int) -> list[HistoryEntry]:
    """All changes, oldest first."""
    rows = tx.execute(
        select(ticket_changes).where(ticket_changes.c.ticket_id == ticket_id).order_by(ticket_changes.c.n)
    ).mappings()
    return [
        HistoryEntry(
            n=row["n"],
            change=_decode(row["change"]),
            by=By(row["by"]),
            by_id=row["by_id"],
            by_name=row["by_name"],
            at=row["at"],
        )
        for row in rows
    ]


def awaiting_answer(tx: Connection, conversation_id: int) -> list[Ticket]:
    """Tickets of a conversation that are on hold."""
    held = tickets.c.status == TicketStatus.PENDING.value
    query = select(tickets).where(tickets.c.conversation_id == conversation_id, held).order_by(tickets.c.id)
    return [_of_row(row) for row in tx.execute(query).mappings()]


def silent_since(tx: Connection, instant: datetime, *, limit: int = 200) -> list[Ticket]:
    """Resolved tickets to which nobody objected since `instant`."""
    query = (
        select(tickets)
        .where(tickets.c.status == TicketStatus.RESOLVED.value, tickets.c.resolved_at <= instant)
        .limit(limit)
    )
    return [_of_row(row) for row in tx.execute(query).mappings()]


def _decode(text: str) -> Change:
    stored = msgspec.json.decode(text, type=_Stored)
    return msgspec.json.decode(stored.change, type=_KINDS[stored.kind])


def _one(tx: Connection, query: "sa.Select[tuple[object, ...]]") -> Ticket | None:
    row = tx.execute(query).mappings().one_or_none()
    return _of_row(row) if row else None


def _of_row(row: sa.RowMapping) -> Ticket:
    return Ticket(
        **{
            **row,
            "number": number_of(row["id"]),
            "priority": Priority(row["priority"]),
            "status": TicketStatus(row["status"]),
        }
    )
