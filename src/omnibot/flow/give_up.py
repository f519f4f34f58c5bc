"""Gives up on an event that breaks us however often it is tried: it is kept for people, and its lane goes on."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import HandoffReason
from omnibot.domain.message import Message
from omnibot.flow.desk import Desk
from omnibot.flow.hand_off import hand_off
from omnibot.store import conversations, inbox
from omnibot.store.inbox import Waiting


def give_up(tx: Connection, desk: Desk, head: Waiting, why: str, now: datetime) -> list[Message]:
    """The event is dead; where it belongs to a conversation, people get that conversation. Returns what was said there."""
    conversation = conversations.lock(tx, head.conversation.id) if head.conversation else None
    if not inbox.bury(tx, head.id, why) or conversation is None or conversation.is_with_people:
        return []
    told = hand_off(tx, desk, conversation, conversation, reason=HandoffReason.UNREADABLE, explanation=None, now=now)
    return [told] if told else []
