"""Forms that are being filled in, and how many of their questions were needless."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.form import Filling
from omnibot.store.schema import fillings
from omnibot.store.upsert import insert

_decoder = msgspec.json.Decoder(Filling)
_is_open = fillings.c.ticket_id.is_(None)


def unfinished(tx: Connection, contact_id: int, form: str) -> tuple[Filling, int] | None:
    """How far the contact is with a form, wherever he wrote, and the version to save under."""
    query = select(fillings.c.state, fillings.c.version).where(
        fillings.c.contact_id == contact_id, fillings.c.form == form, _is_open
    )
    row = tx.execute(query).one_or_none()
    return (_decoder.decode(row[0]), row[1]) if row else None


def save(
    tx: Connection,
    contact_id: int,
    filling: Filling,
    *,
    said_by: int,
    version: int | None,
    asked: int,
    needless: int,
    now: datetime,
) -> bool:
    """Write it over `version` (None: there was none); False, and nothing is written, if it has moved on. `said_by` is who
    spoke, of the contacts that are taken together (`together.own_contact`)."""
    state = msgspec.json.encode(filling).decode()
    if version is None:
        row = {
            "contact_id": contact_id,
            "own_contact_id": said_by,
            "form": filling.form,
            "state": state,
            "version": 1,
            "asked": asked,
            "asked_known": needless,
            "at": now,
        }
        begun = insert(tx.dialect.name, fillings).values(row).on_conflict_do_nothing().returning(fillings.c.id)
        return tx.execute(begun).first() is not None
    values = {
        "state": state,
        "asked": fillings.c.asked + asked,
        "asked_known": fillings.c.asked_known + needless,
        "own_contact_id": sa.case((fillings.c.own_contact_id == said_by, said_by)),
    }
    return _update(tx, contact_id, filling.form, version, now, values)


def complete(tx: Connection, contact_id: int, form: str, *, version: int, ticket_id: int, now: datetime) -> bool:
    """What was said is with the ticket now; False if the form has moved on."""
    return _update(tx, contact_id, form, version, now, {"state": "", "ticket_id": ticket_id})


def _update(
    tx: Connection, contact_id: int, form: str, version: int, now: datetime, values: Mapping[str, object]
) -> bool:
    same = (fillings.c.contact_id == contact_id) & (fillings.c.form == form) & (fillings.c.version == version)
    changed = sa.update(fillings).where(same & _is_open).values(**values, version=version + 1, at=now)
    return tx.execute(changed).rowcount == 1


def counts(tx: Connection) -> tuple[int, int]:
    """How many questions were asked, and how many of them needlessly: the answer was known."""
    query = select(func.coalesce(func.sum(fillings.c.asked), 0), func.coalesce(func.sum(fillings.c.asked_known), 0))
    asked, needless = tx.execute(query).one()
    return int(asked), int(needless)


def move(tx: Connection, *, from_id: int, to_id: int) -> None:
    """Two contacts are one: of a form that both have begun, the one that goes on is the kept contact's."""
    begun = select(fillings.c.form).where(fillings.c.contact_id == to_id, _is_open).scalar_subquery()
    tx.execute(sa.delete(fillings).where(fillings.c.contact_id == from_id, _is_open, fillings.c.form.in_(begun)))
    tx.execute(sa.update(fillings).where(fillings.c.contact_id == from_id).values(contact_id=to_id))


def give_back(tx: Connection, *, owner: int, own: int) -> None:
    """What one of two contacts that are parted has said alone is his; what both have said is nobody's, and is forgotten. Of
    a form whose case is open nothing is left here but that it was."""
    its = (fillings.c.contact_id == owner) & _is_open
    tx.execute(sa.delete(fillings).where(its, fillings.c.own_contact_id.is_(None)))
    tx.execute(sa.update(fillings).where(its, fillings.c.own_contact_id == own).values(contact_id=own))
