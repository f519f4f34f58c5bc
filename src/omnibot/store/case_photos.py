"""Photos that a dealer's people posted for a case."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Attachment
from omnibot.store.schema import case_photos, files


def add(tx: Connection, *, ticket_id: int, n: int, file_id: int | None, member_id: int, now: datetime) -> None:
    values = {"ticket_id": ticket_id, "n": n, "file_id": file_id, "member_id": member_id, "at": now}
    tx.execute(case_photos.insert(), values)


def count(tx: Connection, ticket_id: int, n: int) -> int:
    """How many came under one offer: a report shows what that dealer did."""
    query = select(func.count()).where(case_photos.c.ticket_id == ticket_id, case_photos.c.n == n)
    return int(tx.execute(query).scalar_one())


def of_ticket(tx: Connection, ticket_id: int) -> list[Attachment]:
    """Those that are kept, the oldest first."""
    query = (
        select(files.c.id, files.c.name, files.c.media_type, files.c.size, files.c.problem)
        .join(case_photos, case_photos.c.file_id == files.c.id)
        .where(case_photos.c.ticket_id == ticket_id)
        .order_by(case_photos.c.id)
    )
    return [Attachment(**row) for row in tx.execute(query).mappings()]
