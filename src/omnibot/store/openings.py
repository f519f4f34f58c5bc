"""Who writes for the first time: contacts and conversations of many, a statement of a kind."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation, Status
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.store.conversations import FIRST_EPOCH, new_row
from omnibot.store.schema import contacts, conversations


class Opening(NamedTuple):
    """A conversation that somebody begins who is new to us."""

    address: Address
    language: Language
    name: str | None


_MEET = contacts.insert().returning(contacts.c.id, sort_by_parameter_order=True)
_OPEN = conversations.insert().returning(conversations.c.id, sort_by_parameter_order=True)


def open_many(tx: Connection, openings: list[Opening], *, now: datetime) -> dict[Address, Conversation]:
    """Conversations with the bot, each with a contact of its own. The caller has looked the addresses up under a lock."""
    people = [{"name": one.name, "language": one.language.value, "created_at": now} for one in openings]
    contact_ids = tx.execute(_MEET, people).scalars().all()
    rows = [
        new_row(one.address, contact_id=contact_id, language=one.language, page_url=None, now=now)
        for one, contact_id in zip(openings, contact_ids, strict=True)
    ]
    ids = tx.execute(_OPEN, rows).scalars().all()
    return {
        one.address: Conversation(
            id=id,
            contact_id=contact_id,
            address=one.address,
            status=Status.BOT,
            epoch=FIRST_EPOCH,
            last_seq=0,
            language=one.language,
            created_at=now,
        )
        for one, contact_id, id in zip(openings, contact_ids, ids, strict=True)
    }
