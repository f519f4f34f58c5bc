"""Puts words into a conversation: a seq, a message, and an outbox row where the channel has to send it."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Attachment, Author, Choice, Message
from omnibot.domain.triage import Explanation
from omnibot.doorbell import Changed, Spoken
from omnibot.flow.desk import Desk
from omnibot.store import conversations, messages, outbox
from omnibot.store import files as stored_files


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
    if conversation.address.channel not in desk.reading_channels:
        outbox.add(tx, conversation, message, now)
    return message


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
