"""Which dealers can be told of a case."""

from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store.schema import dealers, groups


def with_group(tx: Connection) -> set[int]:
    """Ids of the dealers that have a group which is not gone."""
    query = select(groups.c.dealer_id).where(groups.c.dealer_id.is_not(None), groups.c.gone_at.is_(None))
    return {int(row[0]) for row in tx.execute(query)}


def without_group(tx: Connection) -> frozenset[int]:
    """Ids of the dealers that nobody can tell of a case."""
    return frozenset(row[0] for row in tx.execute(select(dealers.c.id))) - with_group(tx)
