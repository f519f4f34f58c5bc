"""Promises and what happened to them. Clocks, queue order, warnings and scorecards all read these rows."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.calendar import Pause
from omnibot.domain.promise import Holder, Outcome, Promise, PromiseKind
from omnibot.domain.value import dataclass
from omnibot.store.schema import conversations, promise_events, promises, tickets

_COLUMNS = [promises.c[field.name] for field in fields(Promise)]
_pauses = msgspec.json.Decoder(tuple[Pause, ...])
_detail = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a promise: made, warned, broken, escalated, acknowledged, paused, resumed, moved, replanned,
    kept or waived."""

    kind: str
    at: datetime
    by_id: int | None = None
    by_name: str | None = None  # empty: nobody, the clock
    detail: dict[str, Any]


def add(tx: Connection, promise: Promise) -> Promise:
    """Store a new one; returns it with its id."""
    values = _row_of(promise)
    del values["id"]
    id = tx.execute(promises.insert().returning(promises.c.id), values).scalar_one()
    return replace(promise, id=id)


def save(tx: Connection, promise: Promise) -> None:
    """Write it as it is now. The caller has locked it."""
    values = _row_of(promise)
    tx.execute(sa.update(promises).where(promises.c.id == values.pop("id")).values(**values))


def get(tx: Connection, id: int) -> Promise | None:
    return _one(tx, select(*_COLUMNS).where(promises.c.id == id))


def lock(tx: Connection, id: int) -> Promise | None:
    """The promise as it is now; nobody else changes it before this transaction ends."""
    return _one(tx, select(*_COLUMNS).where(promises.c.id == id).with_for_update(key_share=True))


def lock_open(
    tx: Connection, *, conversation_id: int | None = None, ticket_id: int | None = None, kinds: Iterable[PromiseKind]
) -> list[Promise]:
    """What is owed in a conversation or about a ticket, locked, the earliest first."""
    about = promises.c.ticket_id == ticket_id if ticket_id else promises.c.conversation_id == conversation_id
    wanted = promises.c.kind.in_([kind.value for kind in kinds])
    query = select(*_COLUMNS).where(about, wanted, promises.c.ended_at.is_(None)).order_by(promises.c.due_at)
    return _all(tx, query.with_for_update(key_share=True))


def awake(tx: Connection, now: datetime, *, limit: int = 500) -> list[tuple[int, int | None]]:
    """Ids of promises whose timer has run out, with the conversation they are about: those due first."""
    query = (
        select(promises.c.id, func.coalesce(promises.c.conversation_id, tickets.c.conversation_id))
        .outerjoin(tickets, tickets.c.id == promises.c.ticket_id)
        .where(promises.c.wake_at <= now)
        .order_by(promises.c.due_at, promises.c.id)
        .limit(limit)
    )
    return [(id, conversation_id) for id, conversation_id in tx.execute(query)]


def open_of_conversation(tx: Connection, conversation_id: int) -> list[Promise]:
    """What is owed in a conversation, the earliest first."""
    query = select(*_COLUMNS).where(promises.c.conversation_id == conversation_id, promises.c.ended_at.is_(None))
    return _all(tx, query.order_by(promises.c.due_at))


def put_off(tx: Connection, conversation_ids: Iterable[int], now: datetime) -> set[int]:
    """Those conversations whose customers want to hear of us later: in a window that has not begun."""
    query = select(promises.c.conversation_id).where(
        promises.c.conversation_id.in_(list(conversation_ids)),
        promises.c.kind.in_((PromiseKind.SPOKEN.value, PromiseKind.WRITE_BACK.value)),
        promises.c.holder == Holder.US.value,
        promises.c.started_at > now,
        promises.c.ended_at.is_(None),
    )
    return set(tx.execute(query).scalars())


def move(tx: Connection, conversation_id: int, *, to: int) -> None:
    """What is owed in one conversation is owed in another."""
    open_there = (promises.c.conversation_id == conversation_id) & promises.c.ended_at.is_(None)
    tx.execute(sa.update(promises).where(open_there).values(conversation_id=to))


def move_replies(tx: Connection, conversation_id: int, *, to: int) -> None:
    """The answer that is owed in one conversation is owed in another, by the same time."""
    replies = promises.c.kind.in_((PromiseKind.FIRST_REPLY.value, PromiseKind.NEXT_REPLY.value))
    open_there = (promises.c.conversation_id == conversation_id) & promises.c.ended_at.is_(None) & replies
    tx.execute(sa.update(promises).where(open_there).values(conversation_id=to))


def of_conversation(tx: Connection, conversation_id: int) -> list[Promise]:
    """What is owed in a conversation and about its tickets, and what ended lately: open ones first, then the newest."""
    about = (promises.c.conversation_id == conversation_id) | promises.c.ticket_id.in_(
        select(tickets.c.id).where(tickets.c.conversation_id == conversation_id)
    )
    query = select(*_COLUMNS).where(about).order_by(promises.c.ended_at.is_not(None), promises.c.id.desc()).limit(50)
    return sorted(_all(tx, query), key=lambda one: (not one.is_open, one.due_at if one.is_open else one.started_at))


def of_ticket(tx: Connection, ticket_id: int) -> list[Promise]:
    """Every promise about a ticket, oldest first."""
    return _all(tx, select(*_COLUMNS).where(promises.c.ticket_id == ticket_id).order_by(promises.c.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A promise as the list of all of them shows it: with what it is about."""

    promise: Promise
    conversation_id: int | None
    ticket: int | None  # its id
    subject: str | None
    agent_id: int | None  # who has the conversation or ticket


def listing(
    tx: Connection,
    *,
    is_open: bool = True,
    is_broken: bool | None = None,
    agent_id: int | None = None,
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> list[Listed]:
    """Open ones, the earliest first, or ended ones, the newest first. `agent_id`: held by, or about the work of. `after`: the
    `mark_of` the last one that was listed before."""
    place = func.coalesce(promises.c.conversation_id, tickets.c.conversation_id)
    worker = func.coalesce(tickets.c.agent_id, conversations.c.agent_id)
    query = (
        select(*_COLUMNS, place, tickets.c.id, tickets.c.subject, worker)
        .outerjoin(tickets, tickets.c.id == promises.c.ticket_id)
        .outerjoin(conversations, conversations.c.id == place)
        .limit(limit)
    )
    if is_open:
        query = query.where(promises.c.ended_at.is_(None)).order_by(promises.c.due_at, promises.c.id)
    else:
        query = query.where(promises.c.ended_at.is_not(None)).order_by(promises.c.ended_at.desc(), promises.c.id)
    if after is not None:
        at, id = after
        moment = promises.c.due_at if is_open else promises.c.ended_at
        is_further = moment > at if is_open else moment < at
        query = query.where(is_further | ((moment == at) & (promises.c.id > id)))
    if is_broken is not None:
        query = query.where(promises.c.broken_at.is_not(None) if is_broken else promises.c.broken_at.is_(None))
    if agent_id is not None:
        own = (promises.c.holder == Holder.AGENT.value) & (promises.c.holder_id == agent_id)
        query = query.where(own | (worker == agent_id))
    return [
        Listed(promise=_of_row(row), conversation_id=row[-4], ticket=row[-3], subject=row[-2], agent_id=row[-1])
        for row in tx.execute(query)
    ]


def mark_of(one: Promise) -> tuple[datetime, int]:
    """Where it stands in the listing."""
    return one.ended_at or one.due_at, one.id


def count_broken(tx: Connection) -> int:
    """How many are broken and still owed."""
    query = select(func.count()).where(promises.c.ended_at.is_(None), promises.c.broken_at.is_not(None))
    return int(tx.execute(query).scalar_one())


def move_to_ticket(tx: Connection, promise: Promise, ticket_id: int) -> None:
    tx.execute(sa.update(promises).where(promises.c.id == promise.id).values(ticket_id=ticket_id))


def note(tx: Connection, promise_id: int, kind: str, *, now: datetime, by: User | None = None, **detail: Any) -> None:
    """Write down what happened. `detail` holds instants, numbers and reasons."""
    told = {key: value for key, value in detail.items() if value is not None}
    tx.execute(
        promise_events.insert(),
        {
            "promise_id": promise_id,
            "kind": kind,
            "at": now,
            "by_id": by.id if by else None,
            "by_name": by.name if by else None,
            "detail": msgspec.json.encode(told).decode() if told else None,
        },
    )


def events(tx: Connection, promise_ids: list[int]) -> dict[int, list[Event]]:
    """What happened to each of them, oldest first."""
    found: dict[int, list[Event]] = {}
    query = select(promise_events).where(promise_events.c.promise_id.in_(promise_ids)).order_by(promise_events.c.id)
    for row in tx.execute(query):
        found.setdefault(row.promise_id, []).append(
            Event(
                kind=row.kind,
                at=row.at,
                by_id=row.by_id,
                by_name=row.by_name,
                detail=_detail.decode(row.detail) if row.detail else {},
            )
        )
    return found


def _one(tx: Connection, query: Any) -> Promise | None:
    row = tx.execute(query).one_or_none()
    return _of_row(row) if row else None


def _all(tx: Connection, query: Any) -> list[Promise]:
    return [_of_row(row) for row in tx.execute(query)]


def _of_row(row: Any) -> Promise:
    values = dict(zip((column.name for column in _COLUMNS), row, strict=False))
    values |= {
        "kind": PromiseKind(values["kind"]),
        "holder": Holder(values["holder"]),
        "outcome": Outcome(values["outcome"]) if values["outcome"] else None,
        "pauses": _pauses.decode(values["pauses"]) if values["pauses"] else (),
        "calendar": values["calendar"] or "",
    }
    return Promise(**values)


def _row_of(promise: Promise) -> dict[str, Any]:
    values: dict[str, Any] = {column.name: getattr(promise, column.name) for column in _COLUMNS}
    return values | {
        "kind": promise.kind.value,
        "holder": promise.holder.value,
        "outcome": promise.outcome.value if promise.outcome else None,
        "pauses": msgspec.json.encode(promise.pauses).decode() if promise.pauses else None,
        "calendar": promise.calendar or None,
    }
