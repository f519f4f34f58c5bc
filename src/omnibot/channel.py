"""The channel contract: what every adapter offers the core, and the three ways in which sending can fail.

    ChannelError
    ├── Unavailable      the platform cannot take it now: try again later
    ├── Undeliverable    this message will never arrive: tell staff, try another verified channel
    └── Misconfigured    nothing will: stop this channel, tell the operator

Adapters never wait, retry or queue; `flow.deliver` does, for all of them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from omnibot.domain.message import Address, Author, Choice, RawEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the platform takes. Lengths in characters as the platform counts them."""

    text_length: int
    choices: int  # buttons under one message; 0: choices are written as numbered lines


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A `RawEvent` as the adapter reads it."""

    address: Address
    sender_name: str | None
    language_hint: str | None  # a BCP 47 tag
    text: str
    choice: str | None = None


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


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform's id of what it took."""

    external_id: str


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

    def parse(self, event: RawEvent) -> InboundMessage | None:
        """What the event says; None for what is not a message to us. Pure. Raises Unreadable."""

    async def send(self, message: OutboundMessage) -> Sent:
        """Hand one message to the platform, once. Raises ChannelError."""


class Unreadable(Exception):
    """The payload makes no sense; it is kept and shown to a person."""


# Returns when the event is committed; the adapter acknowledges after that.
Receive = Callable[[RawEvent], Awaitable[None]]
