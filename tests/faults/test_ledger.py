"""The checker itself: what it must not let pass where several messages are one question."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.ledger import Database, Findings, _one_outcome

Rows = list[dict[str, Any]]
AT = datetime(2026, 6, 1, tzinfo=UTC)


def events() -> Rows:
    """Two questions: the first in three pieces, the second in one."""
    outcomes = ("answer", "joined", "joined", "suggest")
    return [
        {
            "id": n + 1,
            "lane": "webchat:1",
            "state": "done",
            "outcome": outcome,
            "conversation_id": 1,
            "seq": (1, 2, 3, 5)[n],
            "received_at": AT + timedelta(seconds=n),
            "attempts": 0,
        }
        for n, outcome in enumerate(outcomes)
    ]


def answers() -> Rows:
    return [
        {"seq": seq, "author": "bot", "explanation": json.dumps({"decision": decision, "pieces": pieces})}
        for seq, decision, pieces in ((4, "answer", 3), (6, "suggest", 1))
    ]


def findings(inbox: Rows, said: Rows) -> list[str]:
    found = Findings()
    database: Any = Database(inbox=inbox, messages={1: said}, conversations={}, outbox=[], promises=[])  # type: ignore[arg-type]
    _one_outcome(found, database)
    return found.broken


def test_a_burst_with_one_answer_is_in_order() -> None:
    assert findings(events(), answers()) == []


def without_answer(inbox: Rows, said: Rows) -> None:
    """All pieces were joined to a message that nobody answered."""
    inbox[0]["outcome"] = "pass_on"
    del said[0]


def joined_to_nothing(inbox: Rows, said: Rows) -> None:
    del inbox[0]


def answered_early(inbox: Rows, said: Rows) -> None:
    said[0]["seq"] = 2  # before the last piece was said


def answered_twice(inbox: Rows, said: Rows) -> None:
    said.insert(1, said[0])


def swapped(inbox: Rows, said: Rows) -> None:
    """The right number of each outcome, for the wrong questions."""
    said[0]["explanation"], said[1]["explanation"] = said[1]["explanation"], said[0]["explanation"]


def long_after(inbox: Rows, said: Rows) -> None:
    inbox[1]["received_at"] += timedelta(minutes=5)


def elsewhere(inbox: Rows, said: Rows) -> None:
    inbox[1]["conversation_id"] = 2


def without_place(inbox: Rows, said: Rows) -> None:
    inbox[2]["seq"] = inbox[1]["seq"]


def forgotten_piece(inbox: Rows, said: Rows) -> None:
    """A piece ended as joined that the answer does not speak of."""
    said[0]["explanation"] = json.dumps({"decision": "answer", "pieces": 2})


@pytest.mark.parametrize(
    "spoil",
    [
        forgotten_piece,
        without_answer,
        joined_to_nothing,
        answered_early,
        answered_twice,
        swapped,
        long_after,
        elsewhere,
        without_place,
    ],
)
def test_a_burst_that_was_not_answered_once_as_a_whole_is_found(spoil: Callable[[Rows, Rows], None]) -> None:
    inbox, said = events(), answers()
    spoil(inbox, said)
    assert findings(inbox, said)
