"""Writes down what platforms have taken: all that has arrived since the last commit in the next one, a statement of a kind."""

import asyncio
from collections.abc import Callable
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.store import outbox
from omnibot.store.outbox import Arrived
from omnibot.store.transactions import ALONE, Store


class LeaseLost(Exception):
    """Somebody else has taken over one of them: each is settled by itself."""


class Settling:
    """One per deliverer."""

    def __init__(self, store: Store, *, followed: Callable[[], None]) -> None:
        """`followed` is called after a commit behind which something waits in the same chat."""
        self._store = store
        self._followed = followed
        self._waiting: list[tuple[Arrived, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, arrived: Arrived) -> bool:
        """Returns after the commit; False where nothing was written, so that it has to be settled by itself."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            settle = partial(_settle, arrived=[arrived for arrived, _ in group])
            try:
                if await self._store.run(settle, lock=ALONE):
                    self._followed()
                is_written = True
            except Exception:
                is_written = False  # what was wrong is told to the one whose fault it is
            for _, done in group:
                if not done.done():
                    done.set_result(is_written)
        self._writing = None


def _settle(tx: Connection, arrived: list[Arrived]) -> bool:
    """Whether something waits behind one of them."""
    if not outbox.settle_arrived(tx, sorted(arrived, key=lambda one: one.row.id)):
        raise LeaseLost
    return outbox.is_followed(tx, arrived)
