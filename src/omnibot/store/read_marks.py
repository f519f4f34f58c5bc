"""How far each side has read: one row a conversation, which only moves on."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.read_mark import UNREAD, ReadMarks
from omnibot.store.schema import read_marks
from omnibot.store.upsert import insert

_OF = select(read_marks.c.customer_seq, read_marks.c.customer_at, read_marks.c.staff_seq, read_marks.c.staff_at).where(
    read_marks.c.conversation_id == bindparam("id")
)


def of(tx: Connection, conversation_id: int) -> ReadMarks:
    row = tx.execute(_OF, {"id": conversation_id}).one_or_none()
    if row is None:
        return UNREAD
    return ReadMarks(customer=row[0], customer_at=row[1], staff=row[2], staff_at=row[3])


def move(tx: Connection, conversation_id: int, seq: int, *, by_customer: bool, now: datetime) -> bool:
    """Whether the mark of that side stood before `seq`; it stands there now."""
    side = "customer" if by_customer else "staff"
    values = {"conversation_id": conversation_id, "customer_seq": 0, "staff_seq": 0}
    moved = {f"{side}_seq": seq, f"{side}_at": now}
    row = insert(tx.dialect.name, read_marks).values(values | moved)
    further = row.on_conflict_do_update(
        index_elements=["conversation_id"], set_=moved, where=read_marks.c[f"{side}_seq"] < seq
    )
    return tx.execute(further.returning(read_marks.c.conversation_id)).first() is not None
