"""Makes a conversation of its own of a message that began another subject in a known thread.

What waits for an answer goes along with its clock; answers to the message find the new conversation by its id.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.conversation import Conversation, HandoffReason
from omnibot.domain.message import Address, Author, Message
from omnibot.flow.attend import Held
from omnibot.flow.desk import Desk
from omnibot.flow.hand_off import queue
from omnibot.flow.owe import first_due, show_due
from omnibot.flow.say import tell_staff
from omnibot.store import (
    audit,
    conversations,
    external_ids,
    message_details,
    messages,
    moved_messages,
    outbox,
    promises,
    users,
)


@dataclass(frozen=True, slots=True)
class NotPossible:
    """`why` is for people."""

    why: str


def split(
    tx: Connection, desk: Desk, id: int, seq: int, agent: User, *, now: datetime
) -> int | Held | NotPossible | None:
    """The id of the new conversation, which waits in the queue; None if there is no such message."""
    before = conversations.lock(tx, id)
    message = messages.get(tx, id, seq)
    if before is None or message is None:
        return None
    if before.agent_id not in (None, agent.id) and not agent.may_act_as(Role.SUPERVISOR):
        owner = users.get(tx, before.agent_id) if before.agent_id else None
        return Held(agent_id=before.agent_id or 0, agent_name=owner.name if owner else "")
    place = _place(tx, before, message)
    if place is None:
        return NotPossible("only what a customer wrote in a thread can be split off, and not what began it")
    made = conversations.open_at(
        tx, place, contact_id=before.contact_id, language=before.language, page_url=None, now=now
    )
    moved_messages.move(tx, message, to=made.id, seq=conversations.next_seq(tx, made.id, preview=message.text, now=now))
    if subject := message_details.get(tx, made.id, 1).subject:
        conversations.keep_subject(tx, made.id, subject)
    conversations.set_continues(tx, made.id, id)
    words = desk.texts.of(desk.staff_language)
    tell_staff(tx, made.id, words("Split off from conversation {n} by {name}.", n=id, name=agent.name), now)
    tell_staff(tx, id, words("{name} made conversation {n} of a message here.", n=made.id, name=agent.name), now)
    _pass_on(tx, desk, before, made, now)
    audit.write(tx, user_id=agent.id, action="split", subject=f"conversation:{id}", now=now)
    return made.id


def _place(tx: Connection, before: Conversation, message: Message) -> Address | None:
    """Where the new conversation is: in the thread that the message begins."""
    if message.author is not Author.CUSTOMER or message_details.get(tx, before.id, message.seq).subject is None:
        return None
    customers = [one.seq for one in messages.after(tx, before.id, 0, limit=500) if one.author is Author.CUSTOMER]
    if not customers or message.seq == customers[0]:
        return None
    known = external_ids.of_message(tx, before.id, message.seq)
    place = replace(before.address, thread=known[0]) if known else None
    return place if place is not None and conversations.at(tx, place) is None else None


def _pass_on(tx: Connection, desk: Desk, before: Conversation, made: Conversation, now: datetime) -> None:
    """The promise of an answer goes where the question is, unless something else waits in the old conversation, too."""
    fresh = conversations.get(tx, made.id)
    assert fresh is not None
    if not before.is_with_people or _waits(tx, before):
        queue(tx, desk, fresh, fresh, reason=HandoffReason.SPLIT, now=now)
        return
    promises.move_replies(tx, before.id, to=made.id)
    since = before.waiting_since or now
    handed = replace(fresh.handed_off(HandoffReason.SPLIT, now), waiting_since=since, due_at=first_due(tx, made.id))
    conversations.save(tx, fresh, handed, now=now)
    outbox.cancel_bots(tx, made.id, now)
    kept = replace(before, waiting_since=None, due_at=show_due(tx, before.id))
    conversations.save(tx, before, kept, now=now)


def _waits(tx: Connection, before: Conversation) -> bool:
    """Whether the customer has said something since people last wrote."""
    last = next(
        (
            one
            for one in reversed(messages.newest(tx, before.id, limit=100))
            if one.author in (Author.CUSTOMER, Author.AGENT)
        ),
        None,
    )
    return last is not None and last.author is Author.CUSTOMER
