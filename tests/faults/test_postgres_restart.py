"""PostgreSQL crashes and is restarted under load: whoever was not told "accepted" tries again, and nothing is lost."""

import asyncio
from pathlib import Path
from typing import Literal

from tests.faults.fleet import in_thread, process
from tests.faults.ledger import Ledger, now, prove
from tests.faults.visitors import Crowd
from tests.servers import PostgresServer


async def test_restarts_of_postgresql_lose_nothing(tmp_path: Path) -> None:
    modes: list[Literal["fast", "immediate"]] = ["immediate", "fast", "immediate"]
    with PostgresServer(durable=True) as postgres:
        url = postgres.new_database()
        with process(tmp_path / "omnibot", "all", database_url=url) as server:
            crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), seed=4)
            is_up_again = []
            async with crowd.running():
                for mode in modes:
                    await asyncio.sleep(1.5)
                    await in_thread(lambda mode=mode: postgres.stop(mode))  # type: ignore[misc]
                    await asyncio.sleep(2)
                    await in_thread(postgres.start)
                    is_up_again.append(now())
                await asyncio.sleep(2)
                await crowd.close_doors()
                numbers = await prove(crowd, url, restarts=is_up_again)
            assert server.is_running
        assert numbers["dead"] == 0
        assert len(numbers["first_after_restart_s"]) == len(modes)
        assert max(numbers["first_after_restart_s"]) < 10
