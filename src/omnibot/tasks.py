"""Ends background tasks for certain."""

import asyncio
from collections.abc import Iterable

PATIENCE = 1.0  # seconds until a task is told again


async def cancel(tasks: "Iterable[asyncio.Task[None]]") -> None:
    """Cancel tasks and wait until they have ended.

    Told once is not enough: a client whose own time-out expires in the same moment (redis-py's do) may report that
    time-out and swallow the cancellation, and its loop would go on for ever.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=PATIENCE)
