"""Asks the operator's system about the customers who wait for people, in the background: nobody waits for it."""

import asyncio
from datetime import datetime
from functools import partial

from omnibot.customer_lookup import CustomerLookup
from omnibot.domain.fact import Fact, Source
from omnibot.flow.desk import Desk
from omnibot.store import contacts, facts


async def step(desk: Desk, lookup: CustomerLookup, now: datetime) -> int:
    """Ask about those with people or an open ticket who were not asked about lately; returns how many were asked."""
    waiting = await desk.store.read(contacts.known_and_waiting)
    wanted = [(id, ref) for id, ref in waiting if lookup.wants(ref, now)][: lookup.at_once]
    answers = await asyncio.gather(*(lookup.ask(ref, now) for _, ref in wanted))
    learnt = [
        Fact(contact_id=id, key=key, value=value, source=Source.LOOK_UP, at=now)
        for (id, _), known in zip(wanted, answers, strict=True)
        for key, value in known.items()
    ]
    if learnt:
        await desk.store.run(partial(facts.learn, learnt=learnt))
    return len(wanted)
