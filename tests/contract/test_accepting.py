"""What platforms bring is answered in the transaction that accepts it, where that takes words only, and leaves at once;
whatever is not plain, not first or not allowed yet goes its usual way."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Message
from omnibot.domain.pace import Rate, Rates
from omnibot.flow.accept import Accepting
from omnibot.flow.deliver import LEASE, Deliverer
from omnibot.flow.receive import Receiver
from omnibot.store.inbox import Waiting
from tests.contract.conftest import Bench, PushChannel

QUESTION = "How do I clean the filter?"


@pytest.fixture
def accepting(bench: Bench) -> Accepting:
    return Accepting(bench.desk, bench.clock, bench.receiver, bench.deliverer)


async def test_a_plain_question_is_answered_and_sent_without_a_step(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    for question in (QUESTION, "thanks"):  # the first opens the conversation
        await accepting.accept(bench.said(question, message_id=question))
        await accepting.finish()
        await bench.deliverer.finish()
    assert [line.partition(":")[0] for line in await bench.transcript()] == ["customer", "bot"] * 2
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["answer", "acknowledge"]
    assert [state for state, _ in await bench.deliveries()] == ["sent", "sent"]
    assert len(channel.heard("a")) == 2
    assert bench.receiver.received == 2


async def test_many_who_write_at_once_are_strangers_to_each_other(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    chats = [f"c{n}" for n in range(7)]
    await asyncio.gather(*(accepting.accept(bench.said(QUESTION, chat=chat, name=chat)) for chat in chats))
    await accepting.finish()
    await bench.deliverer.finish()
    there = [await bench.conversation(chat) for chat in chats]
    assert len({conversation.contact_id for conversation in there}) == len(chats)
    names = await bench.store.read(lambda tx: dict(tx.exec_driver_sql("SELECT id, name FROM contacts").all()))
    assert [names[conversation.contact_id] for conversation in there] == chats
    assert [len(channel.heard(chat)) for chat in chats] == [1] * len(chats)


async def test_the_same_event_again_is_answered_once(bench: Bench, channel: PushChannel, accepting: Accepting) -> None:
    event = bench.said(QUESTION)
    await asyncio.gather(accepting.accept(event), accepting.accept(event))
    await accepting.accept(event)
    await bench.go_on(event.lane)
    await accepting.finish()
    await bench.deliver()
    await bench.deliverer.finish()
    assert (len(await bench.transcript()), len(channel.heard("a"))) == (2, 1)


async def test_what_is_not_plain_is_received_as_always(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    event = bench.said("I want to talk to a person")
    await accepting.accept(event)
    await accepting.accept(bench.said(QUESTION))
    assert [state for state, _, _ in await bench.outcomes()] == ["new", "new"]
    await bench.go_on(event.lane)
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["hand_off", "pass_on"]
    assert [line.partition(":")[0] for line in await bench.transcript()] == ["customer", "system", "customer"]


async def test_whoever_comes_behind_what_is_not_plain_has_the_next_turn(bench: Bench, accepting: Accepting) -> None:
    event = bench.said("I want to talk to a person")
    await accepting.accept(event)
    await accepting.finish()
    await accepting.accept(bench.said(QUESTION))  # before anybody has heard the bell
    await accepting.finish()
    assert await bench.receiver.step([event.lane], bench.clock.now()) == [event.lane]


async def test_pieces_that_come_together_are_one_question(bench: Bench, accepting: Accepting) -> None:
    pieces = [bench.said("How do I"), bench.said("clean the filter?")]
    await asyncio.gather(*map(accepting.accept, pieces))
    await bench.go_on(pieces[0].lane)
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["answer", "joined"]


async def test_an_answer_waits_behind_what_waits_in_its_chat(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    gate = channel.stall("a")
    for question in (QUESTION, "thanks"):
        await accepting.accept(bench.said(question))
        await accepting.finish()
    assert [state for state, _ in await bench.deliveries()] == ["sending", "pending"]
    gate.set()
    await bench.deliverer.finish()
    await bench.deliver()
    answers = [line.partition(": ")[2] for line in await bench.transcript() if line.startswith("bot")]
    assert channel.heard("a") == answers


async def test_no_more_leave_at_once_than_the_account_may_send(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    rate = Rate(every=timedelta(seconds=1), burst=2)
    channel.limits = replace(channel.limits, rates=Rates(account=rate, chat=lambda chat: rate))
    await asyncio.gather(*(accepting.accept(bench.said(QUESTION, chat=chat)) for chat in "abcd"))
    await accepting.finish()
    await bench.deliverer.finish()
    assert [len(channel.heard(chat)) for chat in "abcd"] == [1, 1, 0, 0]
    bench.clock.advance(seconds=2)
    await bench.deliver()
    assert [len(channel.heard(chat)) for chat in "abcd"] == [1, 1, 1, 1]


async def test_nobody_is_overtaken_who_waits_longer(bench: Bench, channel: PushChannel, accepting: Accepting) -> None:
    await bench.receive(bench.said(QUESTION, chat="a"))  # answered, and not sent yet
    await accepting.accept(bench.said(QUESTION, chat="b"))
    await accepting.finish()
    assert [await bench.deliveries(chat) for chat in "ab"] == [[("pending", None)], [("pending", None)]]
    await bench.deliver()
    assert [message.address.chat for message in channel.taken] == ["a", "b"]


async def test_what_a_dead_process_had_claimed_is_sent_by_another_after_its_lease(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    channel.stall("a")
    await accepting.accept(bench.said(QUESTION))
    await accepting.finish()
    await bench.deliverer.close()
    channel.stall("a").set()
    other = Deliverer(bench.desk, bench.channels, bench.clock)
    assert await other.step(bench.clock.now()) == 0
    bench.clock.advance(seconds=LEASE.total_seconds())
    assert await other.step(bench.clock.now()) == 1
    assert len(channel.heard("a")) == 1


async def test_answers_that_cannot_be_written_refuse_nobody(bench: Bench, channel: PushChannel) -> None:
    class Broken(Receiver):
        def answer_accepted(
            self, tx: Connection, heads: list[Waiting], now: datetime
        ) -> tuple[list[tuple[Conversation, Message]], Callable[[], None]]:
            super().answer_accepted(tx, heads, now)
            raise ZeroDivisionError

    accepting = Accepting(bench.desk, bench.clock, Broken(bench.desk, bench.channels), bench.deliverer)
    event = bench.said(QUESTION)
    await accepting.accept(event)
    # What the broken attempt wrote is gone with it; the event is not.
    assert await bench.outcomes() == [("new", None, 0)]
    await bench.go_on(event.lane)
    await bench.deliver()
    assert (len(await bench.transcript()), len(channel.heard("a"))) == (2, 1)


async def test_a_channel_that_was_stopped_gets_nothing(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    bench.deliverer.stopped[channel.name] = "no token"
    await accepting.accept(bench.said(QUESTION))
    await accepting.finish()
    assert [state for state, _ in await bench.deliveries()] == ["pending"]
    assert channel.tried == []


async def test_an_event_that_cannot_be_kept_refuses_nobody_else(
    bench: Bench, channel: PushChannel, accepting: Accepting
) -> None:
    broken = replace(bench.said(QUESTION, chat="a"), payload="\ud800")
    done = await asyncio.gather(
        accepting.accept(broken), accepting.accept(bench.said(QUESTION, chat="b")), return_exceptions=True
    )
    assert isinstance(done[0], UnicodeEncodeError)
    assert done[1] is None
    await accepting.finish()
    await bench.go_on("push:b")
    await bench.deliver()
    await bench.deliverer.finish()
    assert len(channel.heard("b")) == 1
