"""A disk without space and a database that somebody else has locked: "not now" instead of a lie, and then on as before."""

import asyncio
import ctypes
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fleet import UNLIMITED, embedded_url, in_thread, process
from tests.faults.ledger import Ledger, now, prove, report
from tests.faults.visitors import Crowd
from tests.servers import OmnibotProcess

SIZE = 40 * 1024 * 1024  # bytes; the write-ahead log alone takes 16 MB before it starts again
HELD_SECONDS = 8.0

_libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if _libc.mount(b"none", os.fsencode(disk), b"tmpfs", 0, f"size={SIZE}".encode()) != 0:
        pytest.fail(f"A full disk needs a mount, which needs root: {os.strerror(ctypes.get_errno())}.")
    yield disk
    _libc.umount2(os.fsencode(disk), 2)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return filler


async def until_more(crowd: Crowd, status: int, *, seconds: float) -> float:
    """Wait for one more answer of that kind; the seconds it took."""
    began, so_far = now(), crowd.statuses[status]
    async with asyncio.timeout(seconds):
        while crowd.statuses[status] == so_far:  # noqa: ASYNC110 (the answers come from another process)
            await asyncio.sleep(0.02)
    return now() - began


async def test_a_full_disk_is_said_and_survived(tmp_path: Path, small_disk: Path) -> None:
    with OmnibotProcess(tmp_path / "omnibot", data_dir=small_disk / "var", sections=UNLIMITED) as server:
        crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), seed=7)
        async with crowd.running():
            await asyncio.sleep(1)
            filler = await in_thread(lambda: fill(small_disk))
            refused_after = await until_more(crowd, 503, seconds=10)
            await asyncio.sleep(3)
            assert server.is_running
            assert await crowd.visitors[0].transcript(), "what is stored can still be read"
            filler.unlink()
            back_after = await until_more(crowd, 202, seconds=10)
            await asyncio.sleep(1)
            await crowd.close_doors()
            numbers = await prove(crowd, embedded_url(server))
        report({"refused_after_s": round(refused_after, 2), "back_after_s": round(back_after, 2)})
        with sqlite3.connect(server.data_dir / "omnibot.sqlite3") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        assert numbers["dead"] == 0


async def test_a_database_locked_by_somebody_else_delays_and_loses_nothing(tmp_path: Path) -> None:
    with process(tmp_path / "omnibot", "all") as server:
        crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), seed=8)
        async with crowd.running():
            await asyncio.sleep(1)
            holder = sqlite3.connect(server.data_dir / "omnibot.sqlite3", timeout=10)
            holder.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(HELD_SECONDS)
            holder.close()
            back_after = await until_more(crowd, 202, seconds=10)
            await asyncio.sleep(1)
            await crowd.close_doors()
            numbers = await prove(crowd, embedded_url(server))
        report({"held_s": HELD_SECONDS, "back_after_s": round(back_after, 2)})
        assert numbers["dead"] == 0
