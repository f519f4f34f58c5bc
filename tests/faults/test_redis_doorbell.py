"""The doorbell between processes, against a real Redis that forgets, stops and comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from redis import Redis

from omnibot.doorbell import Changed, Typing, Update, topic_of
from omnibot.doorbell.redis import GROUP, UPDATES_TOGETHER, RedisDoorbell
from omnibot.tasks import cancel
from tests.servers import RedisServer

PATIENCE = 60.0  # seconds


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


async def until(is_so: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 (what we wait for happens in another process)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def doorbell(url: str, *, abandoned_ms: int = 15_000) -> AsyncIterator[RedisDoorbell]:
    bell = RedisDoorbell(url, abandoned_ms=abandoned_ms)
    await bell.open()
    yield bell
    await bell.close()


@asynccontextmanager
async def worker(bell: RedisDoorbell) -> AsyncIterator[list[str]]:
    """The lanes that a worker on this doorbell has received so far."""
    received: list[str] = []

    async def receive() -> None:
        async for lanes in bell.rings():
            received.extend(lanes)

    task = asyncio.create_task(receive())
    yield received
    await cancel([task])


@asynccontextmanager
async def listening(bell: RedisDoorbell, conversation_id: int) -> AsyncIterator[list[Update]]:
    heard: list[Update] = []
    stop = bell.listen(topic_of(conversation_id), heard.append)
    await until(lambda: bool(heard))  # having subscribed, everybody looks into the database once
    heard.clear()
    yield heard
    stop()


async def _fail_on(bell: RedisDoorbell) -> None:
    async for _ in bell.rings():
        raise ZeroDivisionError


async def test_each_ring_goes_to_one_worker_and_leaves_nothing_behind(redis: RedisServer) -> None:
    lanes = [f"webchat:{n}" for n in range(1000)]
    async with (
        doorbell(redis.url) as edge,
        doorbell(redis.url) as one,
        doorbell(redis.url) as two,
        worker(one) as first,
        worker(two) as second,
    ):
        for lane in lanes:
            edge.ring(lane)
        await until(lambda: len(first) + len(second) >= len(lanes))
        with Redis.from_url(redis.url) as client:
            await until(lambda: client.xlen(edge.stream) == 0)
            assert client.xpending(edge.stream, GROUP)["pending"] == 0
        assert sorted(first + second) == sorted(lanes)
        assert not edge.is_degraded
        assert not one.is_degraded


async def test_what_a_dead_worker_held_goes_to_another(redis: RedisServer) -> None:
    async with doorbell(redis.url) as edge, doorbell(redis.url) as dying:
        edge.ring("webchat:1")
        rings = dying.rings()
        assert await anext(rings) == ["webchat:1"]  # and is never asked for the next batch: nothing is confirmed
        async with doorbell(redis.url, abandoned_ms=100) as heir, worker(heir) as received:
            await until(lambda: received == ["webchat:1"])
        await rings.aclose()


async def test_a_loop_that_failed_in_the_middle_of_a_batch_iterates_again(redis: RedisServer) -> None:
    async with doorbell(redis.url, abandoned_ms=100) as bell:
        bell.ring("webchat:1")
        with pytest.raises(ZeroDivisionError):
            await _fail_on(bell)
        async with worker(bell) as received:
            bell.ring("webchat:2")
            await until(lambda: set(received) == {"webchat:1", "webchat:2"})


async def test_a_redis_that_forgets_everything_goes_on_handing_out(redis: RedisServer) -> None:
    async with doorbell(redis.url) as edge, doorbell(redis.url) as bell, worker(bell) as received:
        edge.ring("webchat:1")
        await until(lambda: received == ["webchat:1"])
        redis.flush()
        edge.ring("webchat:2")
        await until(lambda: received == ["webchat:1", "webchat:2"])


async def test_a_stopped_redis_is_noticed_without_traffic_and_so_is_its_return(redis: RedisServer) -> None:
    async with (
        doorbell(redis.url) as edge,
        doorbell(redis.url) as bell,
        worker(bell) as received,
        listening(edge, 7) as heard,
    ):
        redis.stop()
        await until(lambda: edge.is_degraded and bell.is_degraded, seconds=2)
        edge.publish(Typing(7, False, "Ada"))
        assert heard == [Typing(7, False, "Ada")], "the browsers of this process hear it all the same"
        redis.start()
        await until(lambda: not edge.is_degraded and not bell.is_degraded)
        await until(lambda: Changed(7, 0) in heard)  # look into the database: you may have missed something
        heard.clear()
        bell.publish(Typing(7, False, "Bob"))
        edge.ring("webchat:7")
        await until(lambda: heard == [Typing(7, False, "Bob")] and received == ["webchat:7"])


async def test_updates_dropped_by_one_process_make_the_others_look(redis: RedisServer) -> None:
    async with doorbell(redis.url) as edge, doorbell(redis.url) as bell, listening(edge, 7) as heard:
        with Redis.from_url(redis.url) as client:
            client.config_set("maxmemory", 1)  # refuses XADD, so that the pipeline fails; PUBLISH goes through
            bell.ring("webchat:7")
            await until(lambda: bell.is_degraded)
            client.config_set("maxmemory", 0)
        await until(lambda: not bell.is_degraded)
        await until(lambda: Changed(7, 0) in heard)


async def test_an_update_of_another_version_makes_everybody_look(redis: RedisServer) -> None:
    async with doorbell(redis.url) as edge, listening(edge, 7) as heard:
        with Redis.from_url(redis.url) as client:
            client.publish(edge.live, b"\x93\xa5later\x07\x01")
        await until(lambda: heard == [Changed(7, 0)])
        edge.publish(Typing(7, False, None))
        await until(lambda: heard[-1] == Typing(7, False, None))


async def test_a_ring_of_another_version_is_left_to_the_sweep_and_holds_up_nobody(redis: RedisServer) -> None:
    async with doorbell(redis.url) as bell, worker(bell) as received:
        with Redis.from_url(redis.url) as client:
            client.xadd(bell.stream, {"lane": "webchat:1"})
            client.xadd(bell.stream, {"lanes": b"\xc1"})
            bell.ring("webchat:2")
            await until(lambda: received == ["webchat:2"])
            await until(lambda: client.xlen(bell.stream) == 0)
        assert not bell.is_degraded


async def test_what_is_published_at_once_is_heard_once_and_in_its_order(redis: RedisServer) -> None:
    async with doorbell(redis.url) as edge, doorbell(redis.url) as bell, listening(bell, 7) as heard:
        said = [Typing(7, False, str(n)) for n in range(3 * UPDATES_TOGETHER // 2)]
        for one in said:
            edge.publish(one)
        await until(lambda: len(heard) >= len(said))
        assert heard == said


async def test_two_installations_on_one_redis_never_hear_each_other(redis: RedisServer) -> None:
    other_url = redis.url.removesuffix("/0") + "/1"
    async with doorbell(redis.url) as ours, doorbell(other_url) as theirs:
        async with listening(ours, 7) as heard, listening(theirs, 7) as overheard:
            ours.publish(Typing(7, False, "Ada"))
            await until(lambda: bool(heard))
            theirs.publish(Typing(7, False, "Bob"))
            await until(lambda: bool(overheard))
        assert (heard, overheard) == ([Typing(7, False, "Ada")], [Typing(7, False, "Bob")])


async def test_what_was_said_last_before_a_stop_still_goes_out(redis: RedisServer) -> None:
    async with doorbell(redis.url) as edge, listening(edge, 7) as heard:
        async with doorbell(redis.url) as stopping:
            stopping.publish(Typing(7, False, "Ada"))
        await until(lambda: heard == [Typing(7, False, "Ada")])
