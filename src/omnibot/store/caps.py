"""How often somebody may have something in a stretch of time, exact over all processes: a row counts, under its key."""

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from omnibot.store.schema import caps
from omnibot.store.upsert import insert


def take(tx: Connection, key: str, *, most: int, ends_at: datetime, now: datetime) -> bool:
    """Whether there is one left of the `most` under this key until `ends_at`; takes it. What has ended is forgotten."""
    tx.execute(sa.delete(caps).where(caps.c.ends_at <= now))
    if most < 1:
        return False
    digest = hashlib.sha256(key.encode()).hexdigest()
    first = insert(tx.dialect.name, caps).values(digest=digest, taken=1, ends_at=ends_at)
    further = first.on_conflict_do_update(
        index_elements=["digest"], set_={"taken": caps.c.taken + 1}, where=caps.c.taken < most
    )
    return tx.execute(further.returning(caps.c.taken)).scalar_one_or_none() is not None
