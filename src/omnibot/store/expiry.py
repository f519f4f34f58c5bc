"""Finds what has been kept long enough. Each job walks its table by id, a stretch at a time, and remembers how far it came."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Status
from omnibot.store.erasure import ERASED
from omnibot.store.inbox import DEAD, DONE
from omnibot.store.schema import conversations, inbox, marks
from omnibot.store.upsert import insert

STRETCH = 5_000  # rows looked at in one transaction


def blank_payloads(tx: Connection, before: datetime, *, dead: bool) -> bool:
    """Empty the payloads of events received before then that had their outcome (or of those that are dead); True if more
    may follow at once. The keys stay."""
    job = "blank_dead" if dead else "blank_done"
    start = _mark(tx, job)
    query = select(inbox.c.id, inbox.c.received_at).where(inbox.c.id > start).order_by(inbox.c.id).limit(STRETCH)
    old = []
    for id, received_at in tx.execute(query):
        if received_at >= before:
            break
        old.append(id)
    if not old:
        return False
    in_stretch = inbox.c.id.between(old[0], old[-1])
    state = DEAD if dead else DONE
    tx.execute(sa.update(inbox).where(in_stretch, inbox.c.state == state, inbox.c.payload != "").values(payload=""))
    _set_mark(tx, job, old[-1])
    return len(old) == STRETCH


def silent_conversations(tx: Connection, before: datetime) -> list[int]:
    """Of the next stretch, those in which nothing was said since then and that nobody works on. Begins anew at the end."""
    start = _mark(tx, "silent_conversations")
    query = select(conversations.c.id, conversations.c.updated_at, conversations.c.status, conversations.c.chat)
    rows = tx.execute(query.where(conversations.c.id > start).order_by(conversations.c.id).limit(STRETCH)).all()
    _set_mark(tx, "silent_conversations", rows[-1].id if len(rows) == STRETCH else 0)
    at_work = (Status.QUEUED.value, Status.OPEN.value)
    return [
        row.id
        for row in rows
        if row.updated_at < before and row.status not in at_work and not row.chat.startswith(ERASED)
    ]


def _mark(tx: Connection, job: str) -> int:
    return tx.execute(select(marks.c.id).where(marks.c.job == job)).scalar() or 0


def _set_mark(tx: Connection, job: str, id: int) -> None:
    statement = insert(tx.dialect.name, marks).values(job=job, id=id)
    tx.execute(statement.on_conflict_do_update(index_elements=["job"], set_={"id": id}))
