"""A line that is longer than anybody looks: who stands far back costs one count, whenever they write."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Status
from omnibot.domain.rules import Rules, Team
from omnibot.flow.surge.line_up import QUEUE_LIMIT
from omnibot.flow.surge.tell_wait import Stopwatch
from omnibot.store import conversations, schema
from omnibot.store.transactions import Store
from tests.office import MONDAY
from tests.store.conftest import open_conversation

BEHIND = 3  # further than anybody looks
RULES = Rules(version="t", teams=(Team(name="service", members=("ada@example.com",)),))


async def test_who_stands_further_back_than_anybody_looks_costs_one_statement(store: Store) -> None:
    def body(tx: Connection) -> None:
        ids = [open_conversation(tx, str(n)).id for n in range(QUEUE_LIMIT + BEHIND)]
        for number, id in enumerate(ids):
            waits = {"status": Status.QUEUED.value, "last_seq": 1, "waiting_since": MONDAY}
            due = {"due_at": MONDAY + timedelta(seconds=number)}
            tx.execute(sa.update(schema.conversations).where(schema.conversations.c.id == id).values(waits | due))
        stopwatch, statements = Stopwatch(), 0

        def count(*_: Any) -> None:
            nonlocal statements
            statements += 1

        def place(id: int) -> int:
            waiting = conversations.get(tx, id)
            assert waiting is not None
            nonlocal statements
            statements = 0
            return stopwatch.wait(tx, RULES, waiting, MONDAY).place

        sa.event.listen(tx, "before_cursor_execute", count)
        assert place(ids[0]) == 1
        assert statements > 1
        assert [(place(id), statements) for id in ids[QUEUE_LIMIT:]] == [
            (QUEUE_LIMIT + n + 1, 1) for n in range(BEHIND)
        ]
        assert (place(ids[QUEUE_LIMIT - 1]), statements) == (QUEUE_LIMIT, 0)
        sa.event.remove(tx, "before_cursor_execute", count)

    await store.run(body)
