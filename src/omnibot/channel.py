"""The channel contract: what every adapter offers the core, and the three ways in which sending can fail.

    ChannelError
    ├── Unavailable      the platform cannot take it now: try again later
    ├── Undeliverable    this message will never arrive: tell staff, try another verified channel
    └── Misconfigured    nothing will: stop this channel, tell the operator

Adapters never wait, retry or queue; `flow.deliver` does, for all of them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from omnibot.domain.copies import NO_COPIES, Copies
from omnibot.domain.form_sheet import Sheet
from omnibot.domain.language import Language
from omnibot.domain.message import Address, Author, Choice, RawEvent
from omnibot.domain.pace import Rates
from omnibot.domain.value import dataclass, unguarded

if TYPE_CHECKING:
    from aiohttp import web

    from omnibot.exchange import Route


class Threads(StrEnum):
    """How threads come about inside a chat."""

    NONE = "none"  # there are none, or they are no places to write to
    UNDER_MESSAGES = "under_messages"  # each message may head one
    OPENED = "opened"  # they are places of their own, which have to be opened


class Speaker(StrEnum):
    """Who is behind something that was said or pressed."""

    PERSON = "person"  # whom the platform names
    ANONYMOUS = "anonymous"  # a person who speaks as the group or as a channel: nobody can say which
    MACHINE = "machine"  # another bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the platform takes. Lengths in characters as the platform counts them."""

    text_length: int
    choices: int  # buttons under one message; 0: choices are written as numbered lines
    file_size: int = 0  # bytes of one file; 0: no files
    copies: int = 0  # people who can get a copy of one message; 0: there are no copies
    edits: bool = False  # whether a message of ours can be given another text
    threads: Threads = Threads.NONE
    rates: Rates | None = None  # how fast it may be talked to; None: as fast as we can
    # By the platform's id of a chat: how many ids of earlier messages one that is sent there takes along.
    references: Callable[[str], int] = lambda chat: 0

    def at_pace(self, rates: Rates, factor: float) -> "Limits":
        """These, and `rates` times `factor`; 0 leaves it to the platform to protest."""
        return replace(self, rates=rates.times(factor) if factor else None)

    def refusal(self, name: str, size: int) -> str | None:
        """Why a file of that size cannot be sent, for people; None if it can."""
        if size <= self.file_size:
            return None
        if self.file_size == 0:
            return f"{name}: this channel takes no files"
        return f"{name} has {_megabytes(size)} MB; this channel takes files of at most {_megabytes(self.file_size)} MB"


def _megabytes(size: int) -> str:
    return f"{round(size / 1e6, 1):g}"


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


@unguarded
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundFile:
    """A file of ours to send along."""

    name: str
    media_type: str
    size: int  # bytes
    path: Path


@unguarded
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """What to say, in neutral form: Markdown subset and choices."""

    id: str  # ours, the same on every try: platforms with an idempotency key get it
    address: Address
    author: Author
    author_name: str | None
    text: str
    choices: tuple[Choice, ...]
    at: datetime
    attempt: int = 1  # above 1, an earlier try may have arrived: look before sending again where the platform allows it
    references: tuple[str, ...] = ()  # the platform's ids of the conversation's earlier messages, the newest first
    subject: str | None = None
    files: tuple[OutboundFile, ...] = ()
    copies: Copies = NO_COPIES
    replaces: str | None = (
        None  # the platform's id of the message whose place it takes; if that is gone, it is a new one
    )
    opens: str | None = (
        None  # the title of a thread to open for it, where the platform has `Threads.OPENED`; a mail's subject
    )
    is_silent: bool = False  # nobody is to be woken by it
    is_protected: bool = False  # nobody is to forward, copy or save it
    keeps_choices: bool = False  # they stay when one was pressed: whoever presses may have to be somebody else

    @property
    def is_automatic(self) -> bool:
        """Whether no person wrote this."""
        return self.author is not Author.AGENT


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform's id of what it took; of the first part where a long message became several."""

    external_id: str
    others: tuple[str, ...] = ()
    opened: str = ""  # the thread that was opened for it, in which it stands
    heads: str = ""  # the thread that answers to it form
    refused: tuple[tuple[str, str], ...] = ()  # who got no copy, and why


class ChannelError(Exception):
    """Base of the three; `why` is for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unavailable(ChannelError):
    """Try again, not before `retry_after`. `maybe_sent` where the platform may have taken it all the same."""

    def __init__(self, why: str, retry_after: timedelta | None = None, *, maybe_sent: bool = False) -> None:
        super().__init__(why)
        self.retry_after = retry_after
        self.maybe_sent = maybe_sent


class Undeliverable(ChannelError):
    """Give up on this message."""


class Misconfigured(ChannelError):
    """Stop this channel."""


class Channel(Protocol):
    """One configured account on a platform."""

    @property
    def name(self) -> str:
        """As in `Address.channel`."""

    @property
    def limits(self) -> Limits:
        """What the core asks instead of the platform's name."""

    def parse(self, event: RawEvent) -> Inbound:
        """What the event says. Pure. Raises Unreadable."""

    async def send(self, message: OutboundMessage) -> Sent:
        """Hand one message to the platform, once. Raises ChannelError."""

    def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        """The file in pieces. Raises ChannelError: Undeliverable for one that will never come."""


@runtime_checkable
class ShowsTyping(Protocol):
    """What a channel offers besides where its platform can show that somebody writes."""

    async def show_typing(self, address: Address) -> None:
        """Show it for some seconds. Whatever it raises is ignored."""


@runtime_checkable
class Whispers(Protocol):
    """What a channel offers besides where its platform lets one person of a group be told something."""

    def can_whisper(self, to: InboundMessage) -> bool:
        """Whether it can; otherwise it has to be said aloud. Pure."""

    async def whisper(self, to: InboundMessage, text: str) -> None:
        """Tell whoever said or pressed this, and nobody else, in at most 200 characters; an empty text only takes note of
        a press. A courtesy: where it fails, nobody is told, and nothing is raised."""


@runtime_checkable
class ShowsHome(Protocol):
    """What a channel offers besides where its platform has a page of us for each person."""

    async def show_home(self, sender: str, text: str, choices: tuple[Choice, ...] = ()) -> None:
        """Put this, in our Markdown, on a person's page, with buttons. A courtesy: nothing is raised."""


# What cannot be taken of what was written on a page: the form, the words by question, and the writer's language give the
# problems by question.
Judge = Callable[[str, Mapping[str, str], Language], Mapping[str, str]]


@runtime_checkable
class ShowsForms(Protocol):
    """What a channel offers besides where its platform can show a page of questions to somebody who has just done something.
    What is sent from it is an `InboundMessage` with `form_answer.filled` as its choice."""

    def judge_by(self, judge: Judge) -> None:
        """Whom to ask before a page is taken. Called once, before anything comes in."""

    async def show_form(self, to: InboundMessage, sheet: Sheet) -> None:
        """Show it to whoever did this (`to.press`). A courtesy: where it fails, nothing is raised."""


@runtime_checkable
class NamesGroups(Protocol):
    """What a channel offers besides whose groups people name by an address: a URL that is a secret."""

    async def fault(self, url: str) -> "AddressFault | None":
        """What is wrong with the address; None where it can be one. Tells nobody anything. Raises Misconfigured."""


class AddressFaultKind(StrEnum):
    """What people have to mend."""

    NO_ADDRESS = "no-address"  # there is no "system://" in front
    UNKNOWN_SYSTEM = "unknown-system"
    WRONG_FORM = "wrong-form"  # the system is known, the rest does not fit it
    THIS_MACHINE = "this-machine"  # it would speak to whoever sits before the server


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFault:
    """Nothing of the address is in it but the system's name."""

    kind: AddressFaultKind
    system: str = ""  # as people call it; of an unknown one the likeliest that is meant, or nothing
    example: str = ""  # how its addresses look
    page: str = ""  # where that is described


@runtime_checkable
class Invites(Protocol):
    """What a channel offers besides where a link opens it with a code already said: "continue on ..."."""

    @property
    def label(self) -> str:
        """What people call the platform."""

    async def invitation(self, code: str) -> str:
        """The link. Whoever follows it says the code in a chat of his own. Raises ChannelError."""


class InstallOutcome(StrEnum):
    """What came of an installation."""

    DONE = "done"
    DENIED = "denied"  # by whoever was asked on the platform
    STALE = "stale"  # it was begun elsewhere or too long ago, or is over
    ELSEWHERE = "elsewhere"  # the account works in another place on the platform
    REFUSED = "refused"  # by the platform
    UNAVAILABLE = "unavailable"  # the platform does not answer


@dataclass(frozen=True, slots=True)
class Installed:
    """How it ended; `reason` is the platform's word where it refuses."""

    outcome: InstallOutcome
    reason: str = ""


class Installs(Protocol):
    """An account that gets its credentials on the platform, where somebody agrees. Whoever calls this has made sure that an
    admin asks; `browser` tells his browser from all others, `return_to` is where the platform sends him back."""

    async def begin(self, *, browser: str, return_to: str) -> str:
        """Where to send him. Good for some minutes and once; a later one ends it."""

    async def finish(self, *, browser: str, return_to: str, answer: Mapping[str, str]) -> Installed:
        """He is back with the platform's answer, the parameters of the address."""

    async def revision(self) -> str:
        """Something else after each installation, in whatever process."""


@runtime_checkable
class OffersInstallation(Protocol):
    """What a connection offers besides where its account can be installed."""

    def installs(self) -> Installs | None:
        """None where the credentials stand in the settings."""


class Unreadable(Exception):
    """The payload makes no sense; it is kept and shown to a person."""


# Returns when the event is committed; the adapter acknowledges after that.
OpenChannel = Callable[[], Awaitable["Channel | None"]]
Receive = Callable[[RawEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a channel knows of its own state, for metrics, `doctor` and the console."""

    is_working: bool
    detail: str  # one line for people, without secrets
    last_in: datetime | None = None
    last_out: datetime | None = None


class ChannelState(Protocol):
    """What a connection remembers across restarts: an offset, a cursor. Small texts by key, one set per channel."""

    async def get(self, key: str) -> str | None:
        """What was set last."""

    async def set(self, key: str, value: str) -> None:
        """Returns when it is committed."""

    async def settle(self, key: str, value: str) -> str:
        """What stands there from now on: `value`, or what another process has set before."""

    async def swap(self, key: str, old: str | None, new: str) -> bool:
        """Put `new` in the place of `old`; None: in the place of nothing. False where something else stands there."""


class Connection(Protocol):
    """One configured account, opened: its channel and the two ways in which events reach it.

    Each adapter package offers `connect(account, receive=…, clock=…, …) -> Connection`; `app` calls it.
    """

    @property
    def channel(self) -> Channel:
        """What the core sends with."""

    def routes(self) -> "Sequence[Route | web.AbstractRouteDef]":
        """Where the platform calls us (webhooks); empty where it does not. A `Route` has its requests read by the front
        door, at a fraction of the cost."""

    async def run(self) -> None:
        """Fetch what the platform holds for us (polling, sockets, IDLE) until cancelled; returns at once where it calls us.

        Loses nothing when cancelled, and repairs its own connections. Raises Misconfigured.
        """

    async def check(self) -> Health:
        """Ask the platform once whether the credentials work. Never raises ChannelError."""

    async def close(self) -> None:
        """Close the clients."""
