"""Files sent as one arrive as one message, in whatever order and however slowly their parts come, once."""

from functools import partial
from pathlib import Path
from typing import Any

from omnibot.channel import Unavailable
from omnibot.domain.message import Author, Message, RawEvent
from omnibot.store import message_details, messages
from tests.contract.conftest import Bench, PushChannel

QUIET = 1.5  # seconds: longer than a part is waited for


def part(bench: Bench, channel: PushChannel, n: int, text: str = "", **more: Any) -> RawEvent:
    channel.held[f"f{n}"] = f"photo {n}".encode()
    file = {"name": f"{n}.txt", "media_type": "text/plain", "size": 7, "handle": f"f{n}"}
    said: dict[str, Any] = {"message_id": f"m{n}", "album": "trip", "files": [file]}
    return bench.said(text, **(said | more))


async def lines(bench: Bench) -> list[Message]:
    id = (await bench.conversation()).id
    return await bench.store.read(partial(messages.after, conversation_id=id, seq=0))


async def said(bench: Bench) -> list[Message]:
    return [line for line in await lines(bench) if line.author is Author.CUSTOMER]


async def test_ten_parts_at_a_first_contact_are_one_message_with_one_answer(bench: Bench, channel: PushChannel) -> None:
    """O2 of the fault table."""
    parts = [part(bench, channel, n, "How do I clean the filter?" if n == 0 else "") for n in range(10)]
    await bench.receive(*parts)
    assert await bench.outcomes() == [("new", None, 0)] * 10  # more may come
    bench.clock.advance(seconds=QUIET)
    await bench.go_on(parts[0].lane)
    album, answer = await lines(bench)
    assert album.text == "How do I clean the filter?"
    assert [file.name for file in album.files] == [f"{n}.txt" for n in range(10)]
    assert "flap at the bottom right" in answer.text
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["answer", *["joined"] * 9]


async def test_each_part_is_waited_for_but_not_for_ever(bench: Bench, channel: PushChannel) -> None:
    for n in range(8):
        await bench.receive(part(bench, channel, n))
        bench.clock.advance(seconds=0.8)
    await bench.go_on("push:a")
    counts = [len(message.files) for message in await said(bench)]
    assert counts[0] >= 6
    bench.clock.advance(seconds=QUIET)
    await bench.go_on("push:a")
    assert sum(len(message.files) for message in await said(bench)) == 8


async def test_all_captions_are_kept_and_an_edit_changes_its_own(bench: Bench, channel: PushChannel) -> None:
    await bench.accept(*(part(bench, channel, n, text) for n, text in enumerate(["left", "", "right"])))
    await bench.accept(bench.told("edited", address="a", message_id="m2", text="the other left"))
    bench.clock.advance(seconds=QUIET)
    await bench.go_on("push:a")
    assert [message.text for message in await said(bench)] == ["left\nthe other left"]
    await bench.receive(bench.told("edited", address="a", message_id="m0", text="first"))
    [message] = await said(bench)
    assert message.text == "first\nthe other left"
    versions = await bench.store.read(partial(message_details.versions, conversation_id=message.conversation_id))
    assert [version.text for version in versions[1]] == ["left\nright", "left\nthe other left"]


async def test_words_between_the_parts_are_a_message_of_their_own(bench: Bench, channel: PushChannel) -> None:
    await bench.accept(part(bench, channel, 0), bench.spoken("and a word"), part(bench, channel, 1))
    bench.clock.advance(seconds=QUIET)
    await bench.go_on("push:a")
    assert [(message.text, len(message.files)) for message in await said(bench)] == [("", 2), ("and a word", 0)]


async def test_two_albums_stay_two(bench: Bench, channel: PushChannel) -> None:
    await bench.accept(*(part(bench, channel, n, album=f"trip {n % 2}") for n in range(4)))
    bench.clock.advance(seconds=QUIET)
    await bench.go_on("push:a")
    names = [[file.name for file in message.files] for message in await said(bench)]
    assert names == [["0.txt", "2.txt"], ["1.txt", "3.txt"]]


async def test_a_platform_that_is_away_delays_the_whole_album(bench: Bench, channel: PushChannel) -> None:
    await bench.accept(*(part(bench, channel, n) for n in range(3)))
    channel.plan("f1", Unavailable("away"))
    bench.clock.advance(seconds=QUIET)
    await bench.go_on("push:a")
    assert {outcome for _, outcome, _ in await bench.outcomes()} == {None}
    bench.clock.advance(seconds=10)
    await bench.go_on("push:a")
    assert [len(message.files) for message in await said(bench)] == [3]


async def test_a_part_that_cannot_be_had_is_named_once(bench: Bench, channel: PushChannel) -> None:
    parts = [part(bench, channel, n) for n in range(3)]
    del channel.held["f1"]
    await bench.accept(*parts)
    bench.clock.advance(seconds=QUIET)
    await bench.go_on("push:a")
    [album, told, *_] = await lines(bench)
    assert [file.problem for file in album.files] == [None, "no such file", None]
    assert told.text.startswith("1 of 3 files could not be read: 1.txt")


async def test_another_process_finishes_what_a_killed_one_began(
    bench: Bench, channel: PushChannel, database_url: str, tmp_path: Path
) -> None:
    await bench.receive(*(part(bench, channel, n) for n in range(2)))  # put off, and then the process was killed
    second = Bench(database_url, bench.clock, channel, data_dir=str(tmp_path))
    await second.accept(part(bench, channel, 2))
    bench.clock.advance(seconds=30)
    await second.go_on("push:a")
    assert [len(message.files) for message in await said(second)] == [3]
    await second.deliverer.close()
    await second.store.close()
