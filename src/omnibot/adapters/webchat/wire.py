"""What travels between the widget and us: request bodies, messages and events, and how each is encoded. Pure."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from omnibot.adapters.webchat.onward import OnwardJson
from omnibot.domain.conversation import Standing
from omnibot.domain.decision import needs_bot
from omnibot.domain.message import Attachment, Choice, Message
from omnibot.texts.markup import to_html

TEXT_LENGTH = 8_000  # characters
CLIENT_ID_LENGTH = 64

ClientId = Annotated[str, Meta(min_length=1, max_length=CLIENT_ID_LENGTH, pattern=r"^[A-Za-z0-9_.:-]+$(?!\n)")]


FileId = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,14}$(?!\n)")]


class OpenSession(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    language: Annotated[str, Meta(max_length=35)] | None = None
    page_url: Annotated[str, Meta(max_length=2_000)] | None = None
    identity: Annotated[str, Meta(max_length=4_000)] | None = None


class SendMessage(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One of `text` and `choice`, or files with or without a text."""

    client_id: ClientId
    text: str | None = None
    choice: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    files: Annotated[list[FileId], Meta(max_length=10)] = []


class HaveRead(Struct, forbid_unknown_fields=True, frozen=True):
    """The newest that the visitor has seen."""

    seq: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class SayTyping(Struct, forbid_unknown_fields=True, frozen=True):
    """Nothing to say but that somebody types."""


class ChoiceJson(Struct, frozen=True, omit_defaults=True):
    id: str
    label: str
    needs_bot: bool = False  # it does nothing while people have the conversation


class AttachmentJson(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str
    media_type: str
    size: int
    url: str | None = None  # below this server, to be fetched with the token
    problem: str | None = None  # why it is not there


class UploadedJson(Struct, frozen=True):
    file_id: str


class MessageJson(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    seq: int
    author: str
    text: str
    html: str
    at: str
    author_name: str | None = None
    client_id: str | None = None
    choices: list[ChoiceJson] = []
    chosen: str | None = None
    attachments: list[AttachmentJson] = []
    edited_at: str | None = None


class MessagesJson(Struct, frozen=True):
    messages: list[MessageJson]
    cursor: int
    read: int | UnsetType = UNSET  # as in the status


class AcceptedJson(Struct, frozen=True):
    id: str
    seq: int


class StatusJson(Struct, frozen=True, kw_only=True):
    status: str
    agent_name: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    expected: str | UnsetType = UNSET
    read: int | UnsetType = UNSET  # up to which seq people have read; absent: nobody's reading is noted


class WelcomeJson(Struct, frozen=True, kw_only=True):
    name: str
    reply_time: str
    questions: list[str]


class SessionJson(Struct, frozen=True, kw_only=True):
    token: str
    conversation_id: str
    cursor: int
    status: StatusJson
    welcome: WelcomeJson
    onward: list[OnwardJson] = []  # where the visitor may go on instead
    mails_transcript: bool = False  # whether a copy of the chat can be had by mail


class TypingJson(Struct, frozen=True):
    author_name: str | None


encode = msgspec.json.encode
open_session_decoder = msgspec.json.Decoder(OpenSession)
have_read_decoder = msgspec.json.Decoder(HaveRead)
send_message_decoder = msgspec.json.Decoder(SendMessage)


def message_id(conversation_id: int, seq: int) -> str:
    return f"{conversation_id}.{seq}"


def of_message(message: Message) -> MessageJson:
    """A message as the visitor sees it."""
    return MessageJson(
        id=message_id(message.conversation_id, message.seq),
        seq=message.seq,
        author=message.author,
        text=message.text,
        html=to_html(message.text, message.author),
        at=_written(message.at),
        author_name=message.author_name,
        client_id=message.external_id if message.agent_id is None else None,
        choices=list(map(of_choice, message.choices)),
        chosen=message.chosen,
        attachments=list(map(of_attachment, message.files)),
        edited_at=_written(message.edited_at) if message.edited_at else None,
    )


@lru_cache(maxsize=16)  # what is said together is said at one instant
def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def of_choice(choice: Choice) -> ChoiceJson:
    return ChoiceJson(choice.id, choice.label, needs_bot(choice.id))


def of_attachment(file: Attachment) -> AttachmentJson:
    return AttachmentJson(
        id=str(file.id),
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        url=None if file.problem else f"/webchat/v1/files/{file.id}",
        problem=file.problem,
    )


def message_event(message: Message) -> bytes:
    """A message as a server-sent event; its id is the cursor to resume from."""
    return b"id: %d\nevent: message\ndata: %s\n\n" % (message.seq, encode(of_message(message)))


def status_event(status: StatusJson) -> bytes:
    return b"event: status\ndata: %s\n\n" % encode(status)


def typing_event(name: str | None) -> bytes:
    return b"event: typing\ndata: %s\n\n" % encode(TypingJson(name))


def of_standing(standing: Standing) -> StatusJson:
    return StatusJson(
        status=standing.conversation.status.value,
        agent_name=standing.agent_name or UNSET,
        position=standing.position or UNSET,
        expected=standing.expected or UNSET,
        read=UNSET if standing.read is None else standing.read,
    )
