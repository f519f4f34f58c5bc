"""The channel contract: what every adapter offers the core.

A channel reads what its platform sent (`inbound`), sends what it is given (`outbound`), and may offer more (`offers`).
Adapters never wait, retry or queue; `flow.deliver` does, for all of them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from omnibot.channel.inbound import (
    Bounced,
    Deleted,
    Edited,
    HomeOpened,
    Ignored,
    Inbound,
    InboundFile,
    InboundMessage,
    Membership,
    Moved,
    PassedOn,
    Reachability,
    ShutOut,
    Speaker,
    Unreadable,
)
from omnibot.channel.offers import (
    AddressFault,
    AddressFaultKind,
    Installed,
    InstallOutcome,
    Installs,
    Invites,
    Judge,
    NamesGroups,
    OffersInstallation,
    ShowsForms,
    ShowsHome,
    ShowsTyping,
    Whispers,
)
from omnibot.channel.outbound import (
    ChannelError,
    Limits,
    Misconfigured,
    OutboundFile,
    OutboundMessage,
    Sent,
    Threads,
    Unavailable,
    Undeliverable,
)
from omnibot.domain.message import RawEvent
from omnibot.domain.value import dataclass

if TYPE_CHECKING:
    from aiohttp import web

    from omnibot.exchange import Route

__all__ = [
    "AddressFault",
    "AddressFaultKind",
    "Bounced",
    "Channel",
    "ChannelError",
    "ChannelState",
    "Connection",
    "Deleted",
    "Edited",
    "Health",
    "HomeOpened",
    "Ignored",
    "Inbound",
    "InboundFile",
    "InboundMessage",
    "InstallOutcome",
    "Installed",
    "Installs",
    "Invites",
    "Judge",
    "Limits",
    "Membership",
    "Misconfigured",
    "Moved",
    "NamesGroups",
    "OffersInstallation",
    "OpenChannel",
    "OutboundFile",
    "OutboundMessage",
    "PassedOn",
    "Reachability",
    "Receive",
    "Sent",
    "ShowsForms",
    "ShowsHome",
    "ShowsTyping",
    "ShutOut",
    "Speaker",
    "Threads",
    "Unavailable",
    "Undeliverable",
    "Unreadable",
    "Whispers",
]


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


OpenChannel = Callable[[], Awaitable[Channel | None]]
# Returns when the event is committed; the adapter acknowledges after that.
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

    Each adapter package offers `connect(account, receive=…, clock=…, …) -> Connection`; `connections` calls it.
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
