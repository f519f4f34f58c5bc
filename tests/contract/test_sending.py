"""What the core does with the three ways in which sending can fail, and whom it never lets wait for whom."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from omnibot.channel import Misconfigured, Unavailable, Undeliverable
from omnibot.domain.message import Author
from omnibot.flow import deliver
from omnibot.flow.deliver import GIVE_UP_AFTER, LEASE, LONGEST_PAUSE, Deliverer, pause_after
from omnibot.flow.say import say
from omnibot.store import deliveries
from tests.awkward import AWKWARD
from tests.contract.conftest import PUSH, Bench, PushChannel
from tests.office import eventually


@pytest.fixture
async def talk(bench: Bench) -> Bench:
    """Chats a and b with people; what the handoff said has been delivered."""
    for chat in ("a", "b"):
        await bench.receive(bench.spoken("talk to a person", chat=chat))
    await bench.deliver()
    return bench


async def tell(bench: Bench, *texts: str, chat: str = "a") -> None:
    """The service says something in a chat."""
    for text in texts:
        conversation = await bench.conversation(chat)
        words = partial(
            say, desk=bench.desk, conversation=conversation, author=Author.SYSTEM, text=text, now=bench.clock.now()
        )
        await bench.store.run(words)


async def test_what_is_said_is_sent_once_in_order_to_its_chat(talk: Bench, channel: PushChannel) -> None:
    await tell(talk, "one", "two", "three")
    await tell(talk, "other", chat="b")
    await talk.deliver()
    await talk.deliver()
    assert channel.heard("a")[1:] == ["one", "two", "three"]
    assert channel.heard("b")[1:] == ["other"]
    assert await talk.deliveries() == [("sent", None)] * 4


async def test_awkward_text_arrives_unchanged(talk: Bench, channel: PushChannel) -> None:
    await tell(talk, *AWKWARD)
    await talk.deliver()
    assert channel.heard("a")[1:] == AWKWARD


async def test_each_try_of_a_message_has_the_same_id(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", Unavailable("busy"))
    await tell(talk, "one")
    await talk.deliver()
    talk.clock.advance(seconds=1)
    await talk.deliver()
    assert len({message.id for message in channel.tried[-2:]}) == 1


async def test_later_means_when_the_platform_says_so(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", Unavailable("slow down", timedelta(seconds=30)))
    await tell(talk, "one", "two")
    await talk.deliver()
    assert await talk.deliveries() == [("sent", None), ("pending", "slow down"), ("pending", None)]
    talk.clock.advance(seconds=30, microseconds=-1)
    await talk.deliver()
    assert channel.heard("a")[1:] == []
    assert len(channel.tried) == 3
    talk.clock.advance(microseconds=1)
    await talk.deliver()
    assert channel.heard("a")[1:] == ["one", "two"]


async def test_without_advice_the_pauses_double_and_have_an_end(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", *[Unavailable("down")] * 4)
    await tell(talk, "one")
    await talk.deliver()
    for n, longest in enumerate((1, 2, 4, 8), start=1):
        tried = len(channel.tried)
        talk.clock.advance(seconds=longest * 0.75 - 0.001)
        await talk.deliver()
        assert len(channel.tried) == tried, f"too early after try {n}"
        talk.clock.advance(seconds=longest * 0.25 + 0.001)
        await talk.deliver()
        assert len(channel.tried) == tried + 1
    assert channel.heard("a")[1:] == ["one"]
    assert all(LONGEST_PAUSE * 0.75 <= pause_after(n) <= LONGEST_PAUSE for n in (11, 30, 10_000))


async def test_while_the_first_waits_its_chat_keeps_the_order_and_others_go_on(
    talk: Bench, channel: PushChannel
) -> None:
    channel.plan("a", Unavailable("busy", timedelta(minutes=5)))
    await tell(talk, "one", "two")
    await talk.deliver()
    await tell(talk, "three")
    await tell(talk, "other", chat="b")
    await talk.deliver()
    assert (channel.heard("a")[1:], channel.heard("b")[1:]) == ([], ["other"])
    talk.clock.advance(minutes=5)
    await talk.deliver()
    assert channel.heard("a")[1:] == ["one", "two", "three"]


async def test_after_two_days_it_is_failed_and_visible(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", Unavailable("down"), Unavailable("still down"))
    await tell(talk, "one", "two")
    await talk.deliver()
    talk.clock.advance(seconds=GIVE_UP_AFTER.total_seconds() + 1)
    await talk.deliver()
    assert await talk.deliveries() == [("sent", None), ("failed", "still down"), ("sent", None)]
    assert channel.heard("a")[1:] == ["two"]


async def test_undeliverable_is_failed_at_once_and_the_chat_goes_on(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", Undeliverable("blocked by the user"))
    await tell(talk, "one", "two")
    await talk.deliver()
    talk.clock.advance(days=1)
    await talk.deliver()
    assert await talk.deliveries() == [("sent", None), ("failed", "blocked by the user"), ("sent", None)]
    assert channel.heard("a")[1:] == ["two"]


async def test_a_misconfigured_channel_stops_and_loses_nothing(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", Misconfigured("the token was revoked"))
    await tell(talk, "one")
    await talk.deliver()
    assert talk.deliverer.stopped == {PUSH: "the token was revoked"}
    tried = len(channel.tried)
    await tell(talk, "other", chat="b")
    talk.clock.advance(hours=1)
    await talk.deliver()
    assert len(channel.tried) == tried
    mended = Deliverer(talk.desk, talk.channels, talk.clock)
    while await mended.step(talk.clock.now()):
        pass
    assert (channel.heard("a")[1:], channel.heard("b")[1:]) == (["one"], ["other"])


async def test_what_may_have_arrived_is_sent_once_more_rather_than_lost(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", Unavailable("the answer never came", maybe_sent=True))
    await tell(talk, "one", "two")
    await talk.deliver()
    talk.clock.advance(seconds=1)
    await talk.deliver()
    assert channel.heard("a")[1:] == ["one", "one", "two"]
    assert await talk.deliveries() == [("sent", None)] * 3


async def test_what_a_dead_worker_was_sending_goes_out_when_its_lease_ends(talk: Bench, channel: PushChannel) -> None:
    await tell(talk, "one", "two")
    claim = partial(deliveries.claim, channels=[PUSH], token="dead", now=talk.clock.now(), lease=LEASE, limit=1)
    assert len(await talk.store.run(claim)) == 1
    await talk.deliver()
    assert channel.heard("a")[1:] == []
    talk.clock.advance(seconds=LEASE.total_seconds())
    await talk.deliver()
    assert channel.heard("a")[1:] == ["one", "two"]


async def test_one_slow_chat_does_not_delay_another(talk: Bench, channel: PushChannel) -> None:
    answered = channel.stall("a")
    await tell(talk, "slow", "after it")
    for n in range(3):
        await tell(talk, f"line {n}", chat="b")
    await talk.deliver()
    assert channel.heard("b")[1:] == ["line 0", "line 1", "line 2"]
    assert channel.heard("a")[1:] == []
    answered.set()

    async def all_heard() -> bool:
        await talk.deliver()
        return channel.heard("a")[1:] == ["slow", "after it"]

    await eventually(all_heard, "the slow chat hears both, in order")


async def test_a_platform_that_never_answers_is_asked_again_later(
    talk: Bench, channel: PushChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "SEND_LIMIT", timedelta(milliseconds=20))
    channel.stall("a")
    await tell(talk, "one")
    await talk.deliver()
    [_, (state, why)] = await talk.deliveries()
    assert (state, why) == ("pending", "the platform did not answer in time")


async def test_an_adapter_that_breaks_is_tried_later_and_stops_nobody_else(talk: Bench, channel: PushChannel) -> None:
    channel.plan("a", RuntimeError("a bug"))
    await tell(talk, "one")
    await tell(talk, "other", chat="b")
    await talk.deliver()
    assert channel.heard("b")[1:] == ["other"]
    assert (await talk.deliveries())[-1][0] == "pending"
    talk.clock.advance(seconds=1)
    await talk.deliver()
    assert channel.heard("a")[1:] == ["one"]


async def test_two_deliverers_send_nothing_twice(talk: Bench, channel: PushChannel) -> None:
    for n in range(10):
        await talk.receive(talk.spoken("talk to a person", chat=f"chat {n}"))
    await tell(talk, "one", "two")
    others = [Deliverer(talk.desk, talk.channels, talk.clock) for _ in range(3)]
    for _ in range(6):
        await asyncio.gather(*(deliverer.step(talk.clock.now()) for deliverer in [talk.deliverer, *others]))
    ids = [message.id for message in channel.taken]
    assert len(ids) == len(set(ids)) == 14
    assert channel.heard("a")[1:] == ["one", "two"]


async def test_what_the_bot_has_not_sent_when_an_agent_takes_over_stays_unsaid(
    bench: Bench, channel: PushChannel
) -> None:
    """I6."""
    channel.plan("a", Unavailable("busy", timedelta(minutes=1)))
    await bench.receive(bench.spoken("How do I clean the filter?"))
    await bench.deliver()
    await bench.receive(bench.spoken("hello"))
    await bench.take()
    bench.clock.advance(minutes=1)
    await bench.deliver()
    assert [state for state, _ in await bench.deliveries()] == ["cancelled", "cancelled", "sent"]
    assert [message.author for message in channel.taken] == [Author.SYSTEM]


async def test_what_waits_behind_a_send_leaves_when_it_ends_and_needs_no_sweep(
    talk: Bench, channel: PushChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it ended, whoever began it, and whatever else is slow."""
    monkeypatch.setattr("omnibot.app.DELIVER_SECONDS", 3600.0)
    monkeypatch.setattr(deliver, "PATIENCE", 3600.0)
    never, answered = channel.stall("b"), channel.stall("a")
    channel.plan("a", Undeliverable("too strange"))
    await tell(talk, "one", "two", "three")
    await tell(talk, "slow", chat="b")
    await talk.application.start(listen=False)
    try:
        await eventually(lambda: tried(channel, 4), "both chats' first are on their way")
        answered.set()
        await eventually(lambda: said(channel, "a", ["two", "three"]), "the others of its chat")
        assert channel.heard("b")[1:] == []
    finally:
        never.set()
        await talk.application.stop()


async def test_more_than_may_be_in_flight_goes_on_as_soon_as_one_has_ended(
    talk: Bench, channel: PushChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnibot.app.DELIVER_SECONDS", 3600.0)
    monkeypatch.setattr(deliver, "PATIENCE", 0.0)
    monkeypatch.setattr(deliver, "IN_FLIGHT", 1)
    monkeypatch.setattr(deliver, "BATCH", 1)
    never, answered = channel.stall("b"), channel.stall("a")
    never.set()
    await tell(talk, "one")
    await tell(talk, "other", chat="b")
    await talk.application.start(listen=False)
    try:
        await eventually(lambda: tried(channel, 3), "the first is on its way")
        assert channel.heard("b")[1:] == []
        answered.set()
        await eventually(lambda: said(channel, "b", ["other"]), "the other chat's")
    finally:
        await talk.application.stop()


async def tried(channel: PushChannel, count: int) -> bool:
    return len(channel.tried) == count


async def said(channel: PushChannel, chat: str, texts: list[str]) -> bool:
    return channel.heard(chat)[1:] == texts
