"""Whose the addresses are: given to a contact by proof, given back when it is undone. Every row stays, as history."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.contact import ContactAddress, Proof
from omnibot.store import audit, contacts, facts, fillings, purchases
from omnibot.store.schema import conversations, links, tickets, unreachable, visitors


def addresses(tx: Connection, contact_id: int) -> list[ContactAddress]:
    """Where the contact writes to us, the newest conversation first."""
    newest = func.max(conversations.c.id).label("newest")
    chats = (
        select(conversations.c.channel, conversations.c.chat, newest)
        .where(conversations.c.contact_id == contact_id)
        .group_by(conversations.c.channel, conversations.c.chat)
        .subquery()
    )
    query = (
        select(chats.c.channel, chats.c.chat, chats.c.newest, links.c.proof, links.c.linked_at, unreachable.c.why)
        .outerjoin(links, _same_chat(links, chats) & links.c.unlinked_at.is_(None))
        .outerjoin(unreachable, _same_chat(unreachable, chats))
        .order_by(chats.c.newest.desc())
    )
    return [
        ContactAddress(
            channel=row[0],
            chat=row[1],
            conversation_id=row[2],
            proof=Proof(row[3]) if row[3] else None,
            linked_at=row[4],
            unreachable=row[5],
        )
        for row in tx.execute(query)
    ]


class TwoPeople(Exception):
    """The site vouches for the contact whose addresses should be given away."""


def merge(tx: Connection, into: int, other: int, *, proof: Proof, by_id: int | None, now: datetime) -> None:
    """All addresses of one contact are the other's from now on, and what is known of it. Raises TwoPeople."""
    kept, given = contacts.get(tx, into), contacts.get(tx, other)
    if kept is None or given is None or kept.id == given.id:
        return
    if given.is_verified:
        raise TwoPeople
    for address in addresses(tx, other):
        give(tx, address.channel, address.chat, to=into, owner=other, proof=proof, by_id=by_id, now=now)
    facts.move(tx, from_id=other, to_id=into)
    purchases.move(tx, from_id=other, to_id=into)
    fillings.move(tx, from_id=other, to_id=into)  # a form goes on in whichever chat
    if kept.name is None and given.name is not None:
        contacts.update(tx, into, name=given.name, email=None)


def give(
    tx: Connection, channel: str, chat: str, *, to: int, owner: int, proof: Proof, by_id: int | None, now: datetime
) -> None:
    """The address and all that came from it are `to`'s from now on; `owner` had it until now."""
    linked = sa.update(links).where(*_at(channel, chat)).values(contact_id=to)
    if tx.execute(linked).rowcount == 0:
        row = {"channel": channel, "chat": chat, "contact_id": to, "own_contact_id": owner}
        tx.execute(links.insert(), row | {"proof": proof.value, "by_id": by_id, "linked_at": now})
    detail = f"an address on {channel} of contact {owner}, by {proof.value}"
    audit.write(tx, user_id=by_id, action="link", subject=f"contact:{to}", now=now, detail=detail)
    _assign(tx, channel, chat, to)


def give_back(tx: Connection, channel: str, chat: str, *, owner: int, by_id: int | None, now: datetime) -> int | None:
    """The address belongs again to the contact it came with, who is returned; None if `owner` was not given it."""
    ended = (
        sa.update(links)
        .where(*_at(channel, chat), links.c.contact_id == owner)
        .values(unlinked_at=now)
        .returning(links.c.own_contact_id)
    )
    own: int | None = tx.execute(ended).scalar_one_or_none()
    if own is not None:
        detail = f"an address on {channel} back to contact {own}"
        audit.write(tx, user_id=by_id, action="unlink", subject=f"contact:{owner}", now=now, detail=detail)
        _assign(tx, channel, chat, own)
    return own


def merged_into(tx: Connection, contact_id: int) -> int | None:
    """Who has the addresses of a contact who has none left."""
    query = (
        select(links.c.contact_id)
        .where(links.c.own_contact_id == contact_id, links.c.unlinked_at.is_(None))
        .order_by(links.c.id.desc())
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()


def _assign(tx: Connection, channel: str, chat: str, contact_id: int) -> None:
    there = (conversations.c.channel == channel) & (conversations.c.chat == chat)
    tx.execute(sa.update(conversations).where(there).values(contact_id=contact_id))
    for table in (tickets, visitors):
        ids = select(conversations.c.id).where(there)
        tx.execute(sa.update(table).where(table.c.conversation_id.in_(ids)).values(contact_id=contact_id))


def _at(channel: str, chat: str) -> tuple["sa.ColumnElement[bool]", ...]:
    return links.c.channel == channel, links.c.chat == chat, links.c.unlinked_at.is_(None)


def _same_chat(table: sa.Table, chats: sa.Subquery) -> "sa.ColumnElement[bool]":
    return (table.c.channel == chats.c.channel) & (table.c.chat == chats.c.chat)
