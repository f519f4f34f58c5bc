"""No platform is written to faster than it takes, by all workers together, and whoever waits for a person hears first."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from omnibot.channel import Unavailable
from omnibot.demo.telegram import TOKEN, fake_telegram
from omnibot.demo.telegram_wire import too_many_requests
from omnibot.domain.message import Author
from omnibot.domain.pace import Rate, Rates
from omnibot.flow import deliver
from omnibot.flow.deliver import Deliverer
from omnibot.flow.say import say
from omnibot.store import paces
from tests.contract.conftest import Bench, PushChannel
from tests.office import ManualClock, Office, eventually

SECOND = timedelta(seconds=1)
CHATS = tuple("abcdefgh")


@pytest.fixture
async def talk(bench: Bench, channel: PushChannel) -> Bench:
    """Eight chats that have nothing to hear, and a platform that takes four messages at once and two a second, of each
    chat two at once and one in ten seconds."""
    for chat in CHATS:
        await bench.receive(bench.spoken("talk to a person", chat=chat))
    await bench.deliver()
    channel.taken.clear()
    chat_rate = Rate(every=10 * SECOND, burst=2)
    rates = Rates(account=Rate(every=SECOND / 2, burst=4), chat=lambda _: chat_rate)
    channel.limits = replace(PushChannel.limits, rates=rates)
    return bench


async def tell(bench: Bench, text: str, *, chat: str, author: Author = Author.SYSTEM) -> None:
    conversation = await bench.conversation(chat)
    words = partial(say, desk=bench.desk, conversation=conversation, author=author, text=text, now=bench.clock.now())
    await bench.store.run(words)


def heard(channel: PushChannel) -> list[str]:
    return [message.text for message in channel.taken]


async def test_an_account_sends_its_burst_and_then_at_its_rate(talk: Bench, channel: PushChannel) -> None:
    for chat in CHATS:
        await tell(talk, chat, chat=chat)
    await talk.deliver()
    assert heard(channel) == list("abcd")
    talk.clock.advance(seconds=1)
    await talk.deliver()
    assert heard(channel) == list("abcdef")
    talk.clock.advance(seconds=1)
    await talk.deliver()
    assert heard(channel) == list("abcdefgh")


async def test_a_chat_that_is_ahead_waits_and_the_others_do_not(talk: Bench, channel: PushChannel) -> None:
    for n in range(4):
        await tell(talk, f"a{n}", chat="a")
    await tell(talk, "b", chat="b")
    await talk.deliver()
    assert sorted(heard(channel)) == ["a0", "a1", "b"]
    talk.clock.advance(seconds=9.9)
    await talk.deliver()
    assert len(heard(channel)) == 3
    talk.clock.advance(seconds=0.1)
    await talk.deliver()
    assert heard(channel)[3:] == ["a2"]


async def test_each_part_of_a_long_message_counts(talk: Bench, channel: PushChannel) -> None:
    channel.part_length = 10
    for text in ("in a number of parts, five of them in all, no more", "next"):
        await tell(talk, text, chat="a")
    for chat in CHATS[1:5]:
        await tell(talk, chat, chat=chat)
    await talk.deliver()
    assert len(heard(channel)) == 4  # what was granted at once: only then is it known how many they are
    talk.clock.advance(seconds=1)
    await talk.deliver()
    assert len(heard(channel)) == 4  # without the further parts, two could be sent
    talk.clock.advance(seconds=1.5)
    await talk.deliver()
    assert sorted(heard(channel)[1:]) == ["b", "c", "d", "e"]
    talk.clock.advance(seconds=37.4)
    await talk.deliver()
    assert "next" not in heard(channel)
    talk.clock.advance(seconds=0.1)
    await talk.deliver()
    assert heard(channel)[-1] == "next"


async def test_all_workers_together_keep_to_the_rate(talk: Bench, channel: PushChannel) -> None:
    for chat in CHATS:
        await tell(talk, chat, chat=chat)
    others = [Deliverer(talk.desk, talk.channels, talk.clock) for _ in range(3)]
    for _ in range(4):
        await asyncio.gather(*(worker.step(talk.clock.now()) for worker in [talk.deliverer, *others]))
    assert len(heard(channel)) == 4


async def test_what_a_person_wrote_goes_before_what_a_machine_did(talk: Bench, channel: PushChannel) -> None:
    for chat in CHATS[:6]:
        await tell(talk, f"automatic {chat}", chat=chat)
    await tell(talk, "by a person", chat="h", author=Author.AGENT)
    await talk.deliver()
    assert "by a person" in heard(channel)
    assert len(heard(channel)) == 4


async def test_a_protest_slows_that_chat_down_and_a_restart_does_not_forget_it(
    talk: Bench, channel: PushChannel
) -> None:
    channel.plan("a", Unavailable("slow down", 30 * SECOND))
    for n in range(3):
        await tell(talk, f"a{n}", chat="a")
    await talk.deliver()
    await tell(talk, "b", chat="b")
    await talk.deliver()
    assert heard(channel) == ["b"]
    talk.clock.advance(seconds=30)
    restarted = Deliverer(talk.desk, talk.channels, talk.clock)
    while await restarted.step(talk.clock.now()):
        pass
    assert heard(channel) == ["b", "a0"]
    talk.clock.advance(seconds=12)  # ten would do for a chat that had not protested
    await talk.deliver()
    assert heard(channel) == ["b", "a0"]
    talk.clock.advance(seconds=12)
    await talk.deliver()
    assert heard(channel) == ["b", "a0", "a1"]


async def test_a_platform_that_hangs_holds_up_no_other(
    bench: Bench, channel: PushChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "IN_FLIGHT", 3)
    monkeypatch.setattr(deliver, "PATIENCE", 0.0)
    other = PushChannel()
    other.name = "other"
    bench.channels["other"] = other
    for chat in CHATS:
        channel.stall(chat)
        await bench.receive(bench.spoken("hello", chat=chat))
    elsewhere = replace(bench.spoken("hello", chat="x"), channel="other")
    await bench.receive(elsewhere)

    async def is_answered() -> bool:
        await bench.deliver()
        return len(other.heard("x")) == 1

    await eventually(is_answered, "the other platform's customer is answered")
    assert channel.taken == []
    for chat in CHATS:
        channel.stall(chat).set()


async def test_what_has_not_been_used_for_a_day_is_dropped(talk: Bench) -> None:
    await tell(talk, "a", chat="a")
    await talk.deliver()
    talk.clock.advance(hours=25)
    await talk.store.run(partial(paces.forget, now=talk.clock.now()))
    assert await talk.store.read(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM paces").scalar()) == 0


async def test_telegrams_groups_and_people_have_rates_of_their_own(
    open_office: Callable[..., Awaitable[Office]], clock: ManualClock
) -> None:
    async with fake_telegram() as telegram:
        office = await open_office(telegram={"token": TOKEN, "api_base": telegram.url, "pace": 1})
        telegram.plan("sendMessage", too_many_requests(7))
        await telegram.say("How do I clean the filter?", chat=7)
        await telegram.say("How do I clean the filter?", chat=8)

        query = "SELECT max(caution) FROM paces"

        async def has_protested() -> bool:
            read = office.application.store.read
            return len(telegram.sent) == 1 and await read(lambda tx: tx.exec_driver_sql(query).scalar()) == 2.0

        await eventually(has_protested, "one of them is answered, and the other's chat is slower")
        clock.advance(seconds=7)

        async def are_answered() -> bool:
            return len(telegram.sent) == 2

        await eventually(are_answered, "both are answered")
        limits = office.application.channels["telegram"].limits
        assert limits.rates is not None
        assert limits.rates.chat("-100").every > limits.rates.chat("7").every
