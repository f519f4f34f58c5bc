"""The doorbell between processes: a Redis stream hands out lanes to workers, pub/sub carries live updates to edges.

Redis is never the record. Rings are written in the background; while Redis is away they are dropped, `is_degraded`
says so, and the sweep over the database finds the work. A stream or group that is gone is made again.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from omnibot.doorbell import Listener, Update
from omnibot.doorbell.local import BATCH, Listeners

log = structlog.get_logger(__name__)

STREAM = "omnibot:lanes"
GROUP = "workers"
LIVE = "omnibot:live"
STREAM_LENGTH = 100_000
# Below redis-py's own socket time-out of 5 s, which would end a longer wait as an error.
BLOCK_MS = 1_000
# A ring that a worker took and did not confirm this long goes to another; the sweep is the second net.
ABANDONED_MS = 15_000
PENDING_LIMIT = 50_000

_encode = msgspec.msgpack.encode
_decoder = msgspec.msgpack.Decoder(Update)


class RedisDoorbell:
    """One per process. A `consumer` receives rings; edges only ring and listen."""

    def __init__(self, url: str, *, consumes: bool) -> None:
        self._redis = Redis.from_url(url, protocol=2, decode_responses=False)
        self._consumes = consumes
        self._name = secrets.token_hex(8)
        self._listeners = Listeners()
        self._outgoing: list[tuple[str, bytes]] = []
        self._bell = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._down = False

    @property
    def is_degraded(self) -> bool:
        return self._down

    async def open(self) -> None:
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._hear())]

    async def close(self) -> None:
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def ring(self, lane: str) -> None:
        self._put(STREAM, lane.encode())

    def publish(self, update: Update) -> None:
        if self._down:
            self._listeners.tell(update)  # at least the browsers of this process
        self._put(LIVE, _encode(update))

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        return self._listeners.add(topic, listener)

    async def rings(self) -> AsyncIterator[list[str]]:
        last_claim = 0.0
        while not self._closing:
            try:
                now = asyncio.get_running_loop().time()
                if now - last_claim > ABANDONED_MS / 1000:
                    last_claim = now
                    if abandoned := await self._claim_abandoned():
                        yield abandoned
                fresh: Any = await self._redis.xreadgroup(GROUP, self._name, {STREAM: ">"}, count=BATCH, block=BLOCK_MS)
                self._up()
                for _, entries in fresh or []:
                    lanes = list(dict.fromkeys(fields[b"lane"].decode() for _, fields in entries))
                    yield lanes
                    # Confirmed after the lanes were received: what a dying worker held goes to another.
                    await self._redis.xackdel(STREAM, GROUP, *(id for id, _ in entries))
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self._make_group()
            except (RedisError, OSError) as error:
                self._lost(error)
                await asyncio.sleep(1)

    async def _claim_abandoned(self) -> list[str]:
        try:
            claimed: Any = await self._redis.xautoclaim(STREAM, GROUP, self._name, ABANDONED_MS, count=BATCH)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._make_group()
            return []
        entries = claimed[1]
        lanes = list(dict.fromkeys(fields[b"lane"].decode() for _, fields in entries if fields))
        if entries:
            await self._redis.xackdel(STREAM, GROUP, *(id for id, _ in entries))
        return lanes

    async def _make_group(self) -> None:
        with contextlib.suppress(ResponseError):  # somebody else was quicker
            await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)

    def _put(self, where: str, what: bytes) -> None:
        if len(self._outgoing) < PENDING_LIMIT:
            self._outgoing.append((where, what))
            self._bell.set()

    async def _write(self) -> None:
        """Send what was rung and published, many at a time."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            batch, self._outgoing = self._outgoing, []
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for where, what in batch:
                        if where is STREAM:
                            pipe.xadd(STREAM, {"lane": what}, maxlen=STREAM_LENGTH, approximate=True)
                        else:
                            pipe.publish(LIVE, what)
                    await pipe.execute()
                self._up()
            except (RedisError, OSError) as error:
                self._lost(error)
                await asyncio.sleep(0.5)

    async def _hear(self) -> None:
        """Pass on what any process publishes to the listeners of this one."""
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as live:
                    await live.subscribe(LIVE)
                    self._listeners.refresh()  # what was published while nobody listened is in the database
                    while True:
                        message = await live.get_message(timeout=BLOCK_MS / 1000)
                        if message:
                            self._listeners.tell(_decoder.decode(message["data"]))
            except (RedisError, OSError) as error:
                self._lost(error)
                await asyncio.sleep(0.5)

    def _lost(self, error: BaseException) -> None:
        if not self._down:
            self._down = True
            log.warning("redis_lost", reason=type(error).__name__)

    def _up(self) -> None:
        if self._down:
            self._down = False
            log.info("redis_back")
