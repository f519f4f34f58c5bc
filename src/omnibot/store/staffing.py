"""Who of staff has how much to do, who is away, and who knows a customer."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.assignment import Agent
from omnibot.domain.conversation import Status
from omnibot.store.schema import absences, conversations, messages, users
from omnibot.store.upsert import insert


def agents(tx: Connection) -> list[Agent]:
    """Everybody with an account, with the conversations they hold now."""
    held = (
        select(conversations.c.agent_id, func.count().label("load"))
        .where(conversations.c.status == Status.OPEN.value)
        .group_by(conversations.c.agent_id)
        .subquery()
    )
    query = (
        select(users.c.id, users.c.email, users.c.name, func.coalesce(held.c.load, 0), absences.c.since)
        .outerjoin(held, held.c.agent_id == users.c.id)
        .outerjoin(absences, absences.c.user_id == users.c.id)
        .where(users.c.disabled_at.is_(None))
        .order_by(users.c.id)
    )
    return [
        Agent(id=row[0], email=row[1], name=row[2], load=row[3], is_away=row[4] is not None)
        for row in tx.execute(query)
    ]


def last_agents(tx: Connection, contact_ids: Iterable[int]) -> dict[int, int]:
    """Who of staff last wrote to each customer, in whichever conversation."""
    newest = (
        select(conversations.c.contact_id, func.max(messages.c.at).label("at"))
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(conversations.c.contact_id.in_(list(contact_ids)), messages.c.agent_id.is_not(None))
        .group_by(conversations.c.contact_id)
        .subquery()
    )
    query = (
        select(conversations.c.contact_id, messages.c.agent_id)
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .join(newest, (newest.c.contact_id == conversations.c.contact_id) & (newest.c.at == messages.c.at))
        .where(messages.c.agent_id.is_not(None))
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def leave(tx: Connection, user_id: int, now: datetime) -> None:
    """Takes nothing new from now on."""
    statement = insert(tx.dialect.name, absences).values(user_id=user_id, since=now)
    tx.execute(statement.on_conflict_do_nothing())


def come_back(tx: Connection, user_id: int) -> None:
    tx.execute(sa.delete(absences).where(absences.c.user_id == user_id))
