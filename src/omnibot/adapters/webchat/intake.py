"""Accepts what visitors say: durable, once, with its place in the transcript, before anybody hears "accepted".

Utterances that arrive while the database is busy are written together. At most one per conversation goes into a group,
so that each gets a seq of its own.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.doorbell import Doorbell
from omnibot.store import inbox
from omnibot.store.inbox import Utterance, Waiting
from omnibot.store.transactions import ALONE, Store, Unavailable

GROUP = 256
WAITING_LIMIT = 10_000


class Intake:
    """One per process."""

    def __init__(
        self, store: Store, doorbell: Doorbell, clock: Clock, *, expect: Callable[[list[Waiting]], None] | None = None
    ) -> None:
        """`expect` is told what waits in the lanes before they are rung: where the receiver is in this process, that
        spares it a read of its own, and two changes of threads."""
        self._expect = expect
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
            accept = partial(
                _accept,
                utterances=[utterance for utterance, _ in group],
                now=self._clock.now(),
                is_expected=self._expect is not None,
            )
            try:
                seqs, heads = await self._store.run(accept, lock=ALONE)
            except Exception as error:
                # Whatever went wrong, each caller must hear that its message was not accepted.
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            self.accepted += len(group)
            if self._expect is not None:
                self._expect(heads)
            for (utterance, done), seq in zip(group, seqs, strict=True):
                if not done.done():
                    done.set_result(seq)
                if seq is not None:
                    self._doorbell.ring(utterance.lane)
        # Nothing is awaited between finding the line empty and saying so: who comes next starts a writer again.
        self._writing -= 1

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


def _accept(
    tx: Connection, utterances: list[Utterance], now: datetime, *, is_expected: bool
) -> tuple[list[int | None], list[Waiting]]:
    seqs = inbox.accept_utterances(tx, utterances, now)
    return seqs, inbox.waiting(tx, [said.lane for said in utterances], now) if is_expected else []
