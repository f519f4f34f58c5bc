"""What Slack sends, as far as we read it. Unknown fields are skipped; what is there has to have the right type.

https://docs.slack.dev/reference/events, https://docs.slack.dev/reference/interaction-payloads
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct


class Authorization(Struct, frozen=True, kw_only=True):
    """Whose installation of the app an event is for."""

    user_id: str | None = None
    is_bot: bool | None = False


class Person(Struct, frozen=True, kw_only=True):
    """Who somebody is, as `users.info` says."""

    name: str | None = None
    locale: str | None = None  # "en-US"


class Known(Struct, frozen=True, kw_only=True):
    """What our door found out and added under `omnibot` before the payload was stored."""

    people: dict[str, Person] = {}  # by user id
    chat: str | None = None  # the direct chat with who sent a command or a form


class Envelope(Struct, frozen=True, kw_only=True):
    """What every payload has, and the event inside."""

    type: str | None = None
    command: str | None = None  # a slash command has no type
    event: Raw = Raw()
    event_id: str | None = None
    team_id: str | None = None
    api_app_id: str | None = None
    authorizations: list[Authorization] | None = None
    trigger_id: str | None = None
    challenge: str | None = None
    omnibot: Known = Known()

    @property
    def has_event(self) -> bool:
        return bytes(self.event).startswith(b"{")


class Kind(Struct, frozen=True, kw_only=True):
    """Of an event; its other fields differ in type from event to event."""

    type: str | None = None


class File(Struct, frozen=True, kw_only=True):
    """https://docs.slack.dev/reference/objects/file-object"""

    id: str | None = None
    name: str | None = None
    title: str | None = None
    mimetype: str | None = None
    size: int | None = None
    mode: str | None = None
    is_external: bool | None = False
    url_private: str | None = None
    url_private_download: str | None = None
    file_access: str | None = None


class Block(Struct, frozen=True, kw_only=True):
    """Only `rich_text` is read further."""

    type: str | None = None
    elements: Raw = Raw()


class Style(Struct, frozen=True, kw_only=True):
    """How a piece of rich text looks."""

    bold: bool | None = False
    italic: bool | None = False
    code: bool | None = False


class RichText(Struct, frozen=True, kw_only=True):
    """Any element of a `rich_text` block, containers and leaves alike."""

    type: str | None = None
    elements: list["RichText"] | None = None
    style: Any = None  # a word on lists, an object on leaves
    indent: int | None = 0
    offset: int | None = 0
    text: str | None = None
    url: str | None = None
    user_id: str | None = None
    channel_id: str | None = None
    usergroup_id: str | None = None
    range: str | None = None
    name: str | None = None
    unicode: str | None = None
    fallback: str | None = None
    value: str | None = None


class Attachment(Struct, frozen=True, kw_only=True):
    """Of these only messages that somebody forwards are read."""

    is_share: bool | None = False
    author_name: str | None = None
    text: str | None = None
    fallback: str | None = None


class EditMark(Struct, frozen=True, kw_only=True):
    user: str | None = None


class Message(Struct, frozen=True, kw_only=True):
    """The events `message` and `app_mention`, and the messages inside an edit, a deletion or a button's payload."""

    type: str | None = None
    subtype: str | None = None
    channel: str | None = None
    channel_type: str | None = None
    ts: str | None = None
    thread_ts: str | None = None
    deleted_ts: str | None = None
    user: str | None = None
    username: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    text: str | None = None
    blocks: list[Block] | None = None
    files: list[File] | None = None
    attachments: list[Attachment] | None = None
    edited: EditMark | None = None
    message: "Message | None" = None
    previous_message: "Message | None" = None


class ChatEvent(Struct, frozen=True, kw_only=True):
    """Events about a chat itself: archived, left, given a new id."""

    channel: str | None = None
    user: str | None = None
    old_channel_id: str | None = None
    new_channel_id: str | None = None


class HomeEvent(Struct, frozen=True, kw_only=True):
    """Somebody looks at our page, or at our messages."""

    user: str
    channel: str
    tab: str | None = None


class Account(Struct, frozen=True, kw_only=True):
    id: str | None = None
    deleted: bool = False


class UserEvent(Struct, frozen=True, kw_only=True):
    """Somebody's account has changed."""

    user: Account


class Tokens(Struct, frozen=True, kw_only=True):
    """Ids of users whose tokens are gone: of people, and of apps."""

    bot: list[str] | None = None


class RevokedEvent(Struct, frozen=True, kw_only=True):
    tokens: Tokens = Tokens()


class Named(Struct, frozen=True, kw_only=True):
    """A user, a channel."""

    id: str | None = None
    name: str | None = None
    username: str | None = None


class Container(Struct, frozen=True, kw_only=True):
    message_ts: str | None = None
    channel_id: str | None = None
    thread_ts: str | None = None


class Label(Struct, frozen=True, kw_only=True):
    text: str | None = None


class Option(Struct, frozen=True, kw_only=True):
    """Of a menu; a plain text as label in today's menus, none in those of attachments."""

    value: str | None = None
    text: Label | str | None = None


class Action(Struct, frozen=True, kw_only=True):
    """A pressed button or a chosen menu line."""

    type: str | None = None
    action_id: str | None = None
    action_ts: str | None = None
    text: Label | str | None = None
    value: str | None = None
    url: str | None = None
    selected_option: Option | None = None
    selected_options: list[Option] | None = None


class Field(Struct, frozen=True, kw_only=True):
    """What somebody wrote into one field of a form, or picked there."""

    value: str | None = None
    selected_date: str | None = None
    selected_option: Option | None = None


class FormState(Struct, frozen=True, kw_only=True):
    values: dict[str, dict[str, Field]] = {}


class ViewBlock(Struct, frozen=True, kw_only=True):
    block_id: str | None = None
    label: Label | None = None


class View(Struct, frozen=True, kw_only=True):
    id: str | None = None
    private_metadata: str | None = None
    blocks: list[ViewBlock] | None = None
    callback_id: str | None = None
    state: FormState | None = None


class Interaction(Struct, frozen=True, kw_only=True):
    """Buttons, forms and shortcuts."""

    type: str | None = None
    callback_id: str | None = None
    trigger_id: str | None = None
    user: Named | None = None
    channel: Named | None = None
    container: Container | None = None
    message: Message | None = None
    message_ts: str | None = None
    original_message: Message | None = None
    actions: list[Action] | None = None
    view: View | None = None


class Command(Struct, frozen=True, kw_only=True):
    """A slash command, whose form fields are stored as JSON."""

    command: str | None = None
    text: str | None = None
    user_id: str | None = None
    user_name: str | None = None
    trigger_id: str | None = None


class SocketFrame(Struct, frozen=True, kw_only=True):
    """What comes through a socket: an envelope around a payload, or word about the socket itself."""

    type: str | None = None
    envelope_id: str | None = None
    payload: Raw = Raw()
    reason: str | None = None
    num_connections: int | None = None


rich_text_elements = msgspec.json.Decoder(list[RichText])
