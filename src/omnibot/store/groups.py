"""Groups known to omnibot. One that is gone is kept and marked; it may come back."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.group import Group, GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.store.schema import cards, groups, strangers
from omnibot.store.upsert import insert


def register(
    tx: Connection,
    address: Address,
    role: GroupRole,
    *,
    dealer_id: int | None = None,
    language: Language,
    by: int | None,
    now: datetime,
) -> Group:
    """The group has this role from now on. Registering it again with the same role changes nothing; with another, the
    old row is marked as gone."""
    known = _at(tx, address)
    if known and (known.role, known.dealer_id) == (role, dealer_id):
        return known
    if known:
        _lose(tx, groups.c.id == known.id, "registered for something else", now)
    values = {
        "channel": address.channel,
        "chat": address.chat,
        "thread": address.thread,
        "role": role.value,
        "dealer_id": dealer_id,
        "language": language.value,
        "registered_by": by,
        "registered_at": now,
    }
    id = tx.execute(groups.insert().returning(groups.c.id), values).scalar_one()
    registered = get(tx, id)
    assert registered is not None
    return registered


def get(tx: Connection, id: int) -> Group | None:
    return _one(tx, groups.c.id == id)


def at(tx: Connection, address: Address) -> Group | None:
    """The group that an address lies in: that very thread or, where it is none, the whole chat."""
    exact = _at(tx, address)
    return exact or (_at(tx, Address(channel=address.channel, chat=address.chat)) if address.thread else None)


def are_in(tx: Connection, address: Address) -> bool:
    """Whether people work in that chat or in a thread of it."""
    here = (groups.c.channel == address.channel) & (groups.c.chat == address.chat) & groups.c.gone_at.is_(None)
    return tx.execute(select(groups.c.id).where(here).limit(1)).first() is not None


def in_force(tx: Connection, role: GroupRole) -> list[Group]:
    """Those that are not gone."""
    query = select(groups).where(groups.c.role == role.value, groups.c.gone_at.is_(None)).order_by(groups.c.id)
    return [_of_row(row) for row in tx.execute(query).mappings()]


def of_dealer(tx: Connection, dealer_id: int) -> list[Group]:
    """The dealer's groups that are not gone."""
    return [group for group in in_force(tx, GroupRole.DEALER) if group.dealer_id == dealer_id]


def listing(tx: Connection) -> list[Group]:
    """All of them, the gone ones too, the newest first."""
    return [_of_row(row) for row in tx.execute(select(groups).order_by(groups.c.id.desc())).mappings()]


def remove(tx: Connection, id: int, why: str, now: datetime) -> bool:
    """Nothing is shown there any more, and what is said there counts for nothing; False if that was so."""
    return _lose(tx, groups.c.id == id, why, now) == 1


def lose(tx: Connection, address: Address, why: str, now: datetime) -> list[Group]:
    """The chat cannot be reached any more; returns the groups in it that could until now."""
    here = (groups.c.channel == address.channel) & (groups.c.chat == address.chat) & groups.c.gone_at.is_(None)
    lost = [_of_row(row) for row in tx.execute(select(groups).where(here)).mappings()]
    _lose(tx, here, why, now)
    return lost


def regain(tx: Connection, address: Address, why: str) -> list[Group]:
    """The chat lets us in again: what was lost for that reason counts again, unless its place was taken."""
    found = select(groups).where(groups.c.channel == address.channel, groups.c.chat == address.chat)
    back = []
    for row in tx.execute(found.order_by(groups.c.id.desc())).mappings().all():
        group = _of_row(row)
        if group.gone_why == why and _at(tx, group.address) is None:
            tx.execute(sa.update(groups).where(groups.c.id == group.id).values(gone_at=None, gone_why=None))
            back.append(group)
    return back


def move(tx: Connection, address: Address, to: Address) -> None:
    """The chat has another id. Messages and threads have other ids there, too: cards are posted anew."""
    moving = select(groups.c.id).where(groups.c.channel == address.channel, groups.c.chat == address.chat)
    ids = list(tx.execute(moving).scalars())
    tx.execute(sa.update(cards).where(cards.c.group_id.in_(ids)).values(external_id=None, place="", thread=""))
    tx.execute(sa.update(groups).where(groups.c.id.in_(ids)).values(channel=to.channel, chat=to.chat))


def set_language(tx: Connection, id: int, language: Language) -> None:
    tx.execute(sa.update(groups).where(groups.c.id == id).values(language=language.value))


def greet_stranger(tx: Connection, group_id: int, sender: str, now: datetime) -> bool:
    """Whether this person has not been told yet that the group's work is not theirs; from now on they have."""
    row = {"group_id": group_id, "sender": sender, "told_at": now}
    statement = insert(tx.dialect.name, strangers).values(**row).on_conflict_do_nothing()
    return tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount == 1


def _lose(tx: Connection, which: "sa.ColumnElement[bool]", why: str, now: datetime) -> int:
    statement = sa.update(groups).where(which, groups.c.gone_at.is_(None)).values(gone_at=now, gone_why=why)
    return tx.execute(statement).rowcount


def _at(tx: Connection, address: Address) -> Group | None:
    return _one(
        tx,
        (groups.c.channel == address.channel)
        & (groups.c.chat == address.chat)
        & (groups.c.thread == address.thread)
        & groups.c.gone_at.is_(None),
    )


def _one(tx: Connection, condition: "sa.ColumnElement[bool]") -> Group | None:
    row = tx.execute(select(groups).where(condition)).mappings().one_or_none()
    return _of_row(row) if row else None


def _of_row(row: Any) -> Group:
    return Group(
        id=row["id"],
        address=Address(channel=row["channel"], chat=row["chat"], thread=row["thread"]),
        role=GroupRole(row["role"]),
        dealer_id=row["dealer_id"],
        language=Language(row["language"]),
        registered_by=row["registered_by"],
        registered_at=row["registered_at"],
        gone_at=row["gone_at"],
        gone_why=row["gone_why"],
    )
