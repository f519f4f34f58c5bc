"""Keeps the process's loops running: a loop that fails is logged and started again, with a growing pause."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds


class Supervisor:
    """Owns the tasks of one process."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.failures: dict[str, int] = {}

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run `loop` until it returns; again whenever it raises."""
        self._tasks[name] = asyncio.create_task(self._keep(name, loop), name=name)

    def every(self, name: str, seconds: float, step: Callable[[], Awaitable[object]]) -> None:
        """Run `step` now and then every so many seconds."""

        async def repeat() -> None:
            while True:
                await step()
                await asyncio.sleep(seconds)

        self.start(name, repeat)

    async def stop(self) -> None:
        """Cancel all and wait for them."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await loop()
                return
            except asyncio.CancelledError:
                raise
            except Exception:
                # The last resort of the whole process: whatever a loop stumbles over must not stop the others.
                self.failures[name] = self.failures.get(name, 0) + 1
                log.exception("loop_failed", loop=name)
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
