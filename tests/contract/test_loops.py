"""Two machines that answer each other: it ends, people see it, and nothing that a person writes is held."""

import json
from functools import partial

import pytest

from omnibot.channel import InboundFile
from omnibot.domain.conversation import HandoffReason, Status
from omnibot.flow import attend
from tests.contract.conftest import Bench, PushChannel
from tests.store.conftest import hire

FILTER = "How do I clean the filter?"
CAP = 30


async def talk(bench: Bench, channel: PushChannel, *, threads: bool) -> int:
    """The other side answers every message of ours, in a thread of its own or in the same; returns when it is over."""
    heard = -1
    turns = 0
    while len(channel.heard("a")) > heard:
        heard = len(channel.heard("a"))
        thread = f"t{turns}" if threads else ""
        await bench.receive(bench.event(json.dumps({"chat": "a", "text": FILTER, "thread": thread})))
        await bench.deliver()
        bench.clock.advance(seconds=20)
        turns += 1
        assert turns < 3 * CAP
    return turns


@pytest.mark.parametrize("threads", [False, True])
async def test_two_bots_end_after_the_cap(bench: Bench, channel: PushChannel, threads: bool) -> None:
    turns = await talk(bench, channel, threads=threads)
    assert len(channel.heard("a")) == CAP
    assert turns == CAP + 1
    conversation = await bench.conversation(thread=f"t{CAP}" if threads else "")
    assert (conversation.status, conversation.reason) == (Status.QUEUED, HandoffReason.TOO_MANY)
    assert conversation.due_at is not None
    assert (await bench.outcomes())[-1][:2] == ("done", "fall_silent")
    if not threads:
        [note] = await bench.notes()
        assert "30 automatic messages" in note
        assert (await bench.transcript())[-1] == f"customer: {FILTER}"


async def test_what_comes_after_the_cap_waits_for_people(bench: Bench, channel: PushChannel) -> None:
    await talk(bench, channel, threads=False)
    for words in ("where is my case", "talk to a person", FILTER):
        await bench.receive(bench.spoken(words))
    await bench.deliver()
    assert len(channel.heard("a")) == CAP
    assert [outcome for _, outcome, _ in (await bench.outcomes())[-3:]] == ["pass_on"] * 3
    assert len(await bench.notes()) == 1


async def test_people_are_never_held(bench: Bench, channel: PushChannel) -> None:
    await talk(bench, channel, threads=False)
    ada = await bench.store.run(partial(hire, name="ada"))
    id = (await bench.conversation()).id
    for number in range(CAP + 5):
        reply = partial(attend.reply, desk=bench.desk, id=id, agent=ada, text=f"answer {number}", now=bench.clock.now())
        assert isinstance(await bench.store.run(reply), attend.Done)
    await bench.deliver()
    assert [text for text in channel.heard("a") if text.startswith("answer")] == [f"answer {n}" for n in range(CAP + 5)]


async def test_an_hour_later_the_bot_may_speak_again(bench: Bench, channel: PushChannel) -> None:
    await talk(bench, channel, threads=True)
    bench.clock.advance(hours=1)
    await bench.receive(bench.event(json.dumps({"chat": "a", "text": FILTER, "thread": "later"})))
    await bench.deliver()
    assert len(channel.heard("a")) == CAP + 1


async def test_another_customer_is_not_held(bench: Bench, channel: PushChannel) -> None:
    await talk(bench, channel, threads=False)
    await bench.receive(bench.spoken(FILTER, chat="b"))
    await bench.deliver()
    assert len(channel.heard("b")) == 1


async def test_words_about_missing_files_end_as_well(bench: Bench, channel: PushChannel) -> None:
    await talk(bench, channel, threads=False)
    gone = InboundFile(name="x.png", media_type="image/png", size=1, handle="gone")
    file = {name: getattr(gone, name) for name in ("name", "media_type", "size", "handle")}
    await bench.receive(bench.said(FILTER, files=[file]))
    await bench.deliver()
    assert len(channel.heard("a")) == CAP
    assert (await bench.outcomes())[-1][:2] == ("done", "pass_on")
