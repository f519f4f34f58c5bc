"""Socket Mode: Slack's events through a WebSocket that we open; for servers that Slack cannot call.

One frame after the other: stored, then acknowledged, so that order is kept and nothing is lost with us. When a socket is
to end (Slack says so every few hours) or has been silent for long, the next one is opened while the old one is still read.
Each has a client session of its own: a connection is never repaired, always replaced as a whole.

https://docs.slack.dev/apis/events-api/using-socket-mode. Why not with the SDK's client: docs/decisions/0012.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import msgspec

from omnibot.adapters.slack.payloads import SocketFrame
from omnibot.channel import Misconfigured, Unavailable
from omnibot.clock import Clock
from omnibot.log import Log
from omnibot.store import transactions
from omnibot.tasks import cancel

log = Log(__name__)

FRAME_LIMIT = 4 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """In seconds."""

    hello: float = 10  # until a new socket has to say hello
    ping: float = 10  # between our pings; half of it later the answer has to be there
    quiet: float = (
        15 * 60
    )  # without a single event: replaced, for sockets have stopped to deliver and still answered pings
    grace: float = 15  # that a socket which ends is still read
    call: float = 20  # of one call of the Web API; `deliver` gives a whole send 45
    first_pause: float = 1
    longest_pause: float = 60  # `apps.connections.open` allows one a minute for sure


class SocketMode:
    """Keeps one socket open, two while they change."""

    def __init__(
        self,
        *,
        name: str,
        open_url: Callable[[], Awaitable[str]],
        accept: Callable[[str], Awaitable[dict[str, Any]]],
        clock: Clock,
        timing: Timing = Timing(),
    ) -> None:
        self._name = name
        self._open_url = open_url
        self._accept = accept
        self._clock = clock
        self._timing = timing
        self._refused: str | None = None
        self.open = 0  # sockets that said hello
        self.others = 0  # connections of this app that are not ours, as Slack counted when the last one was opened
        self.last_frame: datetime | None = None

    async def run(self) -> None:
        """Read until cancelled. Raises Misconfigured."""
        reading: set[asyncio.Task[None]] = set()
        failures = 0
        try:
            while self._refused is None:
                has_ended, started = asyncio.Event(), asyncio.get_running_loop().time()
                try:
                    url = await self._open_url()
                    task = asyncio.create_task(self._read(url, has_ended))
                    reading.add(task)
                    task.add_done_callback(reading.discard)
                    await has_ended.wait()
                    # One that ends at once is as good as none.
                    is_short = asyncio.get_running_loop().time() - started < self._timing.hello
                    failures = failures + 1 if is_short else 0
                    await self._pause(failures)
                except Unavailable as error:
                    failures += 1
                    if failures == 1:
                        log.warning("slack_socket_not_opened", channel=self._name, why=error.why)
                    await self._pause(failures, error.retry_after.total_seconds() if error.retry_after else 0)
            raise Misconfigured(self._refused)
        finally:
            await cancel(reading)

    async def _pause(self, failures: int, at_least: float = 0) -> None:
        if failures:
            longest = min(self._timing.first_pause * 2 ** min(failures - 1, 10), self._timing.longest_pause)
            await asyncio.sleep(max(at_least, longest * random.uniform(0.75, 1.0)))  # noqa: S311 (jitter)

    async def _read(self, url: str, has_ended: asyncio.Event) -> None:
        """Read a socket to its end; `has_ended` is set as soon as another one is needed."""
        try:
            async with AsyncExitStack() as stack:
                session = await stack.enter_async_context(aiohttp.ClientSession())
                async with asyncio.timeout(self._timing.hello):
                    socket = await session.ws_connect(url, heartbeat=self._timing.ping, max_msg_size=FRAME_LIMIT)
                stack.push_async_callback(self._close, socket)
                await self._read_frames(socket, has_ended)
        except (aiohttp.ClientError, OSError) as error:
            log.info("slack_socket_lost", channel=self._name, reason=type(error).__name__)
        finally:
            has_ended.set()

    async def _close(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        # Slack does not always answer a farewell.
        async with asyncio.timeout(1):
            await socket.close()

    async def _read_frames(self, socket: aiohttp.ClientWebSocketResponse, has_ended: asyncio.Event) -> None:
        loop, timing = asyncio.get_running_loop(), self._timing
        deadline, said_hello = loop.time() + timing.hello, False
        try:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        message = await socket.receive()
                except TimeoutError:
                    if not said_hello or has_ended.is_set():
                        return
                    log.info("slack_socket_quiet", channel=self._name)
                    has_ended.set()
                    deadline = loop.time() + timing.grace
                    continue
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                self.last_frame = self._clock.now()
                frame = _frame(message.data)
                if frame.type == "hello":
                    said_hello = True
                    self.open += 1
                    self._count_others(frame)
                elif frame.type == "disconnect":
                    self._heed(frame)
                    if not has_ended.is_set():
                        has_ended.set()
                        deadline = loop.time() + timing.grace
                elif frame.envelope_id:
                    await self._take(socket, frame)
                if not has_ended.is_set():
                    deadline = loop.time() + (timing.quiet if said_hello else timing.hello)
        finally:
            self.open -= said_hello

    def _count_others(self, frame: SocketFrame) -> None:
        self.others = max(0, (frame.num_connections or 1) - self.open)
        log.info("slack_socket_open", channel=self._name, others=self.others)

    def _heed(self, frame: SocketFrame) -> None:
        if frame.reason == "link_disabled":
            self._refused = "Socket Mode is switched off in the app's settings"

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, frame: SocketFrame) -> None:
        """Store, then acknowledge. What could not be stored comes again."""
        try:
            answer = await self._accept(bytes(frame.payload).decode())
        except transactions.Unavailable:
            return
        except Exception:
            # One event that breaks us must not cost the connection; not acknowledged, it comes again.
            log.exception("slack_event_failed", channel=self._name)
            return
        acknowledgement = {"envelope_id": frame.envelope_id, **({"payload": answer} if answer else {})}
        await socket.send_str(msgspec.json.encode(acknowledgement).decode())


def _frame(data: str) -> SocketFrame:
    """A frame; one that makes no sense says nothing."""
    try:
        return msgspec.json.decode(data, type=SocketFrame)
    except (msgspec.DecodeError, RecursionError):
        return SocketFrame()
