"""Contacts, and the visitors' tokens that prove who writes in a web chat."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.contact import Contact
from omnibot.domain.fact import TIER
from omnibot.domain.language import Language
from omnibot.domain.value import dataclass
from omnibot.store import facts
from omnibot.store.purchases import Saved
from omnibot.store.schema import contacts, conversations, tickets, visitors

_CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who holds a web chat token, and the conversation it opens."""

    conversation_id: int
    contact_id: int
    expires_at: datetime
    is_identified: bool = False  # whether a signed identity names whose conversation it is


class Imported(NamedTuple):
    """A customer as the operator's own system has him. What is None is not known there."""

    external_ref: str
    name: str | None
    email: str | None
    language: Language | None


def add(
    tx: Connection,
    *,
    language: Language,
    now: datetime,
    name: str | None = None,
    email: str | None = None,
    external_ref: str | None = None,
) -> Contact:
    id = tx.execute(
        contacts.insert().returning(contacts.c.id),
        {
            "name": name,
            "email": email,
            "language": language.value,
            "external_ref": external_ref,
            "created_at": now,
        },
    ).scalar_one()
    contact = get(tx, id)
    assert contact is not None
    return contact


_GET = select(contacts).where(contacts.c.id == bindparam("id"))


def get(tx: Connection, id: int) -> Contact | None:
    row = tx.execute(_GET, {"id": id}).mappings().one_or_none()
    return _of_row(row) if row else None


def by_external_ref(tx: Connection, external_ref: str) -> Contact | None:
    return _one(tx, contacts.c.external_ref == external_ref)


def listing(tx: Connection, *, after: int = 0, limit: int = 50) -> list[Contact]:
    query = select(contacts).where(contacts.c.id > after).order_by(contacts.c.id).limit(limit)
    return [_of_row(row) for row in tx.execute(query).mappings()]


def tier(tx: Connection, id: int) -> str | None:
    """How a contact is served; None is as everybody."""
    return tiers(tx, [id]).get(id)


def tiers(tx: Connection, ids: Iterable[int]) -> dict[int, str]:
    """By id: what staff have set or, where they have not, the fact "tier"; those who are as everybody are absent."""
    asked = list(ids)
    query = select(contacts.c.id, contacts.c.tier).where(contacts.c.id.in_(asked), contacts.c.tier.is_not(None))
    return facts.of_contacts(tx, asked, TIER) | {row[0]: row[1] for row in tx.execute(query)}


def set_tier(tx: Connection, id: int, tier: str | None) -> None:
    tx.execute(sa.update(contacts).where(contacts.c.id == id).values(tier=tier))


def take_back_name(tx: Connection, id: int, name: str) -> None:
    """The name was another's; nothing is done where somebody has set one since."""
    tx.execute(sa.update(contacts).where(contacts.c.id == id, contacts.c.name == name).values(name=None))


def update(tx: Connection, id: int, *, name: str | None, email: str | None) -> None:
    """Set what is given; None leaves it."""
    values = {key: value for key, value in (("name", name), ("email", email)) if value is not None}
    if values:
        tx.execute(sa.update(contacts).where(contacts.c.id == id).values(**values))


def identify(tx: Connection, id: int, *, external_ref: str, name: str | None, email: str | None) -> None:
    """The contact is now known by a signed identity."""
    tx.execute(sa.update(contacts).where(contacts.c.id == id).values(external_ref=external_ref))
    update(tx, id, name=name, email=email)


def save_imported(tx: Connection, given: list[Imported], now: datetime) -> Saved:
    """Add who is new, bring up to date who is known by the operator's own number."""
    known = {}
    for start in range(0, len(given), _CHUNK):
        refs = [one.external_ref for one in given[start : start + _CHUNK]]
        for row in tx.execute(select(contacts).where(contacts.c.external_ref.in_(refs))).mappings():
            known[row["external_ref"]] = _of_row(row)
    added, changed = [], 0
    for one in given:
        contact = known.get(one.external_ref)
        if contact is None:
            language = one.language or Language.EN
            added.append({**one._asdict(), "language": language.value, "created_at": now})
            continue
        name, email, language = one.name or contact.name, one.email or contact.email, one.language or contact.language
        if (name, email, language) != (contact.name, contact.email, contact.language):
            changed += 1
            values = {"name": name, "email": email, "language": language.value}
            tx.execute(sa.update(contacts).where(contacts.c.id == contact.id).values(values))
    if added:
        tx.execute(contacts.insert(), added)
    return Saved(len(added), changed, len(given) - len(added) - changed)


def known_and_waiting(tx: Connection, *, limit: int = 200) -> list[tuple[int, str]]:
    """Id and the operator's own number of customers who are with people or have an open ticket, the newest first."""
    with_people = select(conversations.c.contact_id).where(conversations.c.status.in_(("queued", "open")))
    with_ticket = select(tickets.c.contact_id).where(tickets.c.status.not_in(("resolved", "closed")))
    query = (
        select(contacts.c.id, contacts.c.external_ref)
        .where(contacts.c.external_ref.is_not(None), contacts.c.id.in_(with_people.union(with_ticket)))
        .order_by(contacts.c.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in tx.execute(query)]


def admit(tx: Connection, token_hash: str, visitor: Visitor, now: datetime) -> None:
    """A token from now on stands for this visitor."""
    tx.execute(
        visitors.insert(),
        {
            "token_hash": token_hash,
            "conversation_id": visitor.conversation_id,
            "contact_id": visitor.contact_id,
            "created_at": now,
            "expires_at": visitor.expires_at,
        },
    )


def visitor(tx: Connection, token_hash: str, now: datetime) -> Visitor | None:
    row = tx.execute(
        select(
            *(visitors.c.conversation_id, visitors.c.contact_id, visitors.c.expires_at),
            contacts.c.external_ref.is_not(None),
        )
        .join(conversations, conversations.c.id == visitors.c.conversation_id)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .where(visitors.c.token_hash == token_hash, visitors.c.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    return Visitor(conversation_id=row[0], contact_id=row[1], expires_at=row[2], is_identified=bool(row[3]))


def dismiss(tx: Connection, token_hash: str) -> None:
    """The token opens nothing any more."""
    tx.execute(sa.delete(visitors).where(visitors.c.token_hash == token_hash))


def _one(tx: Connection, condition: "sa.ColumnElement[bool]") -> Contact | None:
    row = tx.execute(select(contacts).where(condition)).mappings().one_or_none()
    return _of_row(row) if row else None


def _of_row(row: sa.RowMapping) -> Contact:
    return Contact(**{**row, "language": Language(row["language"])})
