"""The parts of Bot API objects that we read (https://core.telegram.org/bots/api). What is not listed is skipped.

No library of the platform's is needed to read an update: importing one costs seconds, and a field that it does not
know yet could cost us a message.
"""

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType


class User(Struct, frozen=True):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str | None = None

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.username


class Chat(Struct, frozen=True):
    id: int
    type: str = "private"  # private, group, supergroup, channel
    title: str = ""
    first_name: str = ""
    username: str = ""

    @property
    def is_private(self) -> bool:
        return self.type == "private"


class Entity(Struct, frozen=True):
    """A stretch of text with a meaning. Offset and length in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""
    user: User | None = None


class File(Struct, frozen=True):
    """Anything that can be downloaded: a photo size, document, voice, sticker, …"""

    file_id: str
    file_size: int | None = None
    file_name: str = ""
    mime_type: str = ""
    width: int = 0
    height: int = 0
    duration: int = 0  # seconds
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False
    title: str = ""
    performer: str = ""


class Location(Struct, frozen=True):
    latitude: float
    longitude: float
    live_period: int = 0  # seconds; above 0 it moves


class Venue(Struct, frozen=True):
    location: Location
    title: str = ""
    address: str = ""


class Contact(Struct, frozen=True):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class Line(Struct, frozen=True):
    """An option of a poll, a task of a checklist."""

    text: str = ""


class Poll(Struct, frozen=True):
    question: str
    options: tuple[Line, ...] = ()


class Checklist(Struct, frozen=True):
    title: str
    tasks: tuple[Line, ...] = ()


class Dice(Struct, frozen=True):
    emoji: str
    value: int


class Game(Struct, frozen=True):
    title: str


class Quote(Struct, frozen=True):
    text: str


class Origin(Struct, frozen=True):
    """Where a forwarded message comes from; which of these is set depends on its kind."""

    sender_user: User | None = None
    sender_user_name: str = ""
    sender_chat: Chat | None = None
    chat: Chat | None = None
    author_signature: str = ""

    @property
    def name(self) -> str:
        chat = self.sender_chat or self.chat
        names = (self.sender_user.name if self.sender_user else "", self.sender_user_name, chat.title if chat else "")
        return next((name for name in (*names, self.author_signature) if name), "somebody")


class Button(Struct, frozen=True):
    text: str
    callback_data: str = ""


class Keyboard(Struct, frozen=True):
    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Earlier(Struct, frozen=True):
    """The message that one replies to."""

    message_id: int
    chat: Chat
    sender: User | None = msgspec.field(name="from", default=None)
    text: str = ""
    caption: str = ""


class Message(Struct, frozen=True):
    message_id: int
    chat: Chat
    date: int = 0  # Unix time; 0: no longer accessible
    edit_date: int = 0
    sender: User | None = msgspec.field(name="from", default=None)
    sender_chat: Chat | None = None
    author_signature: str = ""
    message_thread_id: int = 0
    is_topic_message: bool = False
    media_group_id: str = ""
    is_automatic_forward: bool = False
    forward_origin: Origin | None = None
    reply_to_message: Earlier | None = None
    quote: Quote | None = None
    via_bot: User | None = None
    reply_markup: Keyboard | None = None

    text: str = ""
    entities: tuple[Entity, ...] = ()
    caption: str = ""
    caption_entities: tuple[Entity, ...] = ()
    animation: File | None = None
    audio: File | None = None
    document: File | None = None
    live_photo: File | None = None
    photo: tuple[File, ...] = ()
    sticker: File | None = None
    video: File | None = None
    video_note: File | None = None
    voice: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    poll: Poll | None = None
    checklist: Checklist | None = None
    dice: Dice | None = None
    game: Game | None = None
    rich_message: Raw | UnsetType = UNSET
    migrate_to_chat_id: int = 0
    migrate_from_chat_id: int = 0
    left_chat_member: User | None = None
    new_chat_members: tuple[User, ...] = ()


class Callback(Struct, frozen=True):
    """A button was pressed."""

    id: str
    sender: User = msgspec.field(name="from")
    message: Message | None = None
    data: str = ""


class Member(Struct, frozen=True):
    """How somebody stands in a chat."""

    status: str  # creator, administrator, member, restricted, left, kicked
    is_member: bool = True  # said of the restricted only


class MemberChange(Struct, frozen=True):
    """Our own standing in a chat has changed."""

    chat: Chat
    sender: User = msgspec.field(name="from")
    date: int
    old_chat_member: Member
    new_chat_member: Member


class NamedMember(Struct, frozen=True):
    status: str
    user: User
    is_member: bool = True


class OthersChange(Struct, frozen=True):
    """Somebody else's standing in a chat has changed."""

    chat: Chat
    old_chat_member: Member
    new_chat_member: NamedMember
