"""Conversations that were offered to the team that theirs overflows to: once for each wait."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.engine import Connection

from omnibot.store.schema import overflows
from omnibot.store.upsert import insert


def known(tx: Connection, waits: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those that were offered before, of these conversations in these epochs."""
    own = tuple_(overflows.c.conversation_id, overflows.c.epoch)
    query = select(overflows.c.conversation_id, overflows.c.epoch).where(own.in_(list(waits)))
    return {(row[0], row[1]) for row in tx.execute(query)}


def add(
    tx: Connection, *, conversation_id: int, epoch: int, from_team: str, to_team: str, why: str, now: datetime
) -> bool:
    """False if it was offered before."""
    row = {
        "conversation_id": conversation_id,
        "epoch": epoch,
        "from_team": from_team,
        "to_team": to_team,
        "why": why,
        "at": now,
    }
    added = insert(tx.dialect.name, overflows).values(**row).on_conflict_do_nothing()
    return tx.execute(added.returning(overflows.c.id)).first() is not None
