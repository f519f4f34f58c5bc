"""Which questions without a good answer belong together, what was decided about them, and which answers colleagues call wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store.schema import faq_gap_questions, faq_gaps, faq_marks
from omnibot.store.upsert import insert

Place = tuple[int, int]  # conversation and seq of a message


class GapState(StrEnum):
    OPEN = "open"
    DRAFTED = "drafted"  # an entry was begun for it
    DISMISSED = "dismissed"  # nothing that the bot should know


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGap:
    id: int
    state: GapState
    entry_id: str | None


def known(tx: Connection, conversation_ids: Iterable[int]) -> dict[Place, int]:
    """The gaps of the questions in these conversations that were ever put into one."""
    query = select(faq_gap_questions).where(faq_gap_questions.c.conversation_id.in_(list(conversation_ids)))
    return {(row[0], row[1]): row[2] for row in tx.execute(query)}


def add(tx: Connection, now: datetime) -> int:
    values = {"state": GapState.OPEN.value, "created_at": now}
    added = tx.execute(faq_gaps.insert().values(values)).inserted_primary_key
    assert added is not None
    id: int = added[0]
    return id


def put(tx: Connection, gaps: Mapping[Place, int]) -> None:
    """These questions belong to these gaps from now on."""
    if not gaps:
        return
    rows = [{"conversation_id": place[0], "seq": place[1], "gap_id": gap} for place, gap in gaps.items()]
    adding = insert(tx.dialect.name, faq_gap_questions)
    tx.execute(
        adding.on_conflict_do_update(
            index_elements=["conversation_id", "seq"], set_={"gap_id": adding.excluded.gap_id}
        ),
        rows,
    )


def get(tx: Connection, id: int) -> KnownGap | None:
    return get_all(tx, [id]).get(id)


def get_all(tx: Connection, ids: Iterable[int]) -> dict[int, KnownGap]:
    query = select(faq_gaps.c.id, faq_gaps.c.state, faq_gaps.c.entry_id).where(faq_gaps.c.id.in_(list(ids)))
    return {row[0]: KnownGap(id=row[0], state=GapState(row[1]), entry_id=row[2]) for row in tx.execute(query)}


def decide(
    tx: Connection, id: int, state: GapState, *, by: int, now: datetime, entry_id: str | None = None
) -> KnownGap | None:
    """The gap as it is now; None if there is no such gap."""
    values = {"state": state.value, "decided_by": by, "decided_at": now}
    if entry_id is not None:
        values["entry_id"] = entry_id
    tx.execute(sa.update(faq_gaps).where(faq_gaps.c.id == id).values(**values))
    return get(tx, id)


def mark(tx: Connection, place: Place, entry_id: str, *, by: int, now: datetime) -> None:
    """A colleague says that this answer was wrong; saying it again changes nothing."""
    values = {"conversation_id": place[0], "seq": place[1], "entry_id": entry_id, "user_id": by, "at": now}
    tx.execute(insert(tx.dialect.name, faq_marks).values(values).on_conflict_do_nothing())


def marks(tx: Connection, conversation_ids: Iterable[int]) -> set[Place]:
    """The answers called wrong in these conversations."""
    query = select(faq_marks.c.conversation_id, faq_marks.c.seq)
    query = query.where(faq_marks.c.conversation_id.in_(list(conversation_ids)))
    return {(row[0], row[1]) for row in tx.execute(query)}
