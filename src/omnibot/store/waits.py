"""How long customers have waited for a person, and who answered them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.promise import PromiseKind
from omnibot.domain.surge.wait import Waited
from omnibot.store.schema import absences, conversations, promise_events, promises, users

MOST = 500  # promises looked at; the newest


def recent(tx: Connection, since: datetime) -> list[tuple[Waited, int]]:
    """First replies that are owed, or ended since then, each with its contact."""
    newest = select(promises.c.id).order_by(promises.c.id.desc()).limit(MOST).subquery()
    replied = (
        select(promise_events.c.promise_id, sa.func.max(promise_events.c.by_id).label("by_id"))
        .where(promise_events.c.promise_id.in_(select(newest.c.id)), promise_events.c.kind.in_(("kept", "broken")))
        .group_by(promise_events.c.promise_id)
        .subquery()
    )
    query = (
        select(
            promises.c.started_at,
            promises.c.ended_at,
            replied.c.by_id,
            promises.c.conversation_id,
            conversations.c.contact_id,
        )
        .join(newest, newest.c.id == promises.c.id)
        .join(conversations, conversations.c.id == promises.c.conversation_id)
        .outerjoin(replied, replied.c.promise_id == promises.c.id)
        .where(
            promises.c.kind == PromiseKind.FIRST_REPLY.value,
            promises.c.ended_at.is_(None) | (promises.c.ended_at >= since),
        )
    )
    return [
        (
            Waited(
                started_at=row[0],
                ended_at=row[1],
                agent_id=row[2] if row[1] is not None else None,
                conversation_id=row[3],
            ),
            row[4],
        )
        for row in tx.execute(query)
    ]


def away(tx: Connection) -> frozenset[int]:
    """Who takes nothing new, or has no account any more."""
    gone = select(users.c.id).where(users.c.disabled_at.is_not(None))
    return frozenset(tx.execute(select(absences.c.user_id).union(gone)).scalars())
