"""What people say who had a copy of a message: it stays in its conversation, as theirs, and nobody vouches for it.

Nothing is answered, told or done because of it: it waits for people. Knowing the id of a message is not enough to be heard
here: somebody in the conversation must have named the address.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage, Limits
from omnibot.domain.conversation import Conversation, HandoffReason
from omnibot.domain.promise import PromiseKind
from omnibot.flow.desk import Desk
from omnibot.flow.hand_off import queue
from omnibot.flow.owe import first_due, owe
from omnibot.store import conversations, external_ids, message_details


def find(tx: Connection, parsed: InboundMessage, limits: Limits) -> Conversation | None:
    """The conversation that somebody answers who had a copy; None for whoever has one of his own by what he answers."""
    address = parsed.address
    if not limits.copies or not parsed.references:
        return None
    if external_ids.conversation_of(tx, address.channel, parsed.references, chat=address.chat):
        return None
    named = message_details.conversation_naming(tx, address.channel, parsed.references, address.chat)
    return conversations.get(tx, named) if named is not None else None


def as_theirs(parsed: InboundMessage) -> InboundMessage:
    """Said by somebody who is not the contact."""
    return replace(parsed, sender=parsed.address.chat, is_verified=False, choice=None)


def wait(tx: Connection, desk: Desk, id: int, now: datetime) -> None:
    """People read it, and owe an answer: those who have the conversation, or else the queue. The contact hears nothing."""
    current = conversations.lock(tx, id)
    assert current is not None
    if not current.is_with_people:
        queue(tx, desk, current, current, reason=HandoffReason.COPIED, now=now)
    elif current.waiting_since is None:
        owe(tx, desk, PromiseKind.NEXT_REPLY, now=now, conversation_id=id, contact_id=current.contact_id)
        conversations.save(tx, current, replace(current, waiting_since=now, due_at=first_due(tx, id)), now=now)
