"""Everything that is stored of a contact, in plain values, for whoever has a right to it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store import schema, together
from omnibot.store.erasure import taken_together

Rows = list[dict[str, Any]]


def of_contact(tx: Connection, id: int) -> dict[str, Any] | None:
    """By table; `files` name their bytes by `key`. Who of staff did what is not part of it, nor what their groups were
    shown: it says the same once more."""
    contact = _rows(tx, select(schema.contacts).where(schema.contacts.c.id == id))
    if not contact:
        return None
    ids = select(schema.conversations.c.id).where(schema.conversations.c.contact_id == id)
    tickets = select(schema.tickets.c.id).where(schema.tickets.c.contact_id == id)
    people = together.people(id)
    known = schema.facts.c.contact_id.in_(people) & schema.facts.c.ticket_id.is_(None)
    owed = schema.promises.c.conversation_id.in_(ids) | schema.promises.c.ticket_id.in_(tickets)
    return {
        "contact": contact[0],
        "taken_together": [
            row
            for other in taken_together(tx, id)
            for row in _rows(tx, select(schema.contacts).where(schema.contacts.c.id == other))
        ],
        "links": _rows(tx, select(schema.links).where(schema.links.c.contact_id == id), "by_id"),
        "conversations": _rows(tx, select(schema.conversations).where(schema.conversations.c.contact_id == id), "bot"),
        "messages": _of(tx, schema.messages, ids, "explanation", "agent_id"),
        "message_details": _of(tx, schema.message_details, ids, "bcc"),
        "message_versions": _of(tx, schema.message_versions, ids),
        "notes": _of(tx, schema.notes, ids, "agent_id", "author_name"),
        "files": _of(tx, schema.files, ids, "uploaded_by"),
        "facts": _rows(tx, select(schema.facts).where(known | schema.facts.c.ticket_id.in_(tickets))),
        "ratings": _of(tx, schema.ratings, ids, "agent_id"),
        "purchases": _rows(tx, select(schema.purchases).where(schema.purchases.c.contact_id.in_(people))),
        "fillings": _rows(tx, select(schema.fillings).where(schema.fillings.c.contact_id == id)),
        "bookings": _rows(tx, select(schema.bookings).where(schema.bookings.c.ticket_id.in_(tickets))),
        "tickets": _rows(tx, select(schema.tickets).where(schema.tickets.c.contact_id == id), "agent_id"),
        "ticket_changes": _rows(
            tx, select(schema.ticket_changes).where(schema.ticket_changes.c.ticket_id.in_(tickets)), "by_id", "by_name"
        ),
        "assignments": _rows(
            tx, select(schema.assignments).where(schema.assignments.c.ticket_id.in_(tickets)), "first_agent_id"
        ),
        "dealer_cases": _rows(
            tx, select(schema.dealer_cases).where(schema.dealer_cases.c.ticket_id.in_(tickets)), "member_id"
        ),
        "promises": _rows(tx, select(schema.promises).where(owed), "holder_id", "acknowledged_by"),
        "promise_events": _rows(
            tx,
            select(schema.promise_events).where(
                schema.promise_events.c.promise_id.in_(select(schema.promises.c.id).where(owed))
            ),
            "by_id",
            "by_name",
        ),
    }


def _of(tx: Connection, table: sa.Table, conversations: "sa.Select[tuple[int]]", *without: str) -> Rows:
    return _rows(tx, select(table).where(table.c.conversation_id.in_(conversations)), *without)


def _rows(tx: Connection, query: "sa.Select[Any]", *without: str) -> Rows:
    return [{key: value for key, value in row.items() if key not in without} for row in tx.execute(query).mappings()]
