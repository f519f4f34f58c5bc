"""Who cannot be written to, and where chats have moved."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Address
from omnibot.store.outbox import PENDING, SENDING
from omnibot.store.prepared import PreparedMany
from omnibot.store.schema import conversations, outbox, unreachable
from omnibot.store.upsert import insert

_REGAIN = PreparedMany(
    lambda _, row: sa.delete(unreachable).where(
        unreachable.c.channel == row["channel"], unreachable.c.chat == row["chat"]
    ),
    channel=unreachable.c.channel,
    chat=unreachable.c.chat,
)


def lose(tx: Connection, address: Address, why: str, now: datetime) -> bool:
    """Nothing can be sent to that chat any more; False if that was known."""
    row = {"channel": address.channel, "chat": address.chat, "why": why, "since": now}
    statement = insert(tx.dialect.name, unreachable).values(**row).on_conflict_do_nothing()
    return tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount == 1


def regain(tx: Connection, address: Address) -> bool:
    """Somebody can be written to again; False if that was so all the time."""
    return _REGAIN.one(tx, address.channel, address.chat) > 0


def regain_many(tx: Connection, addresses: list[Address]) -> None:
    """`regain` for many."""
    _REGAIN.many(tx, [(address.channel, address.chat) for address in addresses])


def why_not(tx: Connection, address: Address) -> str | None:
    """Why nothing can be sent to that chat; None if it can."""
    return tx.execute(select(unreachable.c.why).where(*_at(unreachable, address))).scalar_one_or_none()


def move(tx: Connection, address: Address, to: Address) -> list[int]:
    """Everything at one chat continues at another; returns the conversations that moved. One whose place is taken there
    stays where it is, but what waits to be sent in it goes to the new chat, too."""
    there = conversations.alias("there")
    is_taken = sa.exists().where(
        there.c.channel == to.channel, there.c.chat == to.chat, there.c.thread == conversations.c.thread
    )
    moving = list(
        tx.execute(
            select(conversations.c.id).where(*_at(conversations, address), ~is_taken).order_by(conversations.c.id)
        ).scalars()
    )
    destination = {"channel": to.channel, "chat": to.chat}
    tx.execute(sa.update(conversations).where(conversations.c.id.in_(moving)).values(**destination))
    is_waiting = outbox.c.state.in_((PENDING, SENDING))
    tx.execute(sa.update(outbox).where(*_at(outbox, address), is_waiting).values(**destination))
    tx.execute(sa.delete(unreachable).where(*_at(unreachable, address)))
    return moving


def _at(table: sa.Table, address: Address) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return table.c.channel == address.channel, table.c.chat == address.chat
