"""What an adapter reads in an event: a message, or one of the other things that happen on a platform."""

from enum import StrEnum

from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.value import dataclass, hot


class Speaker(StrEnum):
    """Who is behind something that was said or pressed."""

    PERSON = "person"  # whom the platform names
    ANONYMOUS = "anonymous"  # a person who speaks as the group or as a channel: nobody can say which
    MACHINE = "machine"  # another bot


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundFile:
    """A file that came with a message, still on the platform."""

    name: str
    media_type: str
    size: int | None  # bytes, where the platform says so
    handle: str  # what the adapter's `fetch` needs to get it; never shown, it may be a secret
    problem: str | None = None  # why it cannot be had, for people: too large, hidden, expired


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """Somebody else's words in a message, by whoever stands in the head above them. That proves nothing."""

    by: Address | None  # where the writer would be answered; None: nobody who could be is named
    name: str | None
    text: str
    subject: str | None
    quoted: str | None
    html: str | None
    message_id: str | None
    is_automatic: bool
    above: str  # what the sender has written to it


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A `RawEvent` as the adapter reads it."""

    address: Address
    sender_name: str | None
    language_hint: str | None  # a BCP 47 tag
    text: str  # what the person wrote, in the Markdown subset
    choice: str | None = None  # the id of the choice that was pressed
    message_id: str | None = None  # the platform's id of the message inside its channel
    sender: str | None = None  # the platform's id of the person; None where the chat is the person
    references: tuple[str, ...] = ()  # ids of messages, ours or theirs, that this one follows; the nearest first
    subject: str | None = None
    quoted: str | None = None  # history and signature that were taken off `text`
    html: str | None = None  # the whole message as safe HTML, where it came as HTML
    files: tuple[InboundFile, ...] = ()
    album: str | None = None  # the platform's id of what it is one part of: files that were sent together
    is_automatic: bool = False  # a machine wrote it: kept and shown, never answered
    is_verified: bool | None = True  # whether the platform vouches for who wrote it; None: it does not say
    copied: tuple[str, ...] = ()  # who else got it, where the platform has copies
    is_addressed: bool = True  # False: nobody called us; it belongs only to a conversation that is there already
    is_overheard: bool = False  # nor can it belong to a conversation: only groups known to omnibot listen
    is_group: bool = False  # several people hear what is said there, and may say something
    speaker: Speaker = Speaker.PERSON
    is_forwarded: bool = False  # somebody else's words, or a button under a copy of the message
    passed_on: PassedOn | None = None  # what of it somebody else wrote, where the platform tells that apart
    press: str | None = None  # the platform's id of the press, where it waits for an answer (`Whispers`, `ShowsForms`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A message has another text now. The earlier one is kept."""

    address: Address
    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A message was taken back. It is marked, not removed."""

    address: Address
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """A message of ours did not arrive, as the platform reports later."""

    message_id: str  # as in `Sent.external_id`
    why: str
    is_permanent: bool
    recipients: tuple[str, ...] = ()  # whom it did not reach, where that is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachability:
    """Somebody blocked us, or lets us write again."""

    address: Address
    is_reachable: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A chat has a new id; everything at the old one continues there."""

    address: Address
    to: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """People have left a group, or are in it again."""

    address: Address  # without a chat: all groups of the channel, for an account that was closed
    senders: tuple[str, ...]  # the platform's ids of the people
    is_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """Somebody looks at the page that the platform has of us for them (`ShowsHome`)."""

    address: Address  # of their private chat with us
    sender: str
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class ShutOut:
    """The platform lets us in no more: we were removed there, or our credentials taken back. `why` is for people."""

    why: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us: our own echo, another bot, a chat that did not call us. `why` is for people."""

    why: str


Inbound = (
    InboundMessage | Edited | Deleted | Bounced | Reachability | Moved | Membership | HomeOpened | ShutOut | Ignored
)


class Unreadable(Exception):
    """The payload makes no sense; it is kept and shown to a person."""
