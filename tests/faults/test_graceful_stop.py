"""SIGTERM under load: what was taken is finished, the rest goes elsewhere, and nobody notices more than a pause."""

import asyncio
from functools import partial
from pathlib import Path

from tests.faults.fleet import embedded_url, in_thread, process, start_all
from tests.faults.ledger import Ledger, now, prove
from tests.faults.visitors import Crowd
from tests.servers import PostgresServer, RedisServer

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
        assert "deadlock detected" not in postgres.log()
