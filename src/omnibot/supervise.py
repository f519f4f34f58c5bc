"""Keeps the process's loops running: a loop that fails is logged and started again, with a growing pause."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from omnibot.log import Log
from omnibot.store.transactions import Unavailable
from omnibot.tasks import cancel

log = Log(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds; a database that is back must not wait for us


class Supervisor:
    """Owns the tasks of one process."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: list[asyncio.Task[None]] = []  # those that return by themselves once we stop
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()  # ends the pauses that began before it
        self._bells: dict[str, asyncio.Event] = {}  # of the steps that run every so many seconds
        self.failures: dict[str, int] = {}

    def start(self, name: str, loop: Callable[[], Awaitable[None]], *, ends: bool = False) -> None:
        """Run `loop` until it returns; again whenever it raises. `ends` where it returns soon after a stop has begun."""
        self._tasks[name] = asyncio.create_task(self._keep(name, loop), name=name)
        if ends:
            self._ending.append(self._tasks[name])

    def every(self, name: str, seconds: float, step: Callable[[], Awaitable[object]]) -> None:
        """Run `step` now and then every so many seconds, or as soon as its name is rung."""
        bell = self._bells[name] = asyncio.Event()

        async def repeat() -> None:
            while not self._stopping.is_set():
                bell.clear()  # before the step: who rings while it runs wants another one
                await step()
                await self._wait(seconds, bell)

        self.start(name, repeat, ends=True)

    async def stop(self, *, patience: float = 5.0) -> None:
        """Let what is under way come to its end, for so many seconds; then cancel."""
        self._stopping.set()
        self.hurry()
        if self._ending:
            await asyncio.wait(self._ending, timeout=patience)
        await cancel(self._tasks.values())

    def hurry(self) -> None:
        """End all pauses: whoever moved the clock wants to see what follows."""
        self._woken.set()
        self._woken = asyncio.Event()
        for name in self._bells:
            self.ring(name)

    def ring(self, name: str) -> None:
        """There is something to do for the step of that name, if it runs here."""
        if name in self._bells:
            self._bells[name].set()

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await loop()
                return
            except asyncio.CancelledError:
                raise
            except Unavailable as error:
                self.failures[name] = self.failures.get(name, 0) + 1
                log.warning("loop_waits", loop=name, reason=str(error))
            except Exception:
                # The last resort of the whole process: whatever a loop stumbles over must not stop the others.
                self.failures[name] = self.failures.get(name, 0) + 1
                log.exception("loop_failed", loop=name)
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await self._wait(pause, self._woken)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _wait(self, seconds: float, bell: asyncio.Event) -> None:
        if self._stopping.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await bell.wait()
