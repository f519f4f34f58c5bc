"""Who has left a group where people work, or the platform: what they press there counts for nothing until they are back."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Address
from omnibot.store.schema import departures
from omnibot.store.upsert import insert

EVERYWHERE = ""  # in the place of a chat: the account on the platform was closed


def note(tx: Connection, address: Address, senders: Iterable[str], now: datetime) -> None:
    """They have left."""
    rows = [{"channel": address.channel, "chat": address.chat, "sender": sender, "at": now} for sender in senders]
    if rows:
        tx.execute(insert(tx.dialect.name, departures).on_conflict_do_nothing(), rows)


def end(tx: Connection, address: Address, senders: Iterable[str]) -> None:
    """They are there again."""
    d = departures.c
    known = (d.channel == address.channel) & d.chat.in_((address.chat, EVERYWHERE)) & d.sender.in_(list(senders))
    tx.execute(sa.delete(departures).where(known))


def has_left(tx: Connection, address: Address, sender: str) -> bool:
    """Whether this person has left the group at that address, or the platform."""
    d = departures.c
    known = (d.channel == address.channel) & d.chat.in_((address.chat, EVERYWHERE)) & (d.sender == sender)
    return tx.execute(select(d.sender).where(known).limit(1)).first() is not None
