"""Files: fetched once before their message is placed, kept under their own name, and never a reason to lose the words."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnibot.channel import Unavailable
from omnibot.domain.message import Attachment, Author, Message
from omnibot.files import UNKNOWN, Files, NotKept, sniff
from omnibot.flow.say import say
from omnibot.flow.tidy_files import tidy_files
from omnibot.store import files, inbox, messages
from tests.contract.conftest import Bench, PushChannel
from tests.domain.test_movie import SECRET as PLACE
from tests.domain.test_movie import heic, video
from tests.domain.test_picture import SECRET, jpeg

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def photo(handle: str = "p1", **more: Any) -> dict[str, Any]:
    return {"name": "oven.png", "media_type": "image/png", "size": None, "handle": handle, **more}


async def said(bench: Bench, chat: str = "a") -> list[Message]:
    conversation = await bench.conversation(chat)
    return await bench.store.read(partial(messages.after, conversation_id=conversation.id, seq=0))


async def bytes_of(bench: Bench, attachment: Attachment) -> bytes:
    stored = await bench.store.read(partial(files.get, id=attachment.id))
    assert stored is not None
    assert stored.key is not None
    return bench.desk.files.path(stored.key).read_bytes()


def on_disk(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


async def test_a_file_comes_with_its_message(bench: Bench, channel: PushChannel, tmp_path: Path) -> None:
    channel.held["p1"] = PNG
    await bench.receive(bench.said("hello", files=[photo(media_type="text/html")]))
    [message, answer] = await said(bench)
    [attachment] = message.files
    assert (attachment.name, attachment.media_type, attachment.size) == ("oven.png", "image/png", len(PNG))
    assert await bytes_of(bench, attachment) == PNG
    assert answer.author == "bot"
    [path] = on_disk(tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    digest = await bench.store.read(lambda tx: tx.exec_driver_sql("SELECT sha256, seq FROM files").one())
    assert tuple(digest) == (hashlib.sha256(PNG).hexdigest(), message.seq)


async def test_a_file_that_never_comes_does_not_keep_the_words_back(bench: Bench, channel: PushChannel) -> None:
    channel.held["p1"] = PNG
    wanted = [photo(), photo("gone", name="gone.png"), photo("hidden", name="h*.png", problem="too large")]
    await bench.receive(bench.said("hello", files=wanted))
    [message, told, answer] = await said(bench)
    assert [attachment.problem for attachment in message.files] == [None, "no such file", "too large"]
    assert told.text == "2 of 3 files could not be read: gone.png: no such file; h\\*.png: too large"
    assert (told.author, answer.author) == ("system", "bot")


async def test_a_platform_that_is_away_is_asked_again_and_then_let_be(
    bench: Bench, channel: PushChannel, tmp_path: Path
) -> None:
    channel.held["p1"] = PNG
    channel.plan("p2", *[Unavailable("busy")] * 3)
    event = bench.said("hello", files=[photo(), photo("p2")])
    await bench.receive(event)
    assert on_disk(tmp_path) == []
    for _ in range(2):
        assert await bench.outcomes() == [("new", None, _ + 1)]
        bench.clock.advance(seconds=10)
        await bench.go_on(event.lane)
    [message, *_rest] = await said(bench)
    assert [attachment.problem for attachment in message.files] == [None, "busy"]
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["greet"]


async def test_a_chat_waits_for_its_files_and_others_do_not(bench: Bench, channel: PushChannel) -> None:
    channel.held["p1"] = PNG
    slow, after, other = bench.said("hello", files=[photo()]), bench.said("and this"), bench.said("hello", chat="b")
    await bench.accept(slow, after, other)
    await bench.receiver.step([slow.lane, other.lane], bench.clock.now())
    assert len(await said(bench, "b")) == 2
    await bench.go_on(slow.lane)
    assert [line.text for line in await said(bench) if line.author == "customer"] == ["hello", "and this"]


async def test_who_dies_while_fetching_is_followed_by_another(
    bench: Bench, channel: PushChannel, tmp_path: Path
) -> None:
    channel.held["p1"] = PNG
    event = bench.said("hello", files=[photo()])
    await bench.accept(event)
    await bench.receiver.step([event.lane], bench.clock.now())
    await bench.receiver.close()
    await bench.receiver.step([event.lane], bench.clock.now())
    assert await bench.outcomes() == [("new", None, 1)]
    bench.clock.advance(seconds=121)
    lanes = await bench.store.read(
        partial(inbox.forgotten_lanes, channels=["push"], now=bench.clock.now(), age=timedelta(0))
    )
    await bench.go_on(*lanes)
    assert len((await said(bench))[0].files) == 1
    assert len(on_disk(tmp_path)) == 1


async def test_what_is_too_large_or_of_another_kind_is_not_kept(tmp_path: Path) -> None:
    folder = Files(tmp_path, size_limit=1_000_000, types=("image/*",))

    async def pieces(content: bytes) -> Any:
        for start in range(0, len(content), 100_000):
            yield content[start : start + 100_000]

    with pytest.raises(NotKept, match="larger than 1 MB"):
        await folder.keep(pieces(PNG * 1_000))
    with pytest.raises(NotKept, match="not taken"):
        await folder.keep(pieces(b"#!/bin/sh"))
    assert on_disk(tmp_path) == []
    kept = await folder.keep(pieces(PNG))
    assert folder.path(kept.key).read_bytes() == PNG


@pytest.mark.parametrize("is_on", [True, False])
async def test_a_picture_is_kept_without_where_it_was_taken(tmp_path: Path, is_on: bool) -> None:
    folder = Files(tmp_path, size_limit=1_000_000, types=("image/*",), cleans_pictures=is_on)

    async def pieces(content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    kept = await folder.keep(pieces(jpeg()))
    content = folder.path(kept.key).read_bytes()
    assert (SECRET in content) is not is_on
    assert (kept.media_type, kept.size) == ("image/jpeg", len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize("content", [video(), heic()], ids=["video", "heic"])
async def test_a_video_is_kept_without_where_it_was_taken(tmp_path: Path, content: bytes, is_on: bool) -> None:
    folder = Files(tmp_path, size_limit=1_000_000, types=("image/*", "video/*"), cleans_pictures=is_on)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 99):
            yield content[start : start + 99]

    kept = await folder.keep(pieces())
    found = folder.path(kept.key).read_bytes()
    assert (PLACE in found) is not is_on
    assert kept.size == len(found) == len(content)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg onload=alert(1)>", "text/plain"),
        (b"<html><script>", "text/plain"),
        ("答案".encode() * 100, "text/plain"),
        (("a" + "答" * 200).encode()[:512], "text/plain"),  # cut in the middle of a character
        (b"MZ\x00\x01", UNKNOWN),
        (b"\xe9t\xe9", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


async def test_files_go_out_with_their_message(bench: Bench, channel: PushChannel) -> None:
    channel.held["p1"] = PNG
    await bench.receive(bench.said("hello", files=[photo()]))
    [message, *_] = await said(bench)
    conversation = await bench.conversation()
    speak = partial(
        say, desk=bench.desk, conversation=conversation, author=Author.AGENT, text="here", now=bench.clock.now()
    )
    await bench.store.run(lambda tx: speak(tx, files=message.files))
    await bench.deliver()
    [sent] = channel.taken[-1].files
    assert (sent.name, sent.media_type, sent.path.read_bytes()) == ("oven.png", "image/png", PNG)
    assert sent.size == len(PNG)


async def test_what_nothing_needs_is_removed_after_a_day(bench: Bench, channel: PushChannel, tmp_path: Path) -> None:
    channel.held["p1"] = PNG
    await bench.receive(bench.said("hello", files=[photo()]))
    [needed] = on_disk(tmp_path)
    conversation = await bench.conversation()

    async def one() -> AsyncIterator[bytes]:
        yield PNG

    abandoned, lost = await bench.desk.files.keep(one()), await bench.desk.files.keep(one())
    upload = partial(files.add, conversation_id=conversation.id, name="x", media_type="image/png", size=1)
    await bench.store.run(partial(upload, now=bench.clock.now(), key=abandoned.key))
    assert len(on_disk(tmp_path)) == 3
    for path in on_disk(tmp_path):
        os.utime(path, (bench.clock.now().timestamp(),) * 2)
    assert await tidy_files(bench.desk, bench.clock.now()) == 0
    assert await tidy_files(bench.desk, bench.clock.advance(days=1, seconds=1)) == 2
    assert on_disk(tmp_path) == [needed]
    assert lost.key != abandoned.key
