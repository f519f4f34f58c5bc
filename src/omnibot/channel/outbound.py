"""What an adapter is given to send, within which limits, and the three ways in which that can fail.

ChannelError
├── Unavailable      the platform cannot take it now: try again later
├── Undeliverable    this message will never arrive: tell staff, try another verified channel
└── Misconfigured    nothing will: stop this channel, tell the operator
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from omnibot.domain.copies import NO_COPIES, Copies
from omnibot.domain.message import Address, Author, Choice
from omnibot.domain.pace import Rates
from omnibot.domain.value import dataclass, hot


class Threads(StrEnum):
    """How threads come about inside a chat."""

    NONE = "none"  # there are none, or they are no places to write to
    UNDER_MESSAGES = "under_messages"  # each message may head one
    OPENED = "opened"  # they are places of their own, which have to be opened


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
class OutboundFile:
    """A file of ours to send along."""

    name: str
    media_type: str
    size: int  # bytes
    path: Path


@hot
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
    # The platform's id of the message whose place it takes; if that is gone, it is a new one.
    replaces: str | None = None
    # The title of a thread to open for it, where the platform has `Threads.OPENED`; a mail's subject.
    opens: str | None = None
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
