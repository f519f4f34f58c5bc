"""What is said in a conversation, and where it is said."""

from datetime import datetime
from enum import StrEnum

from omnibot.domain.value import dataclass, hot


class Author(StrEnum):
    """Who speaks to whom; a staff-only remark is a `Note`, never a message."""

    CUSTOMER = "customer"  # the contact
    BOT = "bot"  # an automatic answer
    AGENT = "agent"  # a person of the team
    SYSTEM = "system"  # what happened: a handoff, who joined, a ticket's progress


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One place a message goes to or comes from."""

    channel: str  # "webchat", "telegram:shop"
    chat: str  # the platform's id of the chat
    thread: str = ""  # the platform's id of a thread inside it, empty where there is none


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button under a message. `id` says what pressing it means (see `triage`), `label` what is written on it."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message, or that goes with one."""

    id: int
    name: str  # as its sender calls it
    media_type: str  # found out from its content
    size: int  # bytes
    problem: str | None = None  # why it cannot be had


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One utterance that the customer sees. `(conversation_id, seq)` identifies it; `seq` grows with each commit."""

    conversation_id: int
    seq: int
    author: Author
    text: str
    at: datetime
    agent_id: int | None = None
    author_name: str | None = None
    choices: tuple[Choice, ...] = ()
    chosen: str | None = None  # the id of the choice this message pressed
    external_id: str | None = None  # the sender's own id: the widget's client_id, a platform's message id
    files: tuple[Attachment, ...] = ()
    edited_at: datetime | None = None  # `text` is what it says now; the store keeps what it said before
    deleted_at: datetime | None = None  # taken back by who wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark for staff: an agent's or, without one, omnibot's. Its own type and its own table, so that no view for
    customers can show it by mistake."""

    conversation_id: int
    seq: int
    agent_id: int | None
    author_name: str
    text: str
    at: datetime


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """What a platform sent, before anyone understood it."""

    channel: str
    external_id: str  # the platform's id, unchanged: the same id again is the same event
    lane: str  # the platform's chat: events of one lane are received in order
    payload: str
    original: str | None = (
        None  # what came in is a file, at this path below the data folder; `payload` is what we read of it
    )
