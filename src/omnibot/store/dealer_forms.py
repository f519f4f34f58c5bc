"""What a dealer's people are being asked in their group, one thing per person and case."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.dealers.dealer_press import Action
from omnibot.domain.value import dataclass
from omnibot.store.schema import dealer_forms
from omnibot.store.upsert import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`said` are the parts of a report that are there; `n` the offer it belongs to."""

    action: Action
    n: int
    said: dict[str, str]
    asked_at: datetime


def get(tx: Connection, ticket_id: int, member_id: int) -> Form | None:
    row = tx.execute(select(dealer_forms).where(*_of(ticket_id, member_id))).mappings().one_or_none()
    if row is None:
        return None
    said = msgspec.json.decode(row["said"], type=dict[str, str])
    return Form(action=Action(row["action"]), n=row["n"], said=said, asked_at=row["asked_at"])


def keep(tx: Connection, ticket_id: int, member_id: int, form: Form) -> None:
    """The person is asked this from now on, and nothing else about the case."""
    values = {
        "n": form.n,
        "action": form.action.value,
        "said": msgspec.json.encode(form.said).decode(),
        "asked_at": form.asked_at,
    }
    statement = insert(tx.dialect.name, dealer_forms).values(ticket_id=ticket_id, member_id=member_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["ticket_id", "member_id"], set_=values))


def drop(tx: Connection, ticket_id: int, member_id: int) -> bool:
    """False if the person was asked nothing."""
    return tx.execute(sa.delete(dealer_forms).where(*_of(ticket_id, member_id))).rowcount == 1


def _of(ticket_id: int, member_id: int) -> tuple["sa.ColumnElement[bool]", "sa.ColumnElement[bool]"]:
    return dealer_forms.c.ticket_id == ticket_id, dealer_forms.c.member_id == member_id
