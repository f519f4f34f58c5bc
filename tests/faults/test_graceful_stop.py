"""SIGTERM under load: what was taken is finished, the rest goes elsewhere, and nobody notices more than a pause."""

import asyncio
from functools import partial
from pathlib import Path

import aiohttp

from omnibot.front.door import PATIENCE
from tests.browser.agents import PASSWORD, link_for
from tests.faults.fleet import embedded_url, in_thread, process, start_all
from tests.faults.ledger import Ledger, now, prove
from tests.faults.visitors import Crowd
from tests.servers import OmnibotProcess, PostgresServer, RedisServer

STOP_SECONDS = 20


async def test_a_stop_under_load_finishes_what_was_taken(tmp_path: Path) -> None:
    with process(tmp_path / "omnibot", "all") as server:
        crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), seed=5)
        stopped_in, restarts = [], []
        async with crowd.running():
            for _ in range(3):
                await asyncio.sleep(1.5)
                began = now()
                assert await in_thread(partial(server.terminate, seconds=STOP_SECONDS)) == 0
                stopped_in.append(now() - began)
                restarts.append(now())
                await start_all(server)
            await asyncio.sleep(0.5)
            await crowd.close_doors()
            await prove(crowd, embedded_url(server), restarts=restarts)
        assert max(stopped_in) < STOP_SECONDS


async def test_a_rolling_restart_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with PostgresServer() as postgres, RedisServer() as redis:
        urls = {"database_url": postgres.new_database(), "redis_url": redis.url}
        with (
            process(tmp_path / "edge-one", "edge", **urls) as edge_one,
            process(tmp_path / "edge-two", "edge", **urls) as edge_two,
            process(tmp_path / "worker-one", "worker", **urls) as worker_one,
            process(tmp_path / "worker-two", "worker", **urls) as worker_two,
        ):
            crowd = Crowd([edge_one.url, edge_two.url], Ledger(tmp_path / "ledger"), size=12, seed=6)
            async with crowd.running():
                for server in (worker_one, edge_one, worker_two, edge_two):
                    await asyncio.sleep(1)
                    assert await in_thread(partial(server.terminate, seconds=STOP_SECONDS)) == 0
                    await start_all(server)
                await asyncio.sleep(1)
                await crowd.close_doors()
                numbers = await prove(crowd, urls["database_url"])
        assert numbers["dead"] == 0
        assert postgres.deadlocks() == []


async def test_consoles_that_open_during_a_stop_do_not_delay_it(tmp_path: Path) -> None:
    """Their streams open after those that were open have been closed: nobody would end them."""
    with process(tmp_path / "omnibot", "all") as server:
        connector, jar = aiohttp.TCPConnector(limit=0), aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as browser:
            await _sign_in(browser, server)
            one_is_open = asyncio.Event()
            opening = [asyncio.create_task(_open_stream(browser, server, one_is_open)) for _ in range(60)]
            await one_is_open.wait()
            began = now()
            assert await in_thread(partial(server.terminate, seconds=STOP_SECONDS)) == 0
            stopped_in = now() - began
            ends = await asyncio.gather(*opening, return_exceptions=True)
    assert any(isinstance(end, bytes) for end in ends)
    assert stopped_in < PATIENCE


async def _sign_in(browser: aiohttp.ClientSession, server: OmnibotProcess) -> None:
    link = await in_thread(partial(link_for, server, "ana@example.com", "Ana"))
    form = {"code": link.partition("code=")[2], "password": PASSWORD}
    async with browser.post(link, data=form, headers={"Origin": server.url}) as welcomed:
        assert welcomed.status == 200


async def _open_stream(browser: aiohttp.ClientSession, server: OmnibotProcess, is_open: asyncio.Event) -> bytes:
    async with browser.get(f"{server.url}/console/live") as stream:
        assert stream.status == 200
        is_open.set()
        return await stream.read()
