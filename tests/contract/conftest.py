"""Channels that send, and what the contract is tried with: the real receiver and deliverer, and a clock that stands still."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from omnibot.app import Application
from omnibot.channel import (
    Bounced,
    Channel,
    Deleted,
    Edited,
    Ignored,
    Inbound,
    InboundFile,
    InboundMessage,
    Limits,
    Moved,
    OutboundMessage,
    Reachability,
    Sent,
    Undeliverable,
    Unreadable,
)
from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Address, RawEvent
from omnibot.flow import attend
from omnibot.flow.deliver import Deliverer
from omnibot.flow.receive import Receiver
from omnibot.store import conversations, inbox, messages, outbox
from tests.office import SAMPLE_FAQ, ManualClock, sample_index, settings
from tests.store.conftest import hire

PUSH = "push"
MORE = ("album", "message_id", "sender", "subject", "quoted", "html", "is_automatic", "is_addressed", "is_verified")


class PushChannel:
    """A platform as bad as we say: each send does what was planned for its chat, and takes everything otherwise."""

    name = PUSH
    limits = Limits(text_length=8_000, choices=10, file_size=1_000_000, references=lambda chat: 20)

    def __init__(self) -> None:
        self.tried: list[OutboundMessage] = []
        self.taken: list[OutboundMessage] = []
        self.held: dict[str, bytes] = {}  # files by handle
        self._plans: dict[str, list[Exception]] = {}
        self._gates: dict[str, asyncio.Event] = {}
        self.part_length = 8_000  # characters of one send; a longer message becomes several

    def plan(self, chat: str, *failures: Exception) -> None:
        """The next sends to that chat fail in these ways."""
        self._plans.setdefault(chat, []).extend(failures)

    def stall(self, chat: str) -> asyncio.Event:
        """Sends to that chat hang until the event is set."""
        return self._gates.setdefault(chat, asyncio.Event())

    def heard(self, chat: str) -> list[str]:
        """What somebody in that chat sees."""
        return [message.text for message in self.taken if message.address.chat == chat]

    def parse(self, event: RawEvent) -> Inbound:
        try:
            said = json.loads(event.payload)
            if "what" in said:
                return self._tell(event, said)
            if "text" not in said:
                return Ignored("no text")
            more = {name: said[name] for name in MORE if name in said}
            return InboundMessage(
                address=Address(channel=event.channel, chat=said["chat"], thread=said.get("thread", "")),
                sender_name=said.get("name", "Ana"),
                language_hint="en",
                text=said["text"],
                choice=said.get("choice"),
                references=tuple(said.get("references", ())),
                files=tuple(InboundFile(**file) for file in said.get("files", ())),
                **more,
            )
        except (ValueError, TypeError, KeyError) as error:
            raise Unreadable(str(error)) from None

    def _tell(self, event: RawEvent, said: dict[str, Any]) -> Inbound:
        """What is not a message: `what` names it, the rest are its fields."""
        what = said.pop("what")
        fields = {
            name: Address(channel=event.channel, chat=value) if name in ("address", "to") else value
            for name, value in said.items()
        }
        kinds: dict[str, Any] = {
            "edited": Edited,
            "deleted": Deleted,
            "bounced": Bounced,
            "reachability": Reachability,
            "moved": Moved,
        }
        kind: Inbound = kinds[what](**fields)
        return kind

    async def send(self, message: OutboundMessage) -> Sent:
        chat = message.address.chat
        self.tried.append(message)
        if chat in self._gates:
            await self._gates[chat].wait()
        if self._plans.get(chat):
            failure = self._plans[chat].pop(0)
            if getattr(failure, "maybe_sent", False):
                self.taken.append(message)
            raise failure
        self.taken.append(message)
        id = f"{chat}-{len(self.taken)}"
        further = range(self.part_length, len(message.text), self.part_length)
        return Sent(id, tuple(f"{id}.{at}" for at in further))

    async def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        if self._plans.get(file.handle):
            raise self._plans[file.handle].pop(0)
        if file.handle not in self.held:
            raise Undeliverable("no such file")
        for start in range(0, len(self.held[file.handle]), 100):
            yield self.held[file.handle][start : start + 100]


class Bench:
    """An application whose loops do not run: each step is the test's own."""

    def __init__(self, database_url: str, clock: ManualClock, *channels: Channel, data_dir: str = "var") -> None:
        self.clock = clock
        self.channels = {channel.name: channel for channel in channels}
        self.application = Application(
            settings(database_url, server={"data_dir": data_dir}),
            clock=clock,
            channels=self.channels,
            index=sample_index(SAMPLE_FAQ),
        )
        self.desk, self.store = self.application.desk, self.application.store
        self.receiver = Receiver(self.desk, self.channels)
        self.deliverer = Deliverer(self.desk, self.channels, clock)
        self._ids = count(1)

    def event(self, payload: str, *, chat: str = "a", channel: str = PUSH) -> RawEvent:
        return RawEvent(channel=channel, external_id=f"e{next(self._ids)}", lane=f"{channel}:{chat}", payload=payload)

    def spoken(self, text: str, *, chat: str = "a", choice: str | None = None) -> RawEvent:
        """A customer's words as the push platform sends them."""
        return self.event(json.dumps({"chat": chat, "text": text, "choice": choice}), chat=chat)

    def said(self, text: str, *, chat: str = "a", **more: Any) -> RawEvent:
        """Words with what a platform may tell beyond them."""
        return self.event(json.dumps({"chat": chat, "text": text, **more}), chat=chat)

    def told(self, what: str, *, chat: str = "a", **fields: Any) -> RawEvent:
        """What is not a message."""
        return self.event(json.dumps({"what": what, **fields}), chat=chat)

    async def transcript(self, chat: str = "a", **place: str) -> list[str]:
        """All that was said, as "author: words"."""
        conversation = await self.conversation(chat, **place)
        found = await self.store.read(partial(messages.after, conversation_id=conversation.id, seq=0))
        return [f"{message.author}: {message.text}" for message in found]

    async def notes(self, chat: str = "a") -> list[str]:
        """What staff are told."""
        conversation = await self.conversation(chat)
        found = await self.store.read(partial(messages.notes_of, conversation_id=conversation.id))
        return [note.text for note in found]

    async def accept(self, *events: RawEvent) -> None:
        for event in events:
            await self.store.run(partial(inbox.accept, event=event, now=self.clock.now()))

    async def receive(self, *events: RawEvent) -> None:
        """Accept and receive, in order, all that may be received now."""
        await self.accept(*events)
        await self.go_on(*dict.fromkeys(event.lane for event in events))

    async def go_on(self, *lanes: str) -> None:
        """Receive all that may be received now in these lanes."""
        waiting, before = list(lanes), -1
        while waiting or self.receiver.received != before:
            before = self.receiver.received
            waiting = await self.receiver.step(waiting or list(lanes), self.clock.now())
            await self.receiver.finish()

    async def take(self, chat: str = "a") -> None:
        """An agent called Ada takes the conversation over."""
        conversation = await self.conversation(chat)
        ada = await self.store.run(partial(hire, name=f"ada-{next(self._ids)}"))
        take = partial(attend.take, desk=self.desk, id=conversation.id, agent=ada, now=self.clock.now())
        assert isinstance(await self.store.run(take), attend.Done)

    async def deliver(self) -> None:
        """Send all that may be sent now."""
        while await self.deliverer.step(self.clock.now()):
            pass

    async def conversation(self, chat: str = "a", channel: str = PUSH, thread: str = "") -> Conversation:
        address = Address(channel=channel, chat=chat, thread=thread)
        found = await self.store.read(partial(conversations.at, address=address))
        assert found is not None
        return found

    async def deliveries(self, chat: str = "a") -> list[tuple[str, str | None]]:
        """State and error of each outgoing message of a chat."""
        conversation = await self.conversation(chat)
        states = await self.store.read(partial(outbox.states, conversation_id=conversation.id))
        return [state for _, state in sorted(states.items())]

    async def outcomes(self) -> list[tuple[str, str | None, int]]:
        """State, outcome and attempts of each event."""
        query = "SELECT state, outcome, attempts FROM inbox ORDER BY id"
        return await self.store.read(lambda tx: [tuple(row) for row in tx.exec_driver_sql(query)])  # type: ignore[misc]


@pytest.fixture
def channel() -> PushChannel:
    return PushChannel()


@pytest.fixture
async def bench(database_url: str, clock: ManualClock, channel: PushChannel, tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(database_url, clock, channel, data_dir=str(tmp_path))
    yield bench
    await bench.deliverer.close()
    await bench.application.deliverer.close()
    await bench.store.close()
