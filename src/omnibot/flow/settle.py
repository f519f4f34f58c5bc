"""Writes down what platforms have taken: all that has arrived since the last commit in the next one, a statement of a kind."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.store import outbox
from omnibot.store.batcher import Batcher, Written
from omnibot.store.outbox import Arrived
from omnibot.store.transactions import Store

GROUP = 256


class LeaseLost(Exception):
    """Somebody else has taken over one of them: each is settled by itself."""


class Settling:
    """One per deliverer."""

    def __init__(self, store: Store, *, followed: Callable[[], None]) -> None:
        """`followed` is called after a commit behind which something waits in the same chat."""
        self._store = store
        self._followed = followed
        self._batcher = Batcher(self._write, largest=GROUP)

    async def add(self, arrived: Arrived) -> bool:
        """Returns after the commit; False where nothing was written, so that it has to be settled by itself."""
        return await self._batcher.add(arrived)

    async def _write(self, arrived: list[Arrived]) -> Written[bool]:
        try:
            is_followed = await self._store.run(partial(_settle, arrived=arrived))
        except Exception:
            return [False] * len(arrived), None  # what was wrong is told to the one whose fault it is
        return [True] * len(arrived), self._followed if is_followed else None


def _settle(tx: Connection, arrived: list[Arrived]) -> bool:
    """Whether something waits behind one of them."""
    if not outbox.settle_arrived(tx, sorted(arrived, key=lambda one: one.row.id)):
        raise LeaseLost
    return outbox.is_followed(tx, arrived)
