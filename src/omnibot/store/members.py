"""Who a platform's person is: one of our users, or one of a dealer's people. Proved once by a code in a private chat."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.group import Member
from omnibot.store import users
from omnibot.store.schema import members

_COLUMNS = tuple(members.c[name] for name in Member.__dataclass_fields__)


def enrol(
    tx: Connection,
    channel: str,
    sender: str,
    *,
    chat: str | None,
    name: str | None,
    user_id: int | None = None,
    dealer_id: int | None = None,
    now: datetime,
) -> Member:
    """The person is this user, or belongs to this dealer. A person is one user and belongs to one dealer at a time."""
    kind = members.c.user_id if user_id is not None else members.c.dealer_id
    _end(tx, (members.c.channel == channel) & (members.c.sender == sender) & kind.is_not(None), now)
    values = {
        "channel": channel,
        "sender": sender,
        "chat": chat,
        "name": name,
        "user_id": user_id,
        "dealer_id": dealer_id,
        "enrolled_at": now,
    }
    id = tx.execute(members.insert().returning(members.c.id), values).scalar_one()
    return Member(id=id, **values)  # type: ignore[arg-type]  # the columns are the fields


def user_of(tx: Connection, channel: str, sender: str) -> User | None:
    """The user that this person is, unless the account was disabled."""
    known = _of_sender(channel, sender)
    id = tx.execute(select(members.c.user_id).where(known, members.c.user_id.is_not(None))).scalar_one_or_none()
    return users.get(tx, id) if id is not None else None


def of_dealers(tx: Connection, channel: str, sender: str) -> Member | None:
    """This person as one of whichever dealer's people."""
    known = _of_sender(channel, sender)
    row = tx.execute(select(*_COLUMNS).where(known, members.c.dealer_id.is_not(None))).mappings().one_or_none()
    return Member(**row) if row else None


def is_known(tx: Connection, channel: str, sender: str) -> bool:
    """Whether this person is a user of ours or one of a dealer's people."""
    return tx.execute(select(members.c.id).where(_of_sender(channel, sender)).limit(1)).first() is not None


def name_of(tx: Connection, id: int) -> str | None:
    """How a person is called, whether or not still enrolled."""
    return tx.execute(select(members.c.name).where(members.c.id == id)).scalar_one_or_none()


def listing(tx: Connection, *, user_id: int | None = None, dealer_id: int | None = None) -> list[Member]:
    """Those in force, of one user or dealer or of all."""
    query = select(*_COLUMNS).where(members.c.ended_at.is_(None)).order_by(members.c.id)
    if user_id is not None:
        query = query.where(members.c.user_id == user_id)
    if dealer_id is not None:
        query = query.where(members.c.dealer_id == dealer_id)
    return [Member(**row) for row in tx.execute(query).mappings()]


def get(tx: Connection, id: int) -> Member | None:
    """None for one that has ended, too."""
    query = select(*_COLUMNS).where(members.c.id == id, members.c.ended_at.is_(None))
    row = tx.execute(query).mappings().one_or_none()
    return Member(**row) if row else None


def end(tx: Connection, id: int, now: datetime) -> bool:
    """The person is nobody's any more; False if that was so."""
    return _end(tx, members.c.id == id, now) == 1


def _of_sender(channel: str, sender: str) -> Any:
    return (members.c.channel == channel) & (members.c.sender == sender) & members.c.ended_at.is_(None)


def _end(tx: Connection, which: "sa.ColumnElement[bool]", now: datetime) -> int:
    return tx.execute(sa.update(members).where(which, members.c.ended_at.is_(None)).values(ended_at=now)).rowcount
