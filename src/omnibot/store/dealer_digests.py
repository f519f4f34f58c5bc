"""When dealers were last told of all their open cases."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store.schema import dealer_digests
from omnibot.store.upsert import insert


def told_at(tx: Connection) -> dict[int, datetime]:
    """By dealer."""
    found: dict[int, datetime] = dict(tx.execute(select(dealer_digests.c.dealer_id, dealer_digests.c.told_at)).all())
    return found


def keep(tx: Connection, dealer_id: int, now: datetime) -> None:
    statement = insert(tx.dialect.name, dealer_digests).values(dealer_id=dealer_id, told_at=now)
    tx.execute(statement.on_conflict_do_update(index_elements=["dealer_id"], set_={"told_at": now}))
