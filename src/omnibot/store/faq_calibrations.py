"""Thresholds that people applied, with all their versions; the newest is in force."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.calibration import Calibration
from omnibot.domain.policy import Thresholds
from omnibot.store.schema import faq_calibrations as table
from omnibot.store.upsert import insert


def newest(tx: Connection) -> Calibration | None:
    """The one in force."""
    return next(iter(listing(tx, limit=1)), None)


def get(tx: Connection, n: int) -> Calibration | None:
    row = tx.execute(select(table).where(table.c.n == n)).mappings().one_or_none()
    return _of(row) if row else None


def listing(tx: Connection, *, limit: int) -> list[Calibration]:
    """The newest first."""
    query = select(table).order_by(table.c.n.desc()).limit(limit)
    return [_of(row) for row in tx.execute(query).mappings()]


def add(tx: Connection, calibration: Calibration) -> bool:
    """The newest from now on; False if its number is taken: somebody was quicker."""
    thresholds = calibration.thresholds
    values = {
        "n": calibration.n,
        "answer": thresholds and thresholds.answer,
        "suggest": thresholds and thresholds.suggest,
        "margin": thresholds and thresholds.margin,
        "forbidden": calibration.forbidden,
        "wanted": calibration.wanted,
        "note": calibration.note,
        "restores": calibration.restores,
        "author_id": calibration.author_id,
        "author_name": calibration.author_name,
        "at": calibration.at,
    }
    adding = insert(tx.dialect.name, table).values(values).on_conflict_do_nothing().returning(table.c.n)
    return tx.execute(adding).one_or_none() is not None


def _of(row: Any) -> Calibration:
    is_set = row["answer"] is not None
    return Calibration(
        n=row["n"],
        thresholds=Thresholds(answer=row["answer"], suggest=row["suggest"], margin=row["margin"]) if is_set else None,
        forbidden=row["forbidden"],
        wanted=row["wanted"],
        note=row["note"],
        restores=row["restores"],
        author_id=row["author_id"],
        author_name=row["author_name"],
        at=row["at"],
    )
