"""Accepts what visitors say: durable, once, with its place in the transcript, before anybody hears "accepted".

Utterances that arrive while the database is busy are written together. At most one per conversation goes into a group,
so that each gets a seq of its own. Where the receiver is in this process, it answers in that same transaction what it can
answer at once: one commit and one change of threads for a question and its answer (docs/decisions/0027).
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Protocol

from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.doorbell import Doorbell
from omnibot.log import Log
from omnibot.store import utterances as stored
from omnibot.store.batcher import Batcher
from omnibot.store.transactions import Store, Unavailable
from omnibot.store.utterances import Utterance

GROUP = 256

# The seqs, and what is to be done after the commit.
Accepted = tuple[list[int | None], Callable[[], None]]

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
        by_conversation = attrgetter("conversation_id")
        self._batcher = Batcher(self._write, largest=GROUP, writers=store.writers, key=by_conversation)
        self.accepted = 0

    def accept(self, utterance: Utterance) -> "asyncio.Future[int | None]":
        """The seq of the utterance, once it is durable; None where its conversation is gone. Raises Unavailable."""
        return self._batcher.add(utterance)

    async def _write(self, utterances: list[Utterance]) -> Accepted:
        accepted = await self._accept(utterances, self._clock.now())
        self.accepted += len(utterances)
        return accepted

    async def _accept(self, utterances: list[Utterance], now: datetime) -> Accepted:
        if self._answering is not None:
            try:
                return await self._store.run(partial(self._answering, utterances=utterances, now=now))
            except Unavailable:
                raise
            except Exception:
                # Nobody is refused because one of them cannot be answered: the receiver tries each by itself.
                log.exception("answering_failed", messages=len(utterances))
        seqs = await self._store.run(partial(stored.accept, utterances=utterances, now=now))
        there = [said.lane for said, seq in zip(utterances, seqs, strict=True) if seq is not None]
        return seqs, partial(self._ring, there)

    def _ring(self, lanes: list[str]) -> None:
        for lane in lanes:
            self._doorbell.ring(lane)
