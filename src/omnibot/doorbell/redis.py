"""The doorbell between processes: a Redis stream hands out lanes to workers, pub/sub carries live updates to edges.

Redis is never the record. Rings are written in the background, and what comes at once goes as one entry or one message;
while Redis is away they are dropped, `is_degraded` says so, and the sweep over the database finds the work. A stream or
group that is gone is made again. Whoever may have missed updates is told to look into the database. Stream and channel
carry the number of the Redis database in their names: pub/sub knows no databases, and two installations on one Redis
must never hear each other.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from omnibot.doorbell import Listener, Update
from omnibot.doorbell.local import BATCH, Listeners
from omnibot.log import Log
from omnibot.tasks import cancel

log = Log(__name__)

GROUP = "workers"
STREAM_LENGTH = 100_000
# So many lanes in an entry: Redis and its client take as long for an entry as for one lane, but workers share entries.
LANES_TOGETHER = 16
# And so many updates in a message: what a slow subscriber has not read yet is Redis's memory.
UPDATES_TOGETHER = 64
ENTRIES_AT_ONCE = BATCH // LANES_TOGETHER
SOCKET_SECONDS = 3.0
# Below the socket's time limit, which would end a longer wait as an error.
BLOCK_MS = 1_000
# A ring that a worker took and did not confirm this long goes to another; the sweep is the second net.
ABANDONED_MS = 15_000
PENDING_LIMIT = 50_000
PAUSE = 0.5  # seconds before Redis is tried again
GOODBYE_SECONDS = 1.0  # for what was rung and published before we stop
LOOK = b""  # published in place of updates that were dropped: everybody looks into the database

_encode = msgspec.msgpack.encode
_lanes_of = msgspec.msgpack.Decoder(list[str]).decode
_updates_of = msgspec.msgpack.Decoder(list[Update]).decode

Entry = tuple[bytes, dict[bytes, bytes] | None]


class RedisDoorbell:
    """One per process. Who iterates `rings` is a consumer; a process in which nobody listens does not subscribe."""

    def __init__(self, url: str, *, abandoned_ms: int = ABANDONED_MS) -> None:
        connect: Callable[..., Redis] = partial(
            Redis.from_url, url, protocol=2, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS
        )
        # One more try for a connection that has died in the pool; whatever is worse we want to hear of.
        self._redis = connect(retry=Retry(NoBackoff(), 1))
        # None at all here: redis-py would subscribe again by itself, and nobody would know that updates were missed.
        self._ears = connect(retry=Retry(NoBackoff(), 0))
        number = self._redis.connection_pool.connection_kwargs.get("db") or 0
        self.stream = f"omnibot:{number}:lanes"
        self.live = f"omnibot:{number}:live"
        self._abandoned_ms = abandoned_ms
        self._name = secrets.token_hex(8)
        self._listeners = Listeners()
        self._rung: list[str] = []
        self._published: list[Update] = []
        self._has_dropped = False  # and has not said so yet
        self._bell = asyncio.Event()
        self._is_listened_to = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._hushed = False
        self._closing = False
        self._broken: set[str] = set()  # which of writing, hearing and receiving do not work

    @property
    def is_degraded(self) -> bool:
        return bool(self._broken)

    async def open(self) -> None:
        self._tasks = [
            asyncio.create_task(self._keep("write", self._write)),
            asyncio.create_task(self._keep("hear", self._hear)),
        ]

    def hush(self) -> None:
        self._hushed = True

    async def close(self) -> None:
        self.hush()
        self._closing = True
        self._bell.set()
        if self._tasks and not self._broken:
            await asyncio.wait(self._tasks[:1], timeout=GOODBYE_SECONDS)
        await cancel(self._tasks)
        await self._redis.aclose()
        await self._ears.aclose()

    def ring(self, lane: str) -> None:
        if self._has_room(self._rung):
            self._rung.append(lane)
            self._bell.set()

    def publish(self, update: Update) -> None:
        if self._broken:
            self._listeners.tell(update)  # at least the browsers of this process
        if self._has_room(self._published):
            self._published.append(update)
            self._bell.set()

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        self._is_listened_to.set()
        return self._listeners.add(topic, listener)

    async def rings(self) -> AsyncIterator[list[str]]:
        claimed_at = asyncio.get_running_loop().time()
        while not self._hushed:
            now = asyncio.get_running_loop().time()
            is_time_to_claim = now - claimed_at > self._abandoned_ms / 1000
            try:
                entries = await (self._claim_abandoned() if is_time_to_claim else self._next_entries())
                self._found("receive")
            except (RedisError, OSError) as error:
                await self._mend(error)
                continue
            if is_time_to_claim:
                claimed_at = now
            if not entries:
                continue
            yield list(dict.fromkeys(lane for _, fields in entries for lane in _lanes(fields)))
            # Confirmed after the lanes were received: what a dying worker held goes to another.
            try:
                await self._confirm([id for id, _ in entries])
            except (RedisError, OSError) as error:
                await self._mend(error)

    async def _next_entries(self) -> list[Entry]:
        streams: Any = {self.stream: ">"}
        fresh: Any = await self._redis.xreadgroup(GROUP, self._name, streams, count=ENTRIES_AT_ONCE, block=BLOCK_MS)
        return [entry for _, entries in fresh or [] for entry in entries]

    async def _claim_abandoned(self) -> list[Entry]:
        claiming = self._redis.xautoclaim(self.stream, GROUP, self._name, self._abandoned_ms, count=ENTRIES_AT_ONCE)
        claimed: Any = await claiming
        # Redis 6 also lists entries that were trimmed meanwhile, as None.
        return [(id, fields) for id, fields in claimed[1] if id is not None]

    async def _confirm(self, ids: list[bytes]) -> None:
        # XACKDEL would be one command, but Valkey does not have it.
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xack(self.stream, GROUP, *ids)
            pipe.xdel(self.stream, *ids)
            await pipe.execute()

    async def _mend(self, error: Exception) -> None:
        """Make the group where Redis has forgotten it, else wait a little."""
        if isinstance(error, ResponseError) and "NOGROUP" in str(error):
            try:
                await self._make_group()
                return
            except (RedisError, OSError) as second:
                error = second
        self._lost("receive", error)
        await asyncio.sleep(PAUSE)

    async def _make_group(self) -> None:
        """From the beginning: what was rung before there was a group is received, too."""
        try:
            await self._redis.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):  # somebody else was quicker
                raise

    def _has_room(self, line: Sequence[object]) -> bool:
        return "write" not in self._broken and len(line) < PENDING_LIMIT

    async def _write(self) -> None:
        """Send what was rung and published, many at a time."""
        if "write" in self._broken:
            await self._redis.ping()
            self._found("write")
            self._has_dropped = True
            self._bell.set()
        while self._rung or self._published or not self._closing:
            await self._bell.wait()
            self._bell.clear()
            async with self._redis.pipeline(transaction=False) as pipe:
                self._gather(pipe)
                if len(pipe):
                    await pipe.execute()

    def _gather(self, pipe: Pipeline) -> None:
        """All that waits, as few commands."""
        rung, self._rung = list(dict.fromkeys(self._rung)), []
        published, self._published = self._published, []
        if self._has_dropped:
            self._has_dropped = False
            pipe.publish(self.live, LOOK)
        for start in range(0, len(rung), LANES_TOGETHER):
            entry: Any = {"lanes": _encode(rung[start : start + LANES_TOGETHER])}
            pipe.xadd(self.stream, entry, maxlen=STREAM_LENGTH, approximate=True)
        for start in range(0, len(published), UPDATES_TOGETHER):
            pipe.publish(self.live, _encode(published[start : start + UPDATES_TOGETHER]))

    async def _hear(self) -> None:
        """Pass on what any process publishes to the listeners of this one."""
        await self._is_listened_to.wait()
        async with self._ears.pubsub() as live:
            await live.subscribe(self.live)
            while not self._closing:
                message = await live.get_message(timeout=BLOCK_MS / 1000)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._found("hear")
                    self._listeners.refresh()  # what was published while nobody listened is in the database
                else:
                    self._pass_on(message["data"])

    def _pass_on(self, data: bytes) -> None:
        if data == LOOK:
            self._listeners.refresh()
            return
        try:
            updates = _updates_of(data)
        except msgspec.DecodeError:
            # Another version of omnibot, during an upgrade: we know that something happened, not what.
            self._listeners.refresh()
            return
        for update in updates:
            self._listeners.tell(update)

    async def _keep(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` again whenever it fails, until we close."""
        while True:
            try:
                await work()
            except (RedisError, OSError) as error:
                self._lost(part, error)
            except Exception:
                # As in `supervise`: without these two tasks the process would live on, deaf and dumb.
                log.exception("doorbell_failed", part=part)
            if self._closing:
                return
            await asyncio.sleep(PAUSE)

    def _lost(self, part: str, error: BaseException) -> None:
        if not self._broken:
            # The first word of Redis's answer is its code; the rest may quote what we sent.
            code = str(error).partition(" ")[0] if isinstance(error, ResponseError) else ""
            log.warning("redis_lost", reason=type(error).__name__, code=code)
        self._broken.add(part)

    def _found(self, part: str) -> None:
        if part in self._broken:
            self._broken.discard(part)
            if not self._broken:
                log.info("redis_back")


def _lanes(fields: dict[bytes, bytes] | None) -> list[str]:
    """Those of an entry; none of one that was trimmed meanwhile or that another version wrote: the sweep finds them."""
    try:
        return _lanes_of(fields[b"lanes"]) if fields and b"lanes" in fields else []
    except msgspec.DecodeError:
        return []
