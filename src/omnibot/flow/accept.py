"""Accepts what platforms bring: durable, once, before the platform hears that it is.

In the only process of its database, events that come while it writes are accepted together. What takes words only is
answered in the transaction that accepts it, and the answers are claimed in it, so that they leave as soon as it is committed
(docs/decisions/0035). Everything else waits in the inbox, as always.
"""

import asyncio
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
from omnibot.store.batcher import Batcher, Written
from omnibot.store.outbox import Claimed
from omnibot.store.transactions import NOTHING, Unavailable

log = Log(__name__)


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
        self._batcher = Batcher(self._write, largest=BATCH)  # what is answered can be claimed

    async def accept(self, event: RawEvent) -> None:
        """Returns when the event is committed, now or the first time that it came. Raises Unavailable."""
        if not self._at_once or event.original is not None:
            await self._store.run(partial(inbox.accept, event=event, now=self._clock.now()), lock=NOTHING)
            self._doorbell.ring(event.lane)
        else:
            await self._batcher.add(event)

    async def finish(self) -> None:
        """Wait for what is being accepted, until what has to be sent is in the deliverer's hands."""
        await self._batcher.finish()

    async def _write(self, events: list[RawEvent]) -> Written[None]:
        now = self._clock.now()
        claim = self._deliverer.claim(now)
        answering = partial(_answer, events=events, receiver=self._receiver, claim=claim, now=now)
        try:
            answered, lines, claimed = await self._store.run(answering)
        except Unavailable:
            raise
        except Exception:
            # Nobody is refused because one of them cannot be answered, or not be kept: the receiver tries each by itself.
            log.exception("answering_failed", messages=len(events))
            return await self._keep_each(events, now)

        def go_on() -> None:
            self._deliverer.begin(claimed)
            answered()
            self._receiver.look_again(lines)

        return [None] * len(events), go_on

    async def _keep_each(self, events: list[RawEvent], now: datetime) -> Written[None]:
        keeping = (self._store.run(partial(inbox.accept, event=event, now=now), lock=NOTHING) for event in events)
        kept = await asyncio.gather(*keeping, return_exceptions=True)
        lanes = [event.lane for event, is_new in zip(events, kept, strict=True) if isinstance(is_new, bool)]
        return [one if isinstance(one, BaseException) else None for one in kept], partial(
            self._receiver.look_again, lanes
        )


def _answer(
    tx: Connection, events: list[RawEvent], receiver: Receiver, claim: Claim | None, now: datetime
) -> tuple[Callable[[], None], list[str], list[Claimed]]:
    """Accept, place, answer and claim: what is to be done after the commit, the lanes in which something else waits, what is
    ours to send."""
    heads, lines = inbox.accept_and_read(tx, events, now)
    said, go_on = receiver.answer_accepted(tx, heads, now)
    return go_on, lines, claim(tx, said=said) if claim and said else []
