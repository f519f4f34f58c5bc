"""The lists of conversations that people work from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation, Status
from omnibot.domain.value import dataclass
from omnibot.store.conversations import columns, of_row
from omnibot.store.schema import contacts, conversations, messages, users


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A conversation as a list shows it."""

    conversation: Conversation
    contact_name: str | None
    contact_email: str | None
    agent_name: str | None
    preview: str
    updated_at: datetime


_agent = users.alias("agent")


def lines(
    tx: Connection,
    *,
    statuses: Iterable[Status] = (),
    agent_id: int | None = None,
    not_agent_id: int | None = None,
    channel: str | None = None,
    contact_id: int | None = None,
    search: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Line]:
    """What people work from: first what is due first, then what waits, then the newest."""
    shown: tuple[Any, ...] = (*columns(), contacts.c.name, contacts.c.email, _agent.c.name)
    shown += (conversations.c.preview, conversations.c.updated_at)
    query = (
        select(*shown)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(_agent, _agent.c.id == conversations.c.agent_id)
        .where(conversations.c.last_seq > 0)
        .order_by(
            conversations.c.due_at.is_(None),
            conversations.c.due_at,
            conversations.c.updated_at.desc(),
            conversations.c.id.desc(),
        )
        .limit(limit)
        .offset(offset)
    )
    if wanted := [status.value for status in statuses]:
        query = query.where(conversations.c.status.in_(wanted))
    if agent_id is not None:
        query = query.where(conversations.c.agent_id == agent_id)
    if not_agent_id is not None:
        query = query.where(conversations.c.agent_id != not_agent_id)
    if channel is not None:
        query = query.where(conversations.c.channel == channel)
    if contact_id is not None:
        query = query.where(conversations.c.contact_id == contact_id)
    if search:
        pattern = f"%{_escaped(search)}%"
        query = query.where(
            contacts.c.name.ilike(pattern, escape="\\")
            | contacts.c.email.ilike(pattern, escape="\\")
            | conversations.c.id.in_(
                select(messages.c.conversation_id).where(messages.c.text.ilike(pattern, escape="\\"))
            )
        )
    width = len(columns())
    return [
        Line(
            conversation=of_row(row),
            contact_name=row[width],
            contact_email=row[width + 1],
            agent_name=row[width + 2],
            preview=row[width + 3],
            updated_at=row[width + 4],
        )
        for row in tx.execute(query)
    ]


def counts(tx: Connection) -> dict[Status, int]:
    """How many conversations have each status; those in which nobody spoke yet do not count."""
    query = (
        select(conversations.c.status, func.count())
        .where(conversations.c.last_seq > 0)
        .group_by(conversations.c.status)
    )
    found: dict[str, int] = dict(tx.execute(query).all())
    return {status: found.get(status.value, 0) for status in Status}


def counts_of(tx: Connection, agent_id: int, now: datetime) -> tuple[int, int]:
    """How many conversations the agent has, and how many in the queue are over their promise."""
    own = select(func.count()).where(conversations.c.status == Status.OPEN.value, conversations.c.agent_id == agent_id)
    late = select(func.count()).where(conversations.c.status == Status.QUEUED.value, conversations.c.due_at <= now)
    return int(tx.execute(own).scalar_one()), int(tx.execute(late).scalar_one())


def place_in_queue(tx: Connection, conversation: Conversation) -> int:
    """1 for the conversation that is due first. Whoever is promised nothing stands behind all who are."""
    due_at, is_older = conversations.c.due_at, conversations.c.id < conversation.id
    if conversation.due_at is None:
        is_ahead = due_at.is_not(None) | is_older
    else:
        is_ahead = (due_at < conversation.due_at) | ((due_at == conversation.due_at) & is_older)
    ahead = select(func.count()).where(conversations.c.status == Status.QUEUED.value, is_ahead)
    return int(tx.execute(ahead).scalar_one()) + 1


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
