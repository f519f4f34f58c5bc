"""The chats and the people through which a dealer is reached. Their tables belong to the groups; here they are only looked at."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store.schema import dealers

# Where the tables of groups are not there yet, no dealer has one.
_groups = sa.table("groups", *map(sa.column, ("id", "channel", "chat", "role", "dealer_id", "gone_at")))
_members = sa.table("members", *map(sa.column, ("id", "channel", "name", "dealer_id", "ended_at")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: int
    name: str | None
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    id: int
    channel: str
    chat: str


def with_group(tx: Connection) -> set[int]:
    """Ids of the dealers that have a group which is not gone."""
    if not _has(tx, "groups"):
        return set()
    query = select(_groups.c.dealer_id).where(_groups.c.dealer_id.is_not(None), _groups.c.gone_at.is_(None))
    return {int(row[0]) for row in tx.execute(query)}


def without_group(tx: Connection) -> frozenset[int]:
    """Ids of the dealers that nobody can tell of a case."""
    return frozenset(row[0] for row in tx.execute(select(dealers.c.id))) - with_group(tx)


def groups_of(tx: Connection, dealer_id: int) -> list[Chat]:
    if not _has(tx, "groups"):
        return []
    query = (
        select(_groups.c.id, _groups.c.channel, _groups.c.chat)
        .where(_groups.c.dealer_id == dealer_id, _groups.c.gone_at.is_(None))
        .order_by(_groups.c.id)
    )
    return [Chat(**row) for row in tx.execute(query).mappings()]


def members_of(tx: Connection, dealer_id: int) -> list[Person]:
    if not _has(tx, "members"):
        return []
    query = (
        select(_members.c.id, _members.c.name, _members.c.channel)
        .where(_members.c.dealer_id == dealer_id, _members.c.ended_at.is_(None))
        .order_by(_members.c.id)
    )
    return [Person(**row) for row in tx.execute(query).mappings()]


def _has(tx: Connection, table: str) -> bool:
    return tx.dialect.has_table(tx, table)
