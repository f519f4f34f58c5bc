"""Ratings: wanted when something ends, asked a little later, answered once; and what they say together."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Author
from omnibot.domain.rating import BEST, Rating
from omnibot.domain.value import dataclass
from omnibot.store.schema import conversations, dealers, messages, ratings, users
from omnibot.store.upsert import insert

_COLUMNS = tuple(ratings.c)


class By(StrEnum):
    """What ratings are counted by."""

    AGENT = "agent"
    TEAM = "team"
    DEALER = "dealer"
    ENTRY = "entry"  # of the FAQ: the bot's last answer before people came


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What customers said of one agent, team, dealer or entry. `scores`: how many gave 1, 2, 3, 4 and 5."""

    key: str
    name: str
    asked: int
    scores: tuple[int, ...]

    @property
    def rated(self) -> int:
        return sum(self.scores)

    @property
    def mean(self) -> float | None:
        """Of 1 to 5; None while nobody has answered."""
        if not self.rated:
            return None
        return sum(score * count for score, count in enumerate(self.scores, start=1)) / self.rated


def _of_row(row: sa.Row[Any]) -> Rating:
    return Rating(**row._mapping)


def want(
    tx: Connection,
    *,
    conversation_id: int,
    ticket_id: int | None,
    agent_id: int | None,
    dealer_id: int | None,
    team: str | None,
    entry_id: str | None,
    ask_at: datetime,
    now: datetime,
) -> None:
    """Ask at that time. A ticket is asked about once; a conversation has one such question at a time, and where its ticket
    ends as well, that is what it is about."""
    values = {"ticket_id": ticket_id, "agent_id": agent_id, "dealer_id": dealer_id, "team": team, "entry_id": entry_id}
    if ticket_id is not None:
        known = select(ratings.c.id).where(ratings.c.ticket_id == ticket_id)
        if tx.execute(known).first() is not None:
            return
        waiting = (ratings.c.conversation_id == conversation_id) & ratings.c.ask_at.is_not(None)
        own = sa.update(ratings).where(waiting, ratings.c.ticket_id.is_(None)).values(**values)
        if tx.execute(own).rowcount:
            return
    row = {**values, "conversation_id": conversation_id, "wanted_at": now, "ask_at": ask_at}
    tx.execute(insert(tx.dialect.name, ratings).values(**row).on_conflict_do_nothing())


def due(tx: Connection, now: datetime, *, limit: int = 100) -> list[tuple[int, int]]:
    """Ids of ratings and their conversations whose moment has come."""
    query = select(ratings.c.id, ratings.c.conversation_id).where(ratings.c.ask_at <= now).order_by(ratings.c.ask_at)
    return [(id, conversation_id) for id, conversation_id in tx.execute(query.limit(limit))]


def get(tx: Connection, id: int) -> Rating | None:
    row = tx.execute(select(*_COLUMNS).where(ratings.c.id == id)).one_or_none()
    return _of_row(row) if row else None


def lock(tx: Connection, id: int) -> Rating | None:
    """The rating as it is now; nobody else changes it before this transaction ends."""
    row = tx.execute(select(*_COLUMNS).where(ratings.c.id == id).with_for_update(key_share=True)).one_or_none()
    return _of_row(row) if row else None


def postpone(tx: Connection, id: int, ask_at: datetime) -> None:
    tx.execute(sa.update(ratings).where(ratings.c.id == id).values(ask_at=ask_at))


def drop(tx: Connection, id: int) -> None:
    """It was never asked; what ends anew may be asked about anew."""
    tx.execute(sa.delete(ratings).where(ratings.c.id == id, ratings.c.asked_at.is_(None)))


def asked(tx: Connection, id: int, now: datetime) -> None:
    tx.execute(sa.update(ratings).where(ratings.c.id == id).values(ask_at=None, asked_at=now))


def rate(tx: Connection, id: int, *, score: int, now: datetime) -> None:
    """The time of the first answer stays: changes are counted from there."""
    first = func.coalesce(ratings.c.rated_at, sa.literal(now, ratings.c.rated_at.type))
    tx.execute(sa.update(ratings).where(ratings.c.id == id).values(score=score, rated_at=first))


def comment(tx: Connection, id: int, text: str) -> None:
    tx.execute(sa.update(ratings).where(ratings.c.id == id).values(comment=text))


def was_asked(tx: Connection, contact_id: int, *, since: datetime) -> bool:
    """Whether the contact was asked anything of this kind since then, wherever."""
    query = (
        select(ratings.c.id)
        .join(conversations, conversations.c.id == ratings.c.conversation_id)
        .where(conversations.c.contact_id == contact_id, ratings.c.asked_at > since)
    )
    return tx.execute(query.limit(1)).first() is not None


def was_helped_by_people(tx: Connection, conversation_id: int) -> bool:
    """Whether an agent has said anything there."""
    said = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id, messages.c.author == Author.AGENT.value
    )
    return tx.execute(said.limit(1)).first() is not None


def of_conversation(tx: Connection, id: int) -> list[Rating]:
    """Those that were asked, the newest first."""
    return _listed(tx, ratings.c.conversation_id == id)


def of_tickets(tx: Connection, ids: Iterable[int]) -> list[Rating]:
    """Those that were asked about these tickets; at most one of each."""
    return _listed(tx, ratings.c.ticket_id.in_(list(ids)))


def listing(tx: Connection, *, before: int | None = None, highest: int | None = None, limit: int) -> list[Rating]:
    """What customers answered, the newest question first; only scores up to `highest`."""
    which: sa.ColumnElement[bool] = ratings.c.score.is_not(None)
    if before is not None:
        which &= ratings.c.id < before
    if highest is not None:
        which &= ratings.c.score <= highest
    return _listed(tx, which, limit=limit)


def _listed(tx: Connection, which: sa.ColumnElement[bool], *, limit: int = 100) -> list[Rating]:
    query = select(*_COLUMNS).where(which, ratings.c.asked_at.is_not(None)).order_by(ratings.c.id.desc()).limit(limit)
    return [_of_row(row) for row in tx.execute(query)]


def counts(tx: Connection, by: By, *, since: datetime, keys: Iterable[str] | None = None) -> list[Count]:
    """What was asked since then, by agent, team, dealer or FAQ entry; who was rated most often first. `keys`: only those."""
    key, name, source = _dimension(by)
    scores = [func.sum(sa.case((ratings.c.score == score, 1), else_=0)) for score in range(1, BEST + 1)]
    query = (
        select(key, func.max(name), func.count(), *scores)
        .select_from(source)
        .where(ratings.c.asked_at >= since, key.is_not(None))
        .group_by(key)
        .order_by(func.count(ratings.c.score).desc(), key)
    )
    if keys is not None:
        query = query.where(key.in_(list(keys)))
    return [
        Count(key=str(row[0]), name=str(row[1] or row[0]), asked=row[2], scores=tuple(int(one) for one in row[3:]))
        for row in tx.execute(query)
    ]


def of_entries(tx: Connection, *, since: datetime, entry_ids: Iterable[str] | None = None) -> dict[str, Count]:
    """Ratings of conversations in which the bot's last answer was that entry, by entry."""
    return {count.key: count for count in counts(tx, By.ENTRY, since=since, keys=entry_ids)}


def _dimension(by: By) -> tuple[sa.Column[Any], sa.ColumnElement[Any], sa.FromClause]:
    """What to group by, what people call it, and where both stand."""
    match by:
        case By.AGENT:
            return ratings.c.agent_id, users.c.name, ratings.outerjoin(users, users.c.id == ratings.c.agent_id)
        case By.DEALER:
            named = ratings.outerjoin(dealers, dealers.c.id == ratings.c.dealer_id)
            return ratings.c.dealer_id, dealers.c.name, named
        case By.TEAM:
            return ratings.c.team, ratings.c.team, ratings
        case By.ENTRY:
            return ratings.c.entry_id, ratings.c.entry_id, ratings
