"""Which contacts are taken together, for reading. What is known of each stays its own and is read through the links, so
that nothing has to be sorted out when they are parted."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import literal, select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Address
from omnibot.store.schema import Id, links


def people(contact_id: int) -> "sa.CompoundSelect[Any]":
    """The ids of the contact and of those whose addresses are its own now, for an `IN`."""
    given = select(links.c.own_contact_id).where(links.c.contact_id == contact_id, links.c.unlinked_at.is_(None))
    return sa.union_all(select(literal(contact_id, Id)), given)


def given_to(tx: Connection, contact_ids: Iterable[int]) -> dict[int, int]:
    """Whose addresses are now one of these contacts': the contact that has them, by the one they came with."""
    query = select(links.c.own_contact_id, links.c.contact_id).where(
        links.c.contact_id.in_(list(contact_ids)), links.c.unlinked_at.is_(None)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def own_contact(tx: Connection, address: Address, contact_id: int) -> int:
    """Who speaks at an address of the contact, when nobody is taken together: what is learnt there is known of that one."""
    query = select(links.c.own_contact_id).where(
        links.c.channel == address.channel,
        links.c.chat == address.chat,
        links.c.contact_id == contact_id,
        links.c.unlinked_at.is_(None),
    )
    found = tx.execute(query).scalar()
    return contact_id if found is None else int(found)
