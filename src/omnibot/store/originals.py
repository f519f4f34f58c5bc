"""Raw events that are files in the data folder, such as mails: where each is, until it has been kept long enough."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.message import RawEvent
from omnibot.store.schema import conversations, inbox, messages, originals


def keep(tx: Connection, event: RawEvent, now: datetime) -> None:
    """Note where the original of an event lies that was just stored."""
    key = select(inbox.c.id, sa.literal(event.original), sa.literal(now, originals.c.kept_at.type)).where(
        inbox.c.channel == event.channel, inbox.c.external_id == event.external_id
    )
    tx.execute(originals.insert().from_select(["event_id", "path", "kept_at"], key))


def of_message(tx: Connection, conversation_id: int, seq: int) -> str | None:
    """The path of what a message came as, below the data folder."""
    return tx.execute(_of_messages(originals.c.path, conversation_id).where(messages.c.seq == seq)).scalar()


def seqs(tx: Connection, conversation_id: int) -> frozenset[int]:
    """Which messages of a conversation have one."""
    return frozenset(tx.execute(_of_messages(messages.c.seq, conversation_id)).scalars())


def _of_messages(column: "sa.Column[Any]", conversation_id: int) -> "sa.Select[Any]":
    """An event and its message share the sender's id, inside a channel."""
    return (
        select(column)
        .select_from(messages)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .join(
            inbox,
            sa.and_(inbox.c.channel == conversations.c.channel, inbox.c.external_id == messages.c.external_id),
        )
        .join(originals, originals.c.event_id == inbox.c.id)
        .where(messages.c.conversation_id == conversation_id)
    )


def expire(tx: Connection, before: datetime, *, limit: int = 200) -> list[str]:
    """Forget those kept since before then; returns the paths of the files that nothing names any more."""
    old = select(originals.c.event_id).where(originals.c.kept_at < before).order_by(originals.c.kept_at).limit(limit)
    return forget(tx, originals.c.event_id.in_(old))


def forget(tx: Connection, which: sa.ColumnElement[bool]) -> list[str]:
    """The same mail may have come for two accounts: a file goes when its last event does."""
    gone = set(tx.execute(sa.delete(originals).where(which).returning(originals.c.path)).scalars())
    still = set(tx.execute(select(originals.c.path).where(originals.c.path.in_(gone))).scalars())
    return sorted(gone - still)
