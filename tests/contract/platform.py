"""A platform that exists nowhere: it holds updates for whoever polls, calls a webhook, and may refuse our credentials."""

import asyncio
from pathlib import Path

from aiohttp import web

from omnibot.channel import (
    Channel,
    ChannelState,
    Connection,
    Health,
    Misconfigured,
    Receive,
)
from omnibot.clock import Clock
from omnibot.domain.message import RawEvent
from omnibot.settings import Account
from tests.contract.conftest import PushChannel


class Platform:
    """What stands at the other end. Each account's channel is a `PushChannel` of that name."""

    def __init__(self) -> None:
        self.updates: dict[str, list[str]] = {}
        self.channels: dict[str, PushChannel] = {}
        self.pollers: dict[str, int] = {}  # how many poll at this moment
        self.most_pollers = 0
        self.refused: set[str] = set()  # accounts whose credentials are wrong
        self.closed: set[str] = set()
        self._arrived = asyncio.Condition()

    def connect(
        self,
        account: Account,
        *,
        receive: Receive,
        clock: Clock,
        state: ChannelState,
        public_url: str,
        data_dir: Path,
    ) -> Connection:
        """As an adapter offers it."""
        channel = self.channels.setdefault(account.channel, PushChannel())
        channel.name = account.channel
        return PlatformConnection(self, channel, receive, state)

    async def holds(self, channel: str, payload: str) -> None:
        """An update waits to be fetched."""
        async with self._arrived:
            self.updates.setdefault(channel, []).append(payload)
            self._arrived.notify_all()

    async def update(self, channel: str, number: int) -> str:
        """The update with that number, counted from 0; waits for it."""
        held = self.updates.setdefault(channel, [])
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(held) > number)
        return held[number]


class PlatformConnection:
    """Polls, and takes webhooks as well."""

    def __init__(self, platform: Platform, channel: PushChannel, receive: Receive, state: ChannelState) -> None:
        self._platform = platform
        self._channel = channel
        self._receive = receive
        self._state = state

    @property
    def channel(self) -> Channel:
        return self._channel

    def routes(self) -> list[web.AbstractRouteDef]:
        async def call(request: web.Request) -> web.Response:
            await self._receive(self._event(request.query["id"], await request.text()))
            return web.Response()

        return [web.post(f"/channels/{self._channel.name}/webhook", call)]

    async def run(self) -> None:
        name = self._channel.name
        if name in self._platform.refused:
            raise Misconfigured("the token was revoked")
        pollers = self._platform.pollers
        pollers[name] = pollers.get(name, 0) + 1
        self._platform.most_pollers = max(self._platform.most_pollers, pollers[name])
        try:
            offset = int(await self._state.get("offset") or 0)
            while True:
                payload = await self._platform.update(name, offset)
                offset += 1
                await self._receive(self._event(str(offset), payload))
                await self._state.set("offset", str(offset))
        finally:
            pollers[name] -= 1

    async def check(self) -> Health:
        if self._channel.name in self._platform.refused:
            return Health(is_working=False, detail="the token was revoked")
        return Health(is_working=True, detail="signed in")

    async def close(self) -> None:
        self._platform.closed.add(self._channel.name)

    def _event(self, id: str, payload: str) -> RawEvent:
        return RawEvent(channel=self._channel.name, external_id=id, lane=self._channel.name, payload=payload)
