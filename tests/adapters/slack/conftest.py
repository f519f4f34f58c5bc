"""A fake Slack, an account on it, and the app's side: what it stores, and the addresses that Slack calls."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from omnibot.adapters.slack import connect
from omnibot.adapters.slack.connection import SlackConnection
from omnibot.adapters.slack.parse import Policy
from omnibot.adapters.slack.socket_mode import Timing
from omnibot.channel import Inbound, InboundMessage, OutboundMessage, Receive
from omnibot.demo.slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET
from omnibot.domain.message import Address, Author, RawEvent
from omnibot.settings import SlackAccount
from tests.office import MONDAY, ManualClock

# Short, so that what waits for something that never comes does not wait long.
QUICK = Timing(hello=0.5, ping=0.2, quiet=0.3, grace=0.1, call=0.3, first_pause=0.01, longest_pause=0.05)
PATIENT = Timing(first_pause=0.01, longest_pause=0.05)

NO_STATE: Any = None  # nothing is remembered
Connect = Callable[..., Awaitable["App"]]


class App:
    """Our side: an opened account, and what it has handed in."""

    def __init__(self, connection: SlackConnection, stored: list[RawEvent]) -> None:
        self.connection = connection
        self.channel = connection.channel
        self.stored = stored

    def read(self) -> list[Inbound]:
        """What was handed in, as the core will read it; each event once."""
        once = {event.external_id: event for event in reversed(self.stored)}
        return [self.channel.parse(event) for event in reversed(once.values())]

    def heard(self) -> list[str]:
        return [inbound.text for inbound in self.read() if isinstance(inbound, InboundMessage)]


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def open_app(slack: FakeSlack, clock: ManualClock) -> AsyncIterator[Connect]:
    """Opens an account; its addresses are served, and the fake knows them."""
    opened: list[tuple[SlackConnection, TestServer]] = []

    async def start(
        *,
        receive: Receive | None = None,
        policy: Policy | None = None,
        timing: Timing = PATIENT,
        **fields: Any,
    ) -> App:
        stored: list[RawEvent] = []

        async def keep(event: RawEvent) -> None:
            if receive is not None:
                await receive(event)
            stored.append(event)

        account = SlackAccount(
            **{"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET, "api_base": slack.api_base, **fields}
        )
        connection = connect(
            account, receive=keep, clock=clock, state=NO_STATE, public_url="", policy=policy, timing=timing
        )
        application = web.Application(client_max_size=1024 * 1024)
        application.add_routes(connection.routes())
        server = TestServer(application)
        await server.start_server()
        slack.events_url = str(server.make_url(f"/channels/slack/{account.name}"))
        opened.append((connection, server))
        return App(connection, stored)

    yield start
    for connection, server in opened:
        await server.close()
        await connection.close()


@pytest.fixture
async def app(open_app: Connect) -> App:
    return await open_app()


@pytest.fixture
async def socket_app(open_app: Connect) -> App:
    """An account that opens sockets; `run` is up to the test."""
    return await open_app(app_token=APP_TOKEN, signing_secret="", timing=QUICK)


def outbound(
    text: str = "hello", *, chat: str = "D1", thread: str = "", attempt: int = 1, at: datetime = MONDAY, **fields: Any
) -> OutboundMessage:
    """Something to say."""
    return OutboundMessage(
        **{
            "id": "7.3",
            "address": Address(channel="slack", chat=chat, thread=thread),
            "author": Author.BOT,
            "author_name": None,
            "text": text,
            "choices": (),
            "at": at,
            "attempt": attempt,
            **fields,
        }
    )
