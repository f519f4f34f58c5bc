"""Signed identities with a nonce that somebody has shown, as SHA-256, until they expire anyway."""

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from omnibot.store.schema import shown_identities
from omnibot.store.upsert import insert


def show(tx: Connection, sub: str, nonce: str, *, until: datetime, now: datetime) -> bool:
    """Whether nobody has shown it before; what has expired is forgotten on the way."""
    tx.execute(sa.delete(shown_identities).where(shown_identities.c.expires_at <= now))
    digest = hashlib.sha256(f"{len(sub)}:{sub}{nonce}".encode()).hexdigest()
    row = insert(tx.dialect.name, shown_identities).values(digest=digest, expires_at=until).on_conflict_do_nothing()
    return tx.execute(row.execution_options(preserve_rowcount=True)).rowcount == 1
