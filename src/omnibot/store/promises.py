"""Promises: made, kept, broken, waived. Clocks, queue order and warnings all read these rows."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.promise import Holder, Outcome, Promise, PromiseKind
from omnibot.store.schema import Instant, promises


def make(
    tx: Connection,
    kind: PromiseKind,
    *,
    now: datetime,
    due_at: datetime,
    conversation_id: int | None = None,
    ticket_id: int | None = None,
    holder: Holder = Holder.US,
    holder_id: int | None = None,
) -> None:
    """A new promise."""
    tx.execute(
        promises.insert(),
        {
            "kind": kind.value,
            "holder": holder.value,
            "holder_id": holder_id,
            "conversation_id": conversation_id,
            "ticket_id": ticket_id,
            "started_at": now,
            "due_at": due_at,
        },
    )


def open_of_conversation(tx: Connection, conversation_id: int) -> list[Promise]:
    """What is owed in a conversation, the earliest first."""
    return _open(tx, promises.c.conversation_id == conversation_id)


def end_in_conversation(tx: Connection, conversation_id: int, outcome: Outcome, now: datetime) -> None:
    """End what is owed in a conversation; what broke before stays broken."""
    _end(tx, promises.c.conversation_id == conversation_id, outcome, now)


def end_of_ticket(tx: Connection, ticket_id: int, outcome: Outcome, now: datetime) -> None:
    _end(tx, promises.c.ticket_id == ticket_id, outcome, now)


def end_kinds(tx: Connection, ticket_id: int, kinds: tuple[PromiseKind, ...], outcome: Outcome, now: datetime) -> None:
    """End what is owed about a ticket, of these kinds only."""
    wanted = promises.c.kind.in_([kind.value for kind in kinds])
    _end(tx, (promises.c.ticket_id == ticket_id) & wanted, outcome, now)


def break_due(tx: Connection, now: datetime, *, limit: int = 500) -> list[Promise]:
    """Record as broken what is due and was not recorded before; returns just those, so that each is told once."""
    due = (
        select(promises.c.id)
        .where(promises.c.ended_at.is_(None), promises.c.broken_at.is_(None), promises.c.due_at <= now)
        .order_by(promises.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = tx.execute(
        sa.update(promises)
        .where(promises.c.id.in_(due), promises.c.broken_at.is_(None), promises.c.ended_at.is_(None))
        .values(broken_at=now)
        .returning(*promises.c)
    ).mappings()
    return sorted((_of_row(row) for row in rows), key=lambda promise: promise.due_at)


def of_ticket(tx: Connection, ticket_id: int) -> list[Promise]:
    """Every promise about a ticket, oldest first."""
    rows = tx.execute(select(promises).where(promises.c.ticket_id == ticket_id).order_by(promises.c.id)).mappings()
    return [_of_row(row) for row in rows]


def _open(tx: Connection, subject: "sa.ColumnElement[bool]") -> list[Promise]:
    query = select(promises).where(subject, promises.c.ended_at.is_(None)).order_by(promises.c.due_at)
    return [_of_row(row) for row in tx.execute(query).mappings()]


def _end(tx: Connection, subject: "sa.ColumnElement[bool]", outcome: Outcome, now: datetime) -> None:
    late = (promises.c.broken_at.is_not(None)) | (promises.c.due_at < now)
    tx.execute(
        sa.update(promises)
        .where(subject, promises.c.ended_at.is_(None))
        .values(
            outcome=sa.case((late, Outcome.BROKEN.value), else_=outcome.value),
            broken_at=sa.case((late, sa.func.coalesce(promises.c.broken_at, sa.literal(now, Instant)))),
            ended_at=now,
        )
    )


def _of_row(row: sa.RowMapping) -> Promise:
    return Promise(
        **{
            **row,
            "kind": PromiseKind(row["kind"]),
            "holder": Holder(row["holder"]),
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
        }
    )
