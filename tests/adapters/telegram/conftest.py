"""A bot of ours on a fake Bot API, and updates to read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from omnibot.adapters.telegram.buttons import Buttons
from omnibot.adapters.telegram.channel import TelegramChannel
from omnibot.adapters.telegram.client import Client
from omnibot.adapters.telegram.intake import take
from omnibot.adapters.telegram.parse import Policy, parse
from omnibot.channel import Inbound, InboundMessage, OutboundMessage
from omnibot.demo.telegram import NOW, TOKEN, USERNAME, FakeTelegram, fake_telegram
from omnibot.domain.message import Address, Author, RawEvent
from omnibot.settings import TelegramAccount
from tests.office import ManualClock

PAYLOADS = Path(__file__).parent / "payloads"
BUTTONS = Buttons(TOKEN)
POLICY = Policy(own_id=int(TOKEN.partition(":")[0]), buttons=BUTTONS)


def account_at(url: str, **fields: Any) -> TelegramAccount:
    return TelegramAccount(token=TOKEN, api_base=url, webhook_secret="s3cret", **fields)


class NoState:
    """Telegram's adapter has nothing to remember; it must not ask."""

    async def get(self, key: str) -> str | None:
        raise AssertionError(key)

    async def set(self, key: str, value: str) -> None:
        raise AssertionError(key)

    async def settle(self, key: str, value: str) -> str:
        raise AssertionError(key)


@dataclass
class Inbox:
    """Keeps each event once, as the store does; out of order whenever told."""

    events: dict[str, RawEvent] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, event: RawEvent) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.events.setdefault(event.external_id, event)
        self.changed.set()

    async def holds(self, count: int) -> list[RawEvent]:
        """Returns when it holds so many."""
        async with asyncio.timeout(60):
            while len(self.events) < count:
                self.changed.clear()
                await self.changed.wait()
        return list(self.events.values())

    def texts(self) -> list[str]:
        read = [parse(event, POLICY) for event in self.events.values()]
        return [said.text for said in read if isinstance(said, InboundMessage)]


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def read(update: bytes, policy: Policy = POLICY) -> Inbound:
    """An update on its whole way: taken, stored, parsed."""
    return parse(take(update, channel="telegram", bot=USERNAME).event, policy)


def read_message(update: bytes | str, policy: Policy = POLICY) -> InboundMessage:
    said = read(payload(update) if isinstance(update, str) else update, policy)
    assert isinstance(said, InboundMessage), said
    return said


def update(**message: Any) -> bytes:
    """A private message with these parts."""
    base = {"message_id": 1, "date": NOW, "chat": {"id": 7, "type": "private"}, "from": {"id": 7, "first_name": "Mia"}}
    return msgspec.json.encode({"update_id": 1, "message": base | message})


def outbound(text: str, *, chat: str = "7", id: str = "1.1", **fields: Any) -> OutboundMessage:
    given = {"thread": "", "choices": (), "author": Author.BOT, "author_name": None} | fields
    address = Address(channel="telegram", chat=chat, thread=given.pop("thread"))
    return OutboundMessage(id=id, address=address, text=text, at=ManualClock().now(), **given)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


@pytest.fixture
def account(fake: FakeTelegram) -> TelegramAccount:
    return account_at(fake.url)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def client(account: TelegramAccount) -> AsyncIterator[Client]:
    """Waits half a second for an answer."""
    opened = Client(account, answer_seconds=0.5)
    yield opened
    await opened.close()


@pytest.fixture
def channel(client: Client, inbox: Inbox, clock: ManualClock) -> TelegramChannel:
    return TelegramChannel("telegram", client, POLICY, inbox.receive, clock)


@pytest.fixture
async def running() -> AsyncIterator[Callable[[Awaitable[None]], "asyncio.Task[None]"]]:
    """A starter of loops that end with the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(loop: Awaitable[None]) -> "asyncio.Task[None]":
        tasks.append(asyncio.ensure_future(loop))  # type: ignore[arg-type]
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
