"""What a colleague passes on stands for whoever wrote it: the customer is answered, and the colleague's words above it are a note.

Only of a colleague whose address the mail server vouches for. Who wrote what he passes on is proved by nothing, so what is
known of that customer is told to nobody.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage, PassedOn
from omnibot.domain.access import User
from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Author, Note
from omnibot.flow.desk import Desk
from omnibot.flow.say import said_automatically, say
from omnibot.store import conversations, messages, users


def agent_of(tx: Connection, parsed: InboundMessage) -> User | None:
    """The colleague who passes on what somebody else wrote; None: nobody does, or it is not proved who."""
    if parsed.passed_on is None or parsed.is_verified is not True or parsed.is_automatic or parsed.sender is not None:
        return None
    known = users.by_email(tx, parsed.address.chat)
    return users.get(tx, known.id) if known else None


def as_written(parsed: InboundMessage, passed_on: PassedOn) -> InboundMessage:
    """As if its writer had sent it, whom nobody vouches for; as it is where nobody is named."""
    if passed_on.by is None:
        return parsed
    return replace(
        parsed,
        address=passed_on.by,
        sender_name=passed_on.name,
        text=passed_on.text,
        subject=passed_on.subject or parsed.subject,
        quoted=passed_on.quoted,
        html=passed_on.html,
        message_id=passed_on.message_id,
        copied=(),
        references=tuple(dict.fromkeys(id for id in (passed_on.message_id, *parsed.references) if id)),
        is_automatic=passed_on.is_automatic,
        is_verified=False,
        passed_on=None,
    )


def note(tx: Connection, desk: Desk, conversation: Conversation, agent: User, above: str, now: datetime) -> None:
    """Who has passed it on, and what he said to it."""
    words = desk.texts.of(desk.staff_language)
    told = words("Passed on by mail. Who wrote it stands in the head of that mail, which proves nothing.")
    said = Note(
        conversation_id=conversation.id,
        seq=conversations.next_seq_quietly(tx, conversation.id, now=now),
        agent_id=agent.id,
        author_name=agent.name,
        text=f"{told}\n\n{above}".strip(),
        at=now,
    )
    messages.add_note(tx, said)


def tell_unnamed(tx: Connection, desk: Desk, conversation: Conversation, now: datetime) -> None:
    """The colleague hears that it stands as his own."""
    if said_automatically(tx, desk, conversation, now) >= desk.policy.automatic_per_hour:
        return
    words = desk.texts.of(conversation.language)
    text = words(
        "It cannot be read who wrote the mail that you passed on, so it stands as your own question. Pass it on as an attachment, "
        "each customer's in a mail of its own."
    )
    say(tx, desk, conversation, author=Author.SYSTEM, text=text, now=now)
