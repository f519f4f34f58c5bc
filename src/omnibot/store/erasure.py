"""Takes out of the database what people said and who they are. What remains are empty shells: ids, times, states and
outcomes, which statistics and foreign keys need and which name nobody.

SQLite overwrites what is deleted (`secure_delete`); `database.empty_log` empties its write-ahead log.
"""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store import originals as stored_originals
from omnibot.store import schema

ERASED = "erased:"  # begins the chat of a conversation that is only a shell


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was taken out, and the files whose bytes may go now."""

    conversations: int = 0
    messages: int = 0
    tickets: int = 0
    files: list[str] = field(default_factory=list)  # keys, see `files.Files`
    originals: list[str] = field(default_factory=list)  # paths below the data folder


def conversations_of(tx: Connection, contact_id: int) -> list[int]:
    """Those that still hold something."""
    table = schema.conversations
    query = select(table.c.id).where(table.c.contact_id == contact_id, ~table.c.chat.startswith(ERASED))
    return list(tx.execute(query.order_by(table.c.id)).scalars())


def has_open_ticket(tx: Connection, conversation_id: int) -> bool:
    table = schema.tickets
    query = select(table.c.id).where(table.c.conversation_id == conversation_id, table.c.closed_at.is_(None))
    return tx.execute(query.limit(1)).scalar() is not None


def erase_conversation(tx: Connection, id: int, now: datetime) -> Erased:
    """Everything that was said in a conversation, in both directions, and what is known of where."""
    lanes = list(
        tx.execute(select(schema.inbox.c.lane).where(schema.inbox.c.conversation_id == id).distinct()).scalars()
    )
    of_it = schema.inbox.c.lane.in_(lanes) | (schema.inbox.c.conversation_id == id)
    events = select(schema.inbox.c.id).where(of_it)
    originals = stored_originals.forget(tx, schema.originals.c.event_id.in_(events))
    # The sender's key stays, or a platform that repeats itself would tell us everything anew.
    tx.execute(
        sa.update(schema.inbox).where(of_it).values(payload="", lane=f"{ERASED}{id}", state="done", outcome="erased")
    )
    keys = sa.delete(schema.files).where(schema.files.c.conversation_id == id).returning(schema.files.c.key)
    files = [key for key in tx.execute(keys).scalars() if key]
    address = select(schema.conversations.c.channel, schema.conversations.c.chat).where(schema.conversations.c.id == id)
    channel, chat = tx.execute(address).one()
    tx.execute(
        sa.delete(schema.unreachable).where(schema.unreachable.c.channel == channel, schema.unreachable.c.chat == chat)
    )
    for table in (
        schema.outbox,
        schema.external_ids,
        schema.message_versions,
        schema.message_details,
        schema.visitors,
        schema.notes,
    ):
        tx.execute(sa.delete(table).where(table.c.conversation_id == id))
    said = tx.execute(sa.delete(schema.messages).where(schema.messages.c.conversation_id == id)).rowcount
    tx.execute(
        sa.update(schema.conversations)
        .where(schema.conversations.c.id == id)
        .values(
            chat=f"{ERASED}{id}",
            thread="",
            status="closed",
            agent_id=None,
            epoch=schema.conversations.c.epoch + 1,
            bot="{}",
            preview="",
            page_url=None,
            subject=None,
            waiting_since=None,
            due_at=None,
            updated_at=now,
        )
    )
    tickets = _erase_tickets(tx, schema.tickets.c.conversation_id == id, now)
    return Erased(conversations=1, messages=said, tickets=tickets, files=files, originals=originals)


def erase_contact(tx: Connection, id: int, now: datetime) -> Erased:
    """Who somebody is, and what is left of their cases. Their conversations are erased before, each for itself."""
    tickets = _erase_tickets(tx, (schema.tickets.c.contact_id == id) & (schema.tickets.c.subject != ""), now)
    for table in (schema.facts, schema.purchases):
        tx.execute(sa.delete(table).where(table.c.contact_id == id))
    # How many questions there were stays; what was answered goes.
    tx.execute(sa.update(schema.fillings).where(schema.fillings.c.contact_id == id).values(state=""))
    tx.execute(
        sa.delete(schema.fillings).where(schema.fillings.c.contact_id == id, schema.fillings.c.ticket_id.is_(None))
    )
    tx.execute(sa.delete(schema.visitors).where(schema.visitors.c.contact_id == id))
    tx.execute(
        sa.update(schema.contacts).where(schema.contacts.c.id == id).values(name=None, email=None, external_ref=None)
    )
    return Erased(tickets=tickets)


def _erase_tickets(tx: Connection, which: sa.ColumnElement[bool], now: datetime) -> int:
    of_them = select(schema.tickets.c.id).where(which)
    tx.execute(sa.delete(schema.facts).where(schema.facts.c.ticket_id.in_(of_them)))
    tx.execute(sa.delete(schema.bookings).where(schema.bookings.c.ticket_id.in_(of_them)))
    tx.execute(sa.delete(schema.ticket_changes).where(schema.ticket_changes.c.ticket_id.in_(of_them)))
    tx.execute(
        sa.update(schema.promises)
        .where(schema.promises.c.ticket_id.in_(of_them), schema.promises.c.ended_at.is_(None))
        .values(ended_at=now, outcome="waived")
    )
    return tx.execute(
        sa.update(schema.tickets)
        .where(which)
        .values(
            subject="",
            status="closed",
            closed_at=sa.func.coalesce(schema.tickets.c.closed_at, sa.literal(now, schema.Instant)),
        )
    ).rowcount
