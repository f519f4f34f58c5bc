"""Watches the clocks: records each broken promise once, at its moment, and closes what nobody objects to."""

from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.promise import Promise
from omnibot.doorbell import Changed
from omnibot.flow import change_ticket, hand_to_dealer
from omnibot.flow.desk import Desk
from omnibot.log import Log
from omnibot.store import promises

log = Log(__name__)


async def step(desk: Desk, now: datetime) -> list[Promise]:
    """Record what has become due; returns what broke."""
    broken = await desk.store.run(partial(promises.break_due, now=now))
    for promise in broken:
        log.warning("promise_broken", kind=promise.kind.value, promise_id=promise.id, due_at=promise.due_at.isoformat())
        if promise.conversation_id is not None:
            desk.doorbell.publish(Changed(promise.conversation_id, 0))
    return broken


async def close_silent_tickets(desk: Desk, now: datetime) -> None:
    def close(tx: Connection) -> None:
        for ticket in change_ticket.close_silent(tx, desk, now):
            hand_to_dealer.confirmed(tx, ticket, now=now)

    await desk.store.run(close)
