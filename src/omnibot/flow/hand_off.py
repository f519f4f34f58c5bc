"""Gives a conversation to people: nobody's in particular yet, with a promise to reply and one honest sentence."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation, HandoffReason
from omnibot.domain.message import Author, Message
from omnibot.domain.promise import PromiseKind
from omnibot.domain.triage import Explanation
from omnibot.flow import word
from omnibot.flow.desk import Desk
from omnibot.flow.owe import owe, show_due
from omnibot.flow.say import say
from omnibot.flow.surge import call_back, tell_wait
from omnibot.store import conversations, outbox


def hand_off(
    tx: Connection,
    desk: Desk,
    before: Conversation,
    following: Conversation,
    *,
    reason: HandoffReason,
    explanation: Explanation | None,
    now: datetime,
) -> Message | None:
    """Put the conversation into the queue; returns what the customer is told, or None if the epoch has moved on.

    `before` is the state it was decided under, `following` the same with what was learnt from the message.
    """
    handed = queue(tx, desk, before, following, reason=reason, now=now)
    if handed is None:
        return None
    words = desk.texts.of(handed.language)
    waiting = tell_wait.look(tx, desk.stopwatch, desk.policy, desk.rules, handed, now)
    return say(
        tx,
        desk,
        handed,
        author=Author.SYSTEM,
        text=word.handoff(words, reason, desk.policy, now, waiting),
        choices=call_back.offers(words, desk.policy, waiting),
        explanation=explanation,
        now=now,
    )


def queue(
    tx: Connection, desk: Desk, before: Conversation, following: Conversation, *, reason: HandoffReason, now: datetime
) -> Conversation | None:
    """`hand_off` without a word to the customer; None if the epoch has moved on."""
    handed = following.handed_off(reason, now)
    if not conversations.save(tx, before, handed, now=now):
        return None
    owe(tx, desk, PromiseKind.FIRST_REPLY, now=now, conversation_id=handed.id, contact_id=handed.contact_id)
    handed = replace(handed, due_at=show_due(tx, handed.id))
    outbox.cancel_bots(tx, handed.id, now)
    return handed
