"""Whole conversations, many at once: for looking back at what was asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.language import Language
from omnibot.domain.message import Message
from omnibot.domain.triage import Explanation
from omnibot.store import faq_gaps, messages
from omnibot.store.faq_gaps import Place
from omnibot.store.schema import contacts, conversations

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One conversation: its messages since an instant, in order."""

    conversation_id: int
    language: Language
    contact_name: str | None
    messages: list[Message]
    explanations: dict[int, Explanation]  # by seq
    wrong: frozenset[int]  # seqs of answers that a colleague called wrong


def recent(tx: Connection, since: datetime, *, most: int) -> list[Transcript]:
    """Conversations in which something was said since, the newest first, at most so many."""
    query = (
        select(conversations.c.id, conversations.c.language, contacts.c.name)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .where(conversations.c.updated_at >= since)
        .order_by(conversations.c.id.desc())
        .limit(most)
    )
    heads = tx.execute(query).all()
    found: list[Transcript] = []
    for start in range(0, len(heads), BATCH):
        batch = heads[start : start + BATCH]
        ids = [row[0] for row in batch]
        said, why = messages.of_many(tx, ids, since=since)
        wrong: set[Place] = faq_gaps.marks(tx, ids)
        found += [
            Transcript(
                conversation_id=id,
                language=Language(language),
                contact_name=name,
                messages=said.get(id, []),
                explanations=why.get(id, {}),
                wrong=frozenset(seq for conversation_id, seq in wrong if conversation_id == id),
            )
            for id, language, name in batch
        ]
    return found
