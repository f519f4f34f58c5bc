"""Writes down that a conversation is offered to another team, and tells it to whoever looks at it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.assignment import Waiting
from omnibot.domain.surge.overflow import Why
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce, tell_staff
from omnibot.log import Log
from omnibot.store import conversations, overflows

log = Log(__name__)


async def note_offers(desk: Desk, waiting: Iterable[Waiting], offered: Mapping[int, Why], now: datetime) -> None:
    """Each once for each wait."""
    those = {(one.conversation_id, one.epoch): one for one in waiting if one.conversation_id in offered}
    if not those:
        return
    known = await desk.store.read(partial(overflows.known, waits=list(those)))
    for place, one in those.items():
        if place not in known:
            noting = partial(_note, desk=desk, one=one, why=offered[one.conversation_id], now=now)
            if await desk.store.run(noting, lock=one.conversation_id):
                announce(desk, one.conversation_id, [])


def _note(tx: Connection, desk: Desk, one: Waiting, why: Why, now: datetime) -> bool:
    current = conversations.lock(tx, one.conversation_id)
    team = desk.rules.team(one.team or "")
    if current is None or current.epoch != one.epoch or team is None or team.overflow is None:
        return False
    is_new = overflows.add(
        tx,
        conversation_id=one.conversation_id,
        epoch=one.epoch,
        from_team=team.name,
        to_team=team.overflow,
        why=why.value,
        now=now,
    )
    if not is_new:
        return False
    log.info("overflow", conversation_id=one.conversation_id, to=team.overflow, why=why.value)
    words = desk.texts.of(desk.staff_language)
    if why is Why.AGE:
        text = words("Offered to {to} as well: the wait for {team} is too long.", to=team.overflow, team=team.name)
    else:
        text = words("Offered to {to} as well: too many wait for {team}.", to=team.overflow, team=team.name)
    tell_staff(tx, one.conversation_id, text, now)
    return True
