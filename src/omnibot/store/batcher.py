"""Gathers what callers want written: whatever comes while a group is written is the next group, and one commit."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from omnibot.store.transactions import Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")
# The result of each, or what was wrong with it; and what is to be done once the callers have been woken: "accepted" is heard
# before the answer.
Written = tuple[Sequence[Result | BaseException], Callable[[], None] | None]

WAITING_LIMIT = 10_000


class Batcher(Generic[Item, Result]):
    """One event loop's."""

    def __init__(
        self,
        write: Callable[[list[Item]], Awaitable[Written[Result]]],
        *,
        largest: int,
        writers: int = 1,
        key: Callable[[Item], Hashable] | None = None,
    ) -> None:
        """`largest` is the most of a group, `writers` how many groups may be under way. Of those with the same `key`, one at
        most goes into a group, the others later and in their order."""
        self._write = write
        self._largest = largest
        self._writers = writers
        self._key = key
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._writing: set[asyncio.Task[None]] = set()  # the loop itself keeps no task alive

    def add(self, item: Item) -> "asyncio.Future[Result]":
        """Its result, once it is written, or what went wrong. Raises Unavailable where too many are waiting."""
        if len(self._waiting) >= WAITING_LIMIT:
            raise Unavailable("too many are waiting")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if len(self._writing) < self._writers:
            self._writing.add(asyncio.create_task(self._write_on()))
        return done

    async def finish(self) -> None:
        """Wait for what is being written, and for what is done after it."""
        while self._writing:
            await asyncio.wait(self._writing)
        await asyncio.sleep(0)  # the loop's next round

    async def _write_on(self) -> None:
        try:
            while self._waiting:
                await self._write_group(self._next_group())
        finally:
            # Nothing is awaited between finding the line empty and saying so: who comes next starts a writer again.
            task = asyncio.current_task()
            assert task is not None
            self._writing.discard(task)

    async def _write_group(self, group: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results, afterwards = await self._write([item for item, _ in group])
        except Exception as error:
            # Whatever went wrong, each caller must hear that nothing was written.
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
            return
        for (_, done), result in zip(group, results, strict=True):
            if done.done():
                continue
            if isinstance(result, BaseException):
                done.set_exception(result)
            else:
                done.set_result(result)
        if afterwards is not None:
            asyncio.get_running_loop().call_soon(afterwards)

    def _next_group(self) -> list[tuple[Item, "asyncio.Future[Result]"]]:
        if self._key is None:
            return [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
        group: list[tuple[Item, asyncio.Future[Result]]] = []
        later: list[tuple[Item, asyncio.Future[Result]]] = []
        taken: set[Hashable] = set()
        while self._waiting and len(group) < self._largest:
            waiting = self._waiting.popleft()
            key = self._key(waiting[0])
            if key in taken:
                later.append(waiting)
            else:
                taken.add(key)
                group.append(waiting)
        self._waiting.extendleft(reversed(later))
        return group
