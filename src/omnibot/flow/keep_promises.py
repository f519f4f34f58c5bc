"""Watches the clocks: warnings, breaches and the ladder, each once and at its moment; and closes what nobody objects to.

The timers are rows. Whoever finds one that has run out locks its promise, takes every step up to now and writes down the
next timer in the same transaction, so that two workers, a restart or a clock that jumps repeat nothing.
"""

import asyncio
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain import escalation
from omnibot.domain.conversation import Conversation
from omnibot.domain.escalation import Broke, Escalated, Step, Warned
from omnibot.domain.message import Message
from omnibot.domain.promise import Promise
from omnibot.domain.value import dataclass
from omnibot.flow import change_ticket, warn
from omnibot.flow.dealers import hand_to_dealer
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.log import Log
from omnibot.store import calendars, conversations, promises
from omnibot.store.transactions import ALONE

log = Log(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The steps that a promise took."""

    promise: Promise
    steps: tuple[Step, ...]
    conversation_id: int | None
    said: list[Message]


async def step(desk: Desk, now: datetime) -> list[Promise]:
    """Take the steps whose moment has come; returns what broke."""
    awake = await desk.store.read(partial(promises.awake, now=now))
    bodies = [
        desk.store.submit(
            partial(_take, desk=desk, id=id, conversation_id=conversation_id, now=now), lock=conversation_id or ALONE
        )
        for id, conversation_id in awake
    ]
    broken = []
    for taken in await asyncio.gather(*bodies):
        if taken is None:
            continue
        if taken.conversation_id is not None:
            announce(desk, taken.conversation_id, taken.said)
        if any(isinstance(step, Broke) for step in taken.steps):
            broken.append(taken.promise)
            _log_broken(taken.promise)
    return broken


def _take(tx: Connection, desk: Desk, id: int, conversation_id: int | None, now: datetime) -> Taken | None:
    """The steps of one promise; None if somebody else has taken them."""
    conversation = conversations.lock(tx, conversation_id) if conversation_id is not None else None
    before = promises.lock(tx, id)
    if before is None or before.wake_at is None or before.wake_at > now:
        return None
    after, steps = escalation.advance(before, calendars.get(tx, before.calendar), desk.policy.ladder, now)
    for taken in steps:
        _write(tx, id, taken, now)
    after, said = _tell(tx, desk, after, steps, conversation, now)
    promises.save(tx, after)
    return Taken(promise=after, steps=steps, conversation_id=conversation_id, said=said)


def _tell(
    tx: Connection,
    desk: Desk,
    promise: Promise,
    steps: tuple[Step, ...],
    conversation: Conversation | None,
    now: datetime,
) -> tuple[Promise, list[Message]]:
    """Tell the last step: after a standstill nobody wants to hear that half of the time was over."""
    said: list[Message] = []
    for telling in escalation.tell(steps[-1], promise) if steps else ():
        promise, heard = warn.carry_out(tx, desk, telling, promise, conversation, now)
        said += heard
    return promise, said


def _write(tx: Connection, id: int, step: Step, now: datetime) -> None:
    match step:
        case Warned(percent=percent):
            promises.note(tx, id, "warned", now=now, percent=percent)
        case Broke():
            promises.note(tx, id, "broken", now=now, percent=100)
        case Escalated(audience=audience, rung=rung):
            promises.note(tx, id, "escalated", now=now, to=audience.value, rung=rung)


def _log_broken(promise: Promise) -> None:
    log.warning("promise_broken", kind=promise.kind.value, promise_id=promise.id, due_at=promise.due_at.isoformat())


async def close_silent_tickets(desk: Desk, now: datetime) -> None:
    def close(tx: Connection) -> None:
        for ticket in change_ticket.close_silent(tx, desk, now):
            hand_to_dealer.confirmed(tx, ticket, now=now)

    await desk.store.run(close)
