"""An edge and two workers lose all of Redis, Redis itself and one of the workers: nothing is lost but a few seconds."""

import asyncio
from pathlib import Path

from tests.faults.fleet import in_thread, process, received, start_all, until_ready
from tests.faults.ledger import Ledger, prove, report
from tests.faults.visitors import Crowd
from tests.servers import OmnibotProcess, PostgresServer, RedisServer

# A sweep each second takes what is older than two; RELIABILITY allows 7.
LONGEST_DELAY = 7.0
ENOUGH = 200  # events; of forty, a worker may have had four because it was handed the second batch
SECONDS = 60.0  # for them, on a machine that is busy with something else


async def shares_of(*workers: OmnibotProcess) -> list[float]:
    """How many events each of them has received, once they are enough to tell."""
    deadline = asyncio.get_running_loop().time() + SECONDS
    while True:
        shares = [await received(worker) for worker in workers]
        if sum(shares) >= ENOUGH or asyncio.get_running_loop().time() > deadline:
            return shares
        await asyncio.sleep(0.1)


async def test_losing_redis_and_a_worker_loses_nothing(tmp_path: Path) -> None:
    with PostgresServer() as postgres, RedisServer() as redis:
        urls = {"database_url": postgres.new_database(), "redis_url": redis.url}
        with (
            process(tmp_path / "edge", "edge", **urls) as edge,
            process(tmp_path / "one", "worker", **urls) as one,
            process(tmp_path / "two", "worker", **urls) as two,
        ):
            crowd = Crowd([edge.url], Ledger(tmp_path / "ledger"), size=12, seed=3)
            async with crowd.running():
                await asyncio.sleep(2)
                redis.flush()
                await asyncio.sleep(1.5)
                shares = await shares_of(one, two)

                await in_thread(redis.stop)
                noticed = [await until_ready(server, "degraded", seconds=5) for server in (edge, one, two)]
                await asyncio.sleep(3)
                await in_thread(redis.start)
                back = [await until_ready(server, "ok", seconds=10) for server in (edge, one, two)]
                await asyncio.sleep(1)

                await in_thread(one.kill)
                await asyncio.sleep(2)
                await start_all(one)
                await asyncio.sleep(1)
                await crowd.close_doors()
                numbers = await prove(crowd, urls["database_url"])
        report({"shares": shares, "degraded_after_s": sum(noticed), "ok_after_s": sum(back)})
        assert sum(shares) >= ENOUGH, f"too little came in to tell who works: {shares}"
        assert min(shares) > 0.2 * sum(shares), "both workers work"
        assert numbers["dead"] == 0
        assert numbers["decided_s"][-1] < LONGEST_DELAY
        assert postgres.deadlocks() == []
