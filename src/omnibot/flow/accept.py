"""Accepts what platforms bring: durable, once, before the platform hears that it is.

In the only process of its database, events that come while it writes are accepted together. What takes words only is
answered in the transaction that accepts it, and the answers are claimed in it, so that they leave as soon as it is committed
(docs/decisions/0035). Everything else waits in the inbox, as always.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.message import RawEvent
from omnibot.flow.deliver import BATCH, Claim, Deliverer
from omnibot.flow.desk import Desk
from omnibot.flow.receive import Receiver
from omnibot.log import Log
from omnibot.store import inbox
from omnibot.store.outbox import Claimed
from omnibot.store.transactions import ALONE, Unavailable

log = Log(__name__)

GROUP = BATCH  # what is answered can be claimed
WAITING_LIMIT = 10_000


class Accepting:
    """One per process."""

    def __init__(
        self, desk: Desk, clock: Clock, receiver: Receiver, deliverer: Deliverer, *, at_once: bool = True
    ) -> None:
        """Without `at_once`, what was accepted is received by whoever hears the bell."""
        self._store = desk.store
        self._doorbell = desk.doorbell
        self._clock = clock
        self._receiver = receiver
        self._deliverer = deliverer
        self._at_once = at_once
        self._waiting: deque[tuple[RawEvent, asyncio.Future[None]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def accept(self, event: RawEvent) -> None:
        """Returns when the event is committed, now or the first time that it came. Raises Unavailable."""
        if not self._at_once or event.original is not None:
            await self._store.run(partial(inbox.accept, event=event, now=self._clock.now()))
            self._doorbell.ring(event.lane)
            return
        if len(self._waiting) >= WAITING_LIMIT:
            raise Unavailable("too many events are waiting")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def finish(self) -> None:
        """Wait for what is being accepted, until what has to be sent is in the deliverer's hands."""
        while self._writing is not None:
            await asyncio.wait([self._writing])
        await asyncio.sleep(0)  # the loop's next round

    async def _write(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
            now = self._clock.now()
            try:
                go_on, claimed = await self._accept([event for event, _ in group], now)
            except Unavailable as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            except Exception:
                # Nobody is refused because one of them cannot be answered, or not be kept: the receiver tries each by itself.
                log.exception("answering_failed", messages=len(group))
                await self._keep_each(group, now)
                continue
            for _, done in group:
                if not done.done():
                    done.set_result(None)
            # After the callers, who have been woken: "accepted" is heard before the answer.
            asyncio.get_running_loop().call_soon(self._go_on, go_on, claimed)
        # Nothing is awaited between finding the line empty and saying so: who comes next starts a writer again.
        self._writing = None

    def _go_on(self, tell: Callable[[], None], claimed: list[Claimed]) -> None:
        self._deliverer.begin(claimed)
        tell()

    async def _keep_each(self, group: list[tuple[RawEvent, asyncio.Future[None]]], now: datetime) -> None:
        keeping = (self._store.run(partial(inbox.accept, event=event, now=now)) for event, _ in group)
        kept = await asyncio.gather(*keeping, return_exceptions=True)
        for (event, done), what in zip(group, kept, strict=True):
            if isinstance(what, bool):
                self._receiver.look_again([event.lane])
            if done.done():
                continue
            if isinstance(what, BaseException):
                done.set_exception(what)
            else:
                done.set_result(None)

    async def _accept(self, events: list[RawEvent], now: datetime) -> tuple[Callable[[], None], list[Claimed]]:
        """What is to be done after the commit, and what is ours to send."""
        claim = self._deliverer.claim(now)
        answering = partial(_answer, events=events, receiver=self._receiver, claim=claim, now=now)
        answered, lines, claimed = await self._store.run(answering, lock=ALONE)

        def go_on() -> None:
            answered()
            self._receiver.look_again(lines)

        return go_on, claimed


def _answer(
    tx: Connection, events: list[RawEvent], receiver: Receiver, claim: Claim | None, now: datetime
) -> tuple[Callable[[], None], list[str], list[Claimed]]:
    """Accept, place, answer and claim: what is to be done after the commit, the lanes in which something else waits, what is
    ours to send."""
    heads, lines = inbox.accept_and_read(tx, events, now)
    said, go_on = receiver.answer_accepted(tx, heads, now)
    return go_on, lines, claim(tx, said=said) if claim and said else []
