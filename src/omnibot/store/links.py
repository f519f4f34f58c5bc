"""Whose the addresses are: given to a contact by proof, given back when it is undone. Every row stays, as history."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.contact import ContactAddress, Proof
from omnibot.store import audit, contacts, facts, fillings
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
    """All addresses of one contact are the other's from now on. What is known of it stays its own, and is read as the
    other's (`together`). Raises TwoPeople."""
    kept, given = contacts.get(tx, into), contacts.get(tx, other)
    if kept is None or given is None or kept.id == given.id:
        return
    if given.is_verified:
        raise TwoPeople
    for address in addresses(tx, other):
        give(tx, address.channel, address.chat, to=into, owner=other, proof=proof, by_id=by_id, now=now)
    fillings.move(tx, from_id=other, to_id=into)  # a form goes on in whichever chat
    if kept.name is None and given.name is not None:
        contacts.update(tx, into, name=given.name, email=None)
        lent = sa.update(links).where(links.c.own_contact_id == other, _is_linked_to(into))
        tx.execute(lent.values(lent_name=given.name))


def give(
    tx: Connection, channel: str, chat: str, *, to: int, owner: int, proof: Proof, by_id: int | None, now: datetime
) -> None:
    """The address and all that came from it are `to`'s from now on; `owner` had it until now."""
    home = sa.update(links).where(*_at(channel, chat), links.c.own_contact_id == to).values(unlinked_at=now)
    linked = sa.update(links).where(*_at(channel, chat)).values(contact_id=to)
    came_home = tx.execute(home.returning(links.c.lent_name)).first()
    if came_home is not None and came_home.lent_name is not None:
        contacts.take_back_name(tx, owner, came_home.lent_name)
    if came_home is None and tx.execute(linked).rowcount == 0:
        row = {"channel": channel, "chat": chat, "contact_id": to, "own_contact_id": owner}
        tx.execute(links.insert(), row | {"proof": proof.value, "by_id": by_id, "linked_at": now})
    detail = f"an address on {channel} of contact {owner}, by {proof.value}"
    audit.write(tx, user_id=by_id, action="link", subject=f"contact:{to}", now=now, detail=detail)
    _assign(tx, channel, chat, to)


def turn_round(tx: Connection, channel: str, chat: str, *, owner: int, now: datetime) -> int:
    """The site vouches for who writes at this address: where it was given to `owner`, its own contact is the one that keeps
    the others' from now on. Returns who has the address."""
    query = select(links.c.own_contact_id, links.c.proof, links.c.by_id).where(
        *_at(channel, chat), links.c.contact_id == owner
    )
    link = tx.execute(query).one_or_none()
    if link is None:
        return owner
    merge(tx, link.own_contact_id, owner, proof=Proof(link.proof), by_id=link.by_id, now=now)
    return int(link.own_contact_id)


def give_back(
    tx: Connection, channel: str, chat: str, *, owner: int, by_id: int | None, now: datetime
) -> tuple[int, list[tuple[str, str]]] | None:
    """The address belongs again to the contact it came with, who is returned with all the addresses that go back: those that
    were one contact's before the link are so after it, each with what is known of it. None if `owner` was not given it."""
    whose = select(links.c.own_contact_id).where(*_at(channel, chat), links.c.contact_id == owner)
    own: int | None = tx.execute(whose).scalar_one_or_none()
    if own is None:
        return None
    ended = (
        sa.update(links)
        .where(links.c.own_contact_id == own, _is_linked_to(owner))
        .values(unlinked_at=now)
        .returning(links.c.channel, links.c.chat, links.c.lent_name)
    )
    rows = tx.execute(ended).all()
    for back in rows:
        detail = f"an address on {back.channel} back to contact {own}"
        audit.write(tx, user_id=by_id, action="unlink", subject=f"contact:{owner}", now=now, detail=detail)
        _assign(tx, back.channel, back.chat, own)
        if back.lent_name is not None:
            contacts.take_back_name(tx, owner, back.lent_name)
    fillings.give_back(tx, owner=owner, own=own)
    return own, sorted((back.channel, back.chat) for back in rows)


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
    facts.follow_tickets(tx, channel, chat, contact_id)


def _is_linked_to(contact_id: int) -> "sa.ColumnElement[bool]":
    return (links.c.contact_id == contact_id) & links.c.unlinked_at.is_(None)


def _at(channel: str, chat: str) -> tuple["sa.ColumnElement[bool]", ...]:
    return links.c.channel == channel, links.c.chat == chat, links.c.unlinked_at.is_(None)


def _same_chat(table: sa.Table, chats: sa.Subquery) -> "sa.ColumnElement[bool]":
    return (table.c.channel == chats.c.channel) & (table.c.chat == chats.c.chat)
