"""When dealers were last told of all their open cases."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store.schema import dealer_digests
from omnibot.store.upsert import insert


def told_at(tx: Connection) -> dict[int, datetime]:
    """By dealer."""
    found: dict[int, datetime] = dict(tx.execute(select(dealer_digests.c.dealer_id, dealer_digests.c.told_at)).all())
    return found


def claim(tx: Connection, dealer_id: int, now: datetime, *, told_at: datetime | None) -> bool:
    """Whether the dealer is ours to tell: nobody else has since it was last told, at `told_at`. Waits for another process
    that tells it just now."""
    if told_at is None:
        first = insert(tx.dialect.name, dealer_digests).values(dealer_id=dealer_id, told_at=now)
        claimed = first.on_conflict_do_nothing().returning(dealer_digests.c.dealer_id)
        return tx.execute(claimed).scalar_one_or_none() is not None
    is_unchanged = (dealer_digests.c.dealer_id == dealer_id) & (dealer_digests.c.told_at == told_at)
    return tx.execute(sa.update(dealer_digests).where(is_unchanged).values(told_at=now)).rowcount == 1
