"""Where the receiver is in the process that accepts: a plain question and its answer are one commit, and whatever is not
plain is received as always."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from omnibot.adapters.webchat.intake import Intake
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.doorbell import Update, topic_of
from omnibot.flow.receive import Receiver
from omnibot.store import contacts, conversations, messages
from omnibot.store.inbox import Waiting
from omnibot.store.utterances import Utterance
from tests.contract.conftest import Bench
from tests.office import MONDAY, BrokenMatcher

QUESTION = "How do I clean the filter?"


@pytest.fixture
async def ana(bench: Bench) -> int:
    """Her conversation."""

    def admit(tx: Connection) -> int:
        ana = contacts.add(tx, language=Language.EN, name="Ana", now=MONDAY)
        address = Address(channel="webchat", chat="ana")
        return conversations.open_at(tx, address, contact_id=ana.id, language=Language.EN, page_url=None, now=MONDAY).id

    return await bench.store.run(admit)


def intake(bench: Bench, receive: Any = None) -> Intake:
    return Intake(bench.store, bench.desk.doorbell, bench.clock, receive=receive or bench.receiver.receive_accepted)


def said(conversation_id: int, client_id: str, text: str = QUESTION) -> Utterance:
    return Utterance(channel="webchat", conversation_id=conversation_id, client_id=client_id, text=text)


async def transcript(bench: Bench, id: int) -> list[tuple[int, str]]:
    found = await bench.store.read(partial(messages.after, conversation_id=id, seq=0))
    return [(message.seq, message.author.value) for message in found]


async def test_a_plain_question_is_answered_in_the_transaction_that_accepts_it(bench: Bench, ana: int) -> None:
    told: list[Update] = []
    bench.desk.doorbell.listen(topic_of(ana), told.append)
    assert await intake(bench).accept(said(ana, "c1")) == 1
    # Nobody has rung, and nobody has received: no step was taken.
    assert await transcript(bench, ana) == [(1, "customer"), (2, "bot")]
    assert await bench.outcomes() == [("done", "answer", 0)]
    assert bench.receiver.received == 1
    assert len(told) == 1


async def test_the_same_utterance_again_is_answered_once(bench: Bench, ana: int) -> None:
    chat = intake(bench)
    assert [await chat.accept(said(ana, "c1")) for _ in range(3)] == [1, 1, 1]
    assert [author for _, author in await transcript(bench, ana)] == ["customer", "bot"]
    assert bench.receiver.received == 1


async def test_what_is_not_plain_is_received_as_always(bench: Bench, ana: int) -> None:
    await intake(bench).accept(said(ana, "c1", "I want to talk to a person"))
    assert await transcript(bench, ana) == [(1, "customer")]
    assert await bench.outcomes() == [("new", None, 0)]
    await bench.go_on(f"webchat:{ana}")
    assert await transcript(bench, ana) == [(1, "customer"), (2, "system")]


async def test_nothing_overtakes_what_waits_in_its_lane(bench: Bench, ana: int) -> None:
    chat = intake(bench)
    await chat.accept(said(ana, "c1", "I want to talk to a person"))
    await chat.accept(said(ana, "c2"))
    assert [state for state, _, _ in await bench.outcomes()] == ["new", "new"]
    await bench.go_on(f"webchat:{ana}")
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["hand_off", "pass_on"]


async def test_whoever_breaks_the_bot_is_accepted_and_gets_a_person(bench: Bench, ana: int) -> None:
    bench.receiver = Receiver(replace(bench.desk, matcher=BrokenMatcher()), bench.channels)  # type: ignore[arg-type]
    await intake(bench).accept(said(ana, "c1"))
    await bench.go_on(f"webchat:{ana}")
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["hand_off"]


async def test_answers_that_cannot_be_written_refuse_nobody(bench: Bench, ana: int) -> None:
    def fail_after_writing(tx: Connection, heads: list[Waiting], now: datetime) -> Callable[[], None]:
        bench.receiver.receive_accepted(tx, heads, now)
        raise ZeroDivisionError

    assert await intake(bench, fail_after_writing).accept(said(ana, "c1")) == 1
    # What the broken attempt wrote is gone with it; the message is not.
    assert await transcript(bench, ana) == [(1, "customer")]
    await bench.go_on(f"webchat:{ana}")
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["answer"]
