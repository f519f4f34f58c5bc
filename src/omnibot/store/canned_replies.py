"""Ready-made replies that agents insert."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store.schema import canned_replies


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedReply:
    id: int
    language: str
    title: str
    text: str


def listing(tx: Connection) -> list[CannedReply]:
    query = select(canned_replies).order_by(canned_replies.c.language, canned_replies.c.title)
    return [CannedReply(**row) for row in tx.execute(query).mappings()]


def put(tx: Connection, *, language: str, title: str, text: str) -> None:
    """Add one, or replace the text of the one with the same title."""
    found = tx.execute(
        sa.update(canned_replies)
        .where(canned_replies.c.language == language, canned_replies.c.title == title)
        .values(text=text)
    )
    if not found.rowcount:
        tx.execute(canned_replies.insert(), {"language": language, "title": title, "text": text})


def remove(tx: Connection, id: int) -> bool:
    return tx.execute(sa.delete(canned_replies).where(canned_replies.c.id == id)).rowcount == 1
