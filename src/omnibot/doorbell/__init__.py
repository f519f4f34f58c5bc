"""The doorbell: "there may be work", and live updates for open browsers. It carries hints, never the record: everything it
says can be read from the database, and a lost ring costs at most one sweep interval."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

import msgspec

from omnibot.domain.message import Message

CONSOLE = "console"


def topic_of(conversation_id: int) -> str:
    """The live topic of one conversation."""
    return f"conversation:{conversation_id}"


class Spoken(msgspec.Struct, frozen=True, tag="spoken", array_like=True):
    """New lines in a transcript. `previous` is the seq before the first of them: a reader that stands there can use the
    lines at once, any other reads the database."""

    conversation_id: int
    previous: int
    messages: list[Message]


class Changed(msgspec.Struct, frozen=True, tag="changed", array_like=True):
    """Something about a conversation is new: owner, clocks, a note, a ticket."""

    conversation_id: int
    seq: int


class Typing(msgspec.Struct, frozen=True, tag="typing", array_like=True):
    """Somebody is writing. Never stored."""

    conversation_id: int
    by_customer: bool
    name: str | None = None
    user_id: int | None = None


Update = Spoken | Changed | Typing
Listener = Callable[[Update], None]


class Doorbell(Protocol):
    """Wakes workers and tells browsers."""

    def ring(self, lane: str) -> None:
        """There may be a message to receive in this lane."""

    def publish(self, update: Update) -> None:
        """Tell who listens to the conversation, and the console."""

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each update of a topic, in this process; returns how to stop."""

    def rings(self) -> AsyncIterator[list[str]]:
        """Lanes that were rung for this process, in batches; runs until closed."""

    def hush(self) -> None:
        """No more rings: `rings` ends after the batch that is under way. Updates still go out."""

    async def open(self) -> None:
        """Start."""

    async def close(self) -> None:
        """Stop; `rings` ends."""

    @property
    def is_degraded(self) -> bool:
        """Whether rings may get lost, so that only the sweep finds work."""
