"""kill -9 at any moment, again and again, under load: nothing acknowledged is lost, nothing is said twice."""

import asyncio
import os
import random
from pathlib import Path
from statistics import median

import pytest

from tests.faults.fleet import UNLIMITED
from tests.faults.ledger import Ledger, now, prove
from tests.faults.visitors import Crowd
from tests.servers import OmnibotProcess, PostgresServer

# Many more in a long run: OMNIBOT_FAULT_ROUNDS=1000.
ROUNDS = {"sqlite": 12, "postgresql": 6}


def rounds(kind: str) -> int:
    return int(os.environ.get("OMNIBOT_FAULT_ROUNDS") or ROUNDS[kind])


async def kill_at_random(server: OmnibotProcess, *, times: int, seed: int) -> list[float]:
    """Kill and start again; returns when each start was ready. How long a start takes is measured in `bench`."""
    dice = random.Random(seed)
    restarts = []
    for _ in range(times):
        await asyncio.sleep(dice.uniform(0.05, 1.5))
        server.kill()
        await asyncio.to_thread(server.start)
        restarts.append(now())
    return restarts


@pytest.mark.parametrize("seed", [1])
async def test_kills_lose_and_double_nothing_on_sqlite(tmp_path: Path, seed: int) -> None:
    with OmnibotProcess(tmp_path, sections=UNLIMITED) as server:
        crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), seed=seed)
        async with crowd.running():
            restarts = await kill_at_random(server, times=rounds("sqlite"), seed=seed)
            await crowd.close_doors()
            url = f"sqlite:///{server.data_dir / 'omnibot.sqlite3'}"
            numbers = await prove(crowd, url, restarts=restarts)
        assert numbers["dead"] == 0
        assert median(numbers["first_after_restart_s"]) < 5  # the worst depends on who else uses this machine


@pytest.mark.parametrize("seed", [1])
async def test_kills_lose_and_double_nothing_on_postgresql(tmp_path: Path, seed: int) -> None:
    with PostgresServer(durable=True) as postgres:
        url = postgres.new_database()
        with OmnibotProcess(tmp_path, sections=UNLIMITED, database_url=url) as server:
            crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), seed=seed)
            async with crowd.running():
                restarts = await kill_at_random(server, times=rounds("postgresql"), seed=seed)
                await crowd.close_doors()
                numbers = await prove(crowd, url, restarts=restarts)
        assert numbers["dead"] == 0
        assert median(numbers["first_after_restart_s"]) < 10
        assert postgres.deadlocks() == []
