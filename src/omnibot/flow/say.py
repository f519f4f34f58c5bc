"""Puts words into a conversation: a seq, a message, and an outbox row where the channel has to send it."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.conversation import Conversation
from omnibot.domain.copies import NO_COPIES, Copies
from omnibot.domain.message import Attachment, Author, Choice, Message, Note
from omnibot.domain.triage import Explanation
from omnibot.doorbell import Changed, Spoken
from omnibot.flow.desk import Desk
from omnibot.store import conversations, message_details, messages, outbox
from omnibot.store import files as stored_files
from omnibot.store.message_details import Details


def say(
    tx: Connection,
    desk: Desk,
    conversation: Conversation,
    *,
    author: Author,
    text: str,
    now: datetime,
    agent: User | None = None,
    choices: tuple[Choice, ...] = (),
    files: tuple[Attachment, ...] = (),
    copies: Copies = NO_COPIES,
    external_id: str | None = None,
    explanation: Explanation | None = None,
    seq: int | None = None,
) -> Message:
    """Store one message, to be delivered after the commit. `seq` where the caller has taken one already."""
    message = Message(
        conversation_id=conversation.id,
        seq=seq or conversations.next_seq(tx, conversation.id, preview=text, now=now),
        author=author,
        text=text,
        at=now,
        agent_id=agent.id if agent else None,
        author_name=agent.name if agent else None,
        choices=choices,
        external_id=external_id,
        files=files,
    )
    messages.add(tx, message, explanation)
    if files:
        stored_files.attach(tx, files, conversation_id=conversation.id, seq=message.seq)
    if copies.everybody:
        message_details.add(tx, conversation.id, message.seq, Details(cc=copies.cc, bcc=copies.bcc))
    if conversation.address.channel not in desk.reading_channels:
        outbox.add(tx, conversation, message, now)
    return message


def said_automatically(tx: Connection, desk: Desk, conversation: Conversation, now: datetime) -> int:
    """How much no person wrote of what went there in the last hour. Where readers come for it, nothing is sent: 0."""
    if conversation.address.channel in desk.reading_channels:
        return 0
    since, limit = now - timedelta(hours=1), desk.policy.automatic_per_hour
    return outbox.said_automatically(tx, conversation, since=since, limit=limit)


def tell_staff(tx: Connection, conversation_id: int, text: str, now: datetime) -> None:
    """A note that no agent wrote."""
    seq = conversations.next_seq_quietly(tx, conversation_id, now=now)
    messages.add_note(
        tx, Note(conversation_id=conversation_id, seq=seq, agent_id=None, author_name="omnibot", text=text, at=now)
    )


def announce(desk: Desk, conversation_id: int, spoken: list[Message]) -> None:
    """Tell open browsers, after the commit. Lines that follow each other travel along; otherwise readers look themselves."""
    if not spoken:
        desk.doorbell.publish(Changed(conversation_id, 0))
        return
    first, last = spoken[0].seq, spoken[-1].seq
    if last - first == len(spoken) - 1:
        desk.doorbell.publish(Spoken(conversation_id, first - 1, spoken))
    else:
        desk.doorbell.publish(Changed(conversation_id, last))
