"""Processes of one installation, and what can be asked of them from outside."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from tests.servers import OmnibotProcess

# The limits of a visitor are not what these tests are about.
UNLIMITED = {"webchat": {"messages_per_minute": 100_000, "sessions_per_minute": 100_000}}


def process(
    directory: Path, role: Literal["all", "edge", "worker"], *, database_url: str = "", redis_url: str = ""
) -> OmnibotProcess:
    return OmnibotProcess(directory, role=role, database_url=database_url, redis_url=redis_url, sections=UNLIMITED)


def embedded_url(server: OmnibotProcess) -> str:
    """The database of a server that was given none."""
    return f"sqlite:///{server.data_dir / 'omnibot.sqlite3'}"


async def get(server: OmnibotProcess, path: str) -> str:
    def fetch() -> str:
        with urllib.request.urlopen(server.url + path, timeout=5) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(fetch)


async def readiness(server: OmnibotProcess) -> Any:
    return json.loads(await get(server, "/readyz"))["status"]


async def received(server: OmnibotProcess) -> float:
    """How many events this process gave an outcome since it started."""
    lines = (await get(server, "/metrics")).splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("omnibot_received_events "))


async def until_ready(server: OmnibotProcess, status: str, *, seconds: float) -> float:
    """Wait until `/readyz` says so; the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(seconds):
        while await readiness(server) != status:  # noqa: ASYNC110 (the state is another process's)
            await asyncio.sleep(0.05)
    return loop.time() - began


async def start_all(*servers: OmnibotProcess) -> None:
    for server in servers:
        await asyncio.to_thread(server.start)


async def in_thread(act: Callable[[], Any]) -> Any:
    """Starting and stopping servers blocks; the load must go on meanwhile."""
    return await asyncio.to_thread(act)
