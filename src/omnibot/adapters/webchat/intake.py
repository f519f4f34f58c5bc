"""Accepts what visitors say: durable, once, with its place in the transcript, before anybody hears "accepted".

Utterances that arrive while the database is busy are written together. At most one per conversation goes into a group,
so that each gets a seq of its own. Where the receiver is in this process, it answers in that same transaction what it can
answer at once: one commit and one change of threads for a question and its answer (docs/decisions/0027).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.doorbell import Doorbell
from omnibot.log import Log
from omnibot.store import utterances as stored
from omnibot.store.transactions import ALONE, Store, Unavailable
from omnibot.store.utterances import Utterance

GROUP = 256
WAITING_LIMIT = 10_000

# The seqs, and what is to be done after the commit.
Accepted = tuple[list[int | None], Callable[[], None] | None]

log = Log(__name__)


class Accept(Protocol):
    """Accepts in the place of `utterances.accept`, in its transaction."""

    def __call__(self, tx: Connection, utterances: list[Utterance], now: datetime) -> Accepted: ...


class Intake:
    """One per process."""

    def __init__(self, store: Store, doorbell: Doorbell, clock: Clock, *, answering: Accept | None = None) -> None:
        """`answering` is the receiver's, if it is in this process; without it, lanes are rung."""
        self._answering = answering
        self._store = store
        self._doorbell = doorbell
        self._clock = clock
        self._waiting: deque[tuple[Utterance, asyncio.Future[int | None]]] = deque()
        self._writing = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.accepted = 0

    async def accept(self, utterance: Utterance) -> int | None:
        """The seq of the utterance, once it is durable; None where its conversation is gone. Raises Unavailable."""
        if len(self._waiting) >= WAITING_LIMIT:
            raise Unavailable("too many messages are waiting")
        done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((utterance, done))
        if self._writing < self._store.writers:
            self._writing += 1
            task = asyncio.create_task(self._write())
            self._tasks.add(task)  # the loop itself keeps no task alive
            task.add_done_callback(self._tasks.discard)
        return await done

    async def _write(self) -> None:
        while self._waiting:
            group = self._next_group()
            try:
                seqs, go_on = await self._accept([utterance for utterance, _ in group], self._clock.now())
            except Exception as error:
                # Whatever went wrong, each caller must hear that its message was not accepted.
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            self.accepted += len(group)
            for (utterance, done), seq in zip(group, seqs, strict=True):
                if not done.done():
                    done.set_result(seq)
                if seq is not None and go_on is None:
                    self._doorbell.ring(utterance.lane)
            if go_on is not None:
                # After the callers, who have been woken: "accepted" is heard before the answer.
                asyncio.get_running_loop().call_soon(go_on)
        # Nothing is awaited between finding the line empty and saying so: who comes next starts a writer again.
        self._writing -= 1

    async def _accept(self, utterances: list[Utterance], now: datetime) -> Accepted:
        if self._answering is not None:
            try:
                return await self._store.run(partial(self._answering, utterances=utterances, now=now), lock=ALONE)
            except Unavailable:
                raise
            except Exception:
                # Nobody is refused because one of them cannot be answered: the receiver tries each by itself.
                log.exception("answering_failed", messages=len(utterances))
        return await self._store.run(partial(stored.accept, utterances=utterances, now=now), lock=ALONE), None

    def _next_group(self) -> list[tuple[Utterance, asyncio.Future[int | None]]]:
        group: list[tuple[Utterance, asyncio.Future[int | None]]] = []
        later: list[tuple[Utterance, asyncio.Future[int | None]]] = []
        taken: set[int] = set()
        while self._waiting and len(group) < GROUP:
            item = self._waiting.popleft()
            if item[0].conversation_id in taken:
                later.append(item)
            else:
                taken.add(item[0].conversation_id)
                group.append(item)
        self._waiting.extendleft(reversed(later))
        return group
