"""What a channel may rely on when it hands something in: kept before it is acknowledged, once, in order, with one outcome."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from unittest.mock import AsyncMock

import pytest

from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.conversation import HandoffReason, Status
from omnibot.domain.language import Language
from omnibot.domain.message import Author, Message
from omnibot.flow.receive import LEASE, Receiver
from omnibot.store import inbox, messages
from omnibot.store.transactions import Store, Unavailable
from tests.awkward import AWKWARD
from tests.contract.conftest import Bench, PushChannel


async def transcript(bench: Bench, chat: str = "a") -> list[Message]:
    id = (await bench.conversation(chat)).id
    return await bench.store.read(lambda tx: messages.after(tx, id, 0))


class UnspeakableMatcher:
    """Knows an answer that breaks whoever says it."""

    version = "broken"

    def match(self, text: str, *, language: Language, today: date, wait: bool = True) -> Match:
        broken: Any = None
        candidate = Candidate(entry_id="x", question="x", answer=broken, score=1.0, features=(), language=Language.EN)
        return Match(version="broken", candidates=(candidate,) if "unspeakable" in text else ())


async def test_what_was_handed_in_is_committed_when_the_channel_may_acknowledge_it(
    bench: Bench, database_url: str
) -> None:
    await bench.application.receive(bench.spoken("hello"))
    another_process = Store(database_url)
    query = "SELECT external_id FROM inbox"
    assert await another_process.read(lambda tx: tx.exec_driver_sql(query).scalars().all()) == ["e1"]
    await another_process.close()


async def test_an_event_replayed_at_any_time_is_one_message(bench: Bench, channel: PushChannel) -> None:
    event = bench.spoken("hello")
    await asyncio.gather(*(bench.application.receive(event) for _ in range(20)))
    await bench.receive(event)
    await bench.receive(event, event)
    assert [message.author for message in await transcript(bench)] == [Author.CUSTOMER, Author.BOT]
    await bench.deliver()
    assert len(channel.heard("a")) == 1


async def test_workers_that_receive_the_same_event_give_it_one_outcome(bench: Bench, channel: PushChannel) -> None:
    event = bench.spoken("How do I clean the filter?")
    await bench.accept(event)
    workers = [Receiver(bench.desk, {channel.name: channel}) for _ in range(6)]
    await asyncio.gather(*(worker.step([event.lane], bench.clock.now()) for worker in workers))
    await bench.receive(event)  # whoever lost a race leaves it to the next try
    assert [message.author for message in await transcript(bench)] == [Author.CUSTOMER, Author.BOT]
    assert await bench.outcomes() == [("done", "answer", 0)]


async def test_messages_of_a_chat_stand_in_the_order_they_came(bench: Bench) -> None:
    texts = ["talk to a person", *(f"line {n}" for n in range(30))]
    await bench.receive(*map(bench.spoken, texts))
    said = [message.text for message in await transcript(bench) if message.author is Author.CUSTOMER]
    assert said == texts


async def test_first_messages_of_many_chats_open_a_conversation_each(bench: Bench) -> None:
    chats = [f"chat {n}" for n in range(20)]
    await bench.receive(*(bench.spoken(f"{n} talk to a person", chat=chat) for n in range(3) for chat in chats))
    ids = {(await bench.conversation(chat)).id for chat in chats}
    assert len(ids) == 20
    for chat in chats:
        assert len([m for m in await transcript(bench, chat) if m.author is Author.CUSTOMER]) == 3


async def test_awkward_text_is_kept_as_it_was_written(bench: Bench) -> None:
    await bench.receive(*map(bench.spoken, ["talk to a person", *AWKWARD]))
    said = [message.text for message in await transcript(bench) if message.author is Author.CUSTOMER]
    assert said[1:] == AWKWARD


@pytest.mark.parametrize(("text", "kept"), [("a\0b", "a\ufffdb"), ("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "😀")])
async def test_what_no_database_takes_is_replaced_and_never_lost(bench: Bench, text: str, kept: str) -> None:
    await bench.receive(bench.spoken(text))
    assert (await transcript(bench))[0].text == kept


async def test_what_is_not_a_message_to_us_is_ignored_for_a_reason(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.event('{"chat": "a", "joined": true}'))
    assert await bench.outcomes() == [("done", "ignored: no text", 0)]
    await bench.deliver()
    assert channel.tried == []


async def test_what_cannot_be_read_is_kept_for_people_and_its_chat_goes_on(bench: Bench) -> None:
    await bench.receive(bench.event("{broken"), bench.spoken("hello"))
    [(state, why, _), (next_state, outcome, _)] = await bench.outcomes()
    assert state == "dead"
    assert why
    assert (next_state, outcome) == ("done", "greet")


async def test_a_message_that_breaks_us_is_tried_five_times_and_then_given_to_people(bench: Bench) -> None:
    matcher: Any = UnspeakableMatcher()
    bench.receiver = Receiver(replace(bench.desk, matcher=matcher), bench.channels)
    event = bench.spoken("unspeakable")
    await bench.receive(event)
    for attempts, pause in enumerate((1, 5, 30, 120, 600), start=1):
        assert await bench.outcomes() == [("new", None, attempts)]
        bench.clock.advance(seconds=pause, microseconds=-1)
        await bench.receive(event)
        assert await bench.outcomes() == [("new", None, attempts)], "too early"
        bench.clock.advance(microseconds=1)
        await bench.receive(event)
    [(state, why, _)] = await bench.outcomes()
    assert (state, why) == ("dead", "tried too often")
    conversation = await bench.conversation()
    assert (conversation.status, conversation.reason) == (Status.QUEUED, HandoffReason.UNREADABLE)
    assert [message.author for message in await transcript(bench)] == [Author.CUSTOMER, Author.SYSTEM]


async def test_a_message_that_breaks_us_does_not_stop_other_chats(bench: Bench) -> None:
    matcher: Any = UnspeakableMatcher()
    bench.receiver = Receiver(replace(bench.desk, matcher=matcher), bench.channels)
    await bench.receive(bench.spoken("unspeakable"), bench.spoken("hello", chat="b"))
    assert [message.author for message in await transcript(bench, "b")] == [Author.CUSTOMER, Author.BOT]


async def test_the_crash_of_a_worker_counts_as_a_try(bench: Bench) -> None:
    event = bench.spoken("hello")
    await bench.accept(event)
    now = bench.clock.advance(seconds=3)
    # What the worker wrote before it died.
    assert await bench.store.run(lambda tx: inbox.claim(tx, [1], now=now, until=now + LEASE)) == {1}
    await bench.receiver.step([event.lane], now)
    assert await bench.outcomes() == [("new", None, 1)]
    bench.clock.advance(seconds=LEASE.total_seconds())
    await bench.receiver.step([event.lane], bench.clock.now())
    assert await bench.outcomes() == [("done", "greet", 2)]


async def test_what_belongs_to_a_channel_of_another_process_is_left_to_it(bench: Bench) -> None:
    theirs = [bench.event("{}", channel="elsewhere") for _ in range(2)]
    await bench.accept(*theirs)
    assert await bench.receiver.step([theirs[0].lane], bench.clock.now()) == []
    assert [state for state, _, _ in await bench.outcomes()] == ["new", "new"]


async def test_the_bot_never_speaks_after_an_agent_has_taken_over(bench: Bench) -> None:
    """H1: answer and takeover race; whatever comes first, no word of the bot's follows the takeover."""
    for n in range(25):
        chat = f"race {n}"
        await bench.receive(bench.spoken("hello", chat=chat))
        event = bench.spoken("How do I clean the filter?", chat=chat)
        await bench.accept(event)
        await asyncio.gather(bench.receiver.step([event.lane], bench.clock.now()), bench.take(chat))
        lines = await transcript(bench, chat)
        joined = next(message.seq for message in lines if message.author is Author.SYSTEM)
        assert [m.text for m in lines if m.author is Author.BOT and m.seq > joined] == []
    assert {state for state, _, _ in await bench.outcomes()} == {"done"}


async def test_a_lane_that_the_database_does_not_answer_for_is_rung_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.accept(bench.spoken("How long is the warranty?"))
    monkeypatch.setattr(bench.store, "read", AsyncMock(side_effect=Unavailable("the connection was lost")))
    assert await bench.receiver.step(["push:a"], bench.clock.now()) == []
    monkeypatch.undo()
    async with asyncio.timeout(60):
        lanes = await anext(bench.desk.doorbell.rings())
    await bench.go_on(*lanes)
    assert (await bench.transcript())[0] == "customer: How long is the warranty?"
