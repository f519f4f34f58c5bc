"""The terminal under the same contract: what is typed arrives once and unchanged, what is said is printed, buttons are numbers."""

import io
from collections.abc import AsyncIterator
from functools import partial

import pytest

from omnibot.adapters.terminal import NAME, TerminalChannel, chat, parse
from omnibot.channel import Unreadable
from omnibot.domain.conversation import Status
from omnibot.domain.message import Author, RawEvent
from omnibot.store import messages
from tests.awkward import AWKWARD
from tests.contract.conftest import Bench
from tests.office import ManualClock


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
async def desk(database_url: str, clock: ManualClock, screen: io.StringIO) -> AsyncIterator[Bench]:
    bench = Bench(database_url, clock, TerminalChannel(screen))
    yield bench
    await bench.deliverer.close()
    await bench.store.close()


async def type_lines(bench: Bench, *lines: str, language: str | None = None) -> None:
    """Type, and see the answer before the next line."""
    channel = bench.channels[NAME]
    assert isinstance(channel, TerminalChannel)

    async def receive(event: RawEvent) -> None:
        await bench.receive(event)
        await bench.deliver()

    typed = iter([*(f"{line}\n" for line in lines), ""])
    await chat(channel, receive, user="ana", language=language, read_line=partial(next, typed))


async def test_a_question_typed_is_answered_on_the_screen(desk: Bench, screen: io.StringIO) -> None:
    await type_lines(desk, "How do I clean the filter?")
    assert screen.getvalue().startswith("bot: ")
    assert "  1) Yes, thanks\n  2) No\n" in screen.getvalue()


async def test_the_number_of_a_button_presses_it(desk: Bench, screen: io.StringIO) -> None:
    await type_lines(desk, "How do I clean the filter?", "1")
    assert "You are welcome" in screen.getvalue()


async def test_a_number_without_a_button_is_just_a_text(desk: Bench) -> None:
    await type_lines(desk, "7", "talk to a person")
    assert (await desk.conversation("ana", NAME)).status is Status.QUEUED


async def test_empty_lines_say_nothing(desk: Bench) -> None:
    await type_lines(desk, "", "   ")
    assert await desk.outcomes() == []


async def test_the_same_words_typed_twice_are_two_messages(desk: Bench) -> None:
    await type_lines(desk, "hello", "hello")
    assert [outcome for _, outcome, _ in await desk.outcomes()] == ["greet", "greet"]


async def test_awkward_text_arrives_unchanged(desk: Bench) -> None:
    texts = [text.strip() for text in AWKWARD]
    await type_lines(desk, "talk to a person", *texts)
    id = (await desk.conversation("ana", NAME)).id
    lines = await desk.store.read(partial(messages.after, conversation_id=id, seq=0))
    assert [line.text for line in lines if line.author is Author.CUSTOMER][1:] == texts


async def test_the_language_option_is_a_hint(desk: Bench, screen: io.StringIO) -> None:
    await type_lines(desk, "转人工", language="zh-Hans")
    assert "10" in screen.getvalue()
    assert not screen.getvalue().isascii()


async def test_a_screen_that_is_gone_fails_the_message_and_nothing_else(desk: Bench, screen: io.StringIO) -> None:
    screen.close()
    await type_lines(desk, "hello", "hello")
    query = "SELECT DISTINCT state FROM outbox"
    assert await desk.store.read(lambda tx: tx.exec_driver_sql(query).scalars().all()) == ["failed"]


@pytest.mark.parametrize("payload", ["", "{", "[]", "null", '{"user": "ana"}', '{"user": 1, "text": "x"}'])
def test_a_payload_that_makes_no_sense_is_unreadable(payload: str) -> None:
    with pytest.raises(Unreadable):
        parse(RawEvent(channel=NAME, external_id="1", lane="terminal:ana", payload=payload))
