"""One HTTP request and its answer as plain values, for handlers that do not care who reads the wire (see `front`)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol

from omnibot.domain.value import dataclass, hot

JSON = (("Content-Type", "application/json"),)
# What every answer carries, whoever writes it.
HEADERS = {
    "Server": "omnibot",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A whole request. `headers` are asked for by lower-case names; `peer` is the address at the other end."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    peer: str | None


class Outlet(Protocol):
    """Where the pieces of an answer without end go."""

    @property
    def is_full(self) -> bool:
        """The reader is slow: what is written now is kept in memory. `Source.go_on` says when there is room again."""

    def write(self, data: bytes) -> None:
        """Send; never waits."""

    def close(self) -> None:
        """End the answer after what was written."""


class Source(Protocol):
    """What an answer without end is made of."""

    def begin(self, outlet: Outlet) -> None:
        """The head of the answer is sent; called once, if the reader is still there."""

    def go_on(self) -> None:
        """There is room again."""

    def leave(self) -> None:
        """The reader has gone, or was never there. Called exactly once."""


class Answer(NamedTuple):
    """What is sent back. An answer with a `source` has no end until one side closes."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    source: Source | None = None


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A hot path: requests that are worth reading ourselves."""

    method: str
    path: str
    handler: Handler
