"""Where the receiver is in the process that accepts: a plain question and its answer are one commit, and whatever is not
plain is received as always."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from omnibot.adapters.webchat.intake import Intake
from omnibot.domain.language import Language
from omnibot.domain.message import Address, RawEvent
from omnibot.doorbell import Update, topic_of
from omnibot.flow.receive import Receiver
from omnibot.store import contacts, conversations, inbox, messages
from omnibot.store.utterances import Utterance
from tests.contract.conftest import Bench
from tests.office import MONDAY, BrokenMatcher

QUESTION = "How do I clean the filter?"


@pytest.fixture
async def ana(bench: Bench) -> int:
    """Her conversation."""
    return await bench.store.run(admit)


def admit(tx: Connection) -> int:
    """A conversation of somebody new."""
    contact = contacts.add(tx, language=Language.EN, name="Ana", now=MONDAY)
    address = Address(channel="webchat", chat=str(contact.id))
    return conversations.open_at(tx, address, contact_id=contact.id, language=Language.EN, page_url=None, now=MONDAY).id


def intake(bench: Bench, answering: Any = None) -> Intake:
    return Intake(bench.store, bench.desk.doorbell, bench.clock, answering=answering or bench.receiver.accept)


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


async def test_a_repeated_utterance_leaves_no_gap_and_holds_nobody_up(bench: Bench, ana: int) -> None:
    """Both in one transaction: what was said before, and somebody else's question."""
    chat = intake(bench)
    await chat.accept(said(ana, "c1"))
    ben = await bench.store.run(admit)
    again, first = said(ana, "c1"), said(ben, "c1")
    seqs, go_on = await bench.store.run(partial(bench.receiver.accept, utterances=[again, first], now=MONDAY))
    go_on()
    assert seqs == [1, 1]
    await chat.accept(said(ana, "c2"))
    assert [seq for seq, _ in await transcript(bench, ana)] == [1, 2, 3, 4]
    assert await transcript(bench, ben) == [(1, "customer"), (2, "bot")]


async def test_an_utterance_in_a_conversation_that_is_gone_is_told_so(bench: Bench, ana: int) -> None:
    utterances = [said(ana + 1_000, "c1"), said(ana, "c1")]
    seqs, _ = await bench.store.run(partial(bench.receiver.accept, utterances=utterances, now=MONDAY))
    assert seqs == [None, 1]


async def test_a_long_line_of_others_is_no_line_of_hers(bench: Bench, ana: int) -> None:
    """More events wait elsewhere than one look finds."""
    others = [RawEvent(channel="elsewhere", external_id=f"{n}", lane=f"elsewhere:{n}", payload="") for n in range(5)]
    await bench.store.run(lambda tx: [inbox.accept(tx, event, MONDAY) for event in others])
    await intake(bench).accept(said(ana, "c1"))
    assert await transcript(bench, ana) == [(1, "customer"), (2, "bot")]


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
    def fail_after_writing(tx: Connection, utterances: list[Utterance], now: datetime) -> None:
        bench.receiver.accept(tx, utterances, now)
        raise ZeroDivisionError

    assert await intake(bench, fail_after_writing).accept(said(ana, "c1")) == 1
    # What the broken attempt wrote is gone with it; the message is not.
    assert await transcript(bench, ana) == [(1, "customer")]
    await bench.go_on(f"webchat:{ana}")
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["answer"]
