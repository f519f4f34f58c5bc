# ruff: noqa: E501 - a hostile mail is one line each
"""Hostile mails in the limited process: cut off in time, and the loop and the next mail never notice."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from omnibot.adapters.email import parse, reading
from omnibot.adapters.email.connection import open_account
from omnibot.adapters.email.reader import Broken, Reader
from omnibot.channel import InboundMessage, Unreadable
from omnibot.domain.message import RawEvent
from tests.adapters.email.servers import Ledger, Memory, account, mail
from tests.office import ManualClock

NOBODY: frozenset[str] = frozenset()


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    opened = Reader()
    yield opened
    await opened.close()


def nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    return b"From: mia@example.org\nSubject: nested\n" + opened + b"Content-Type: text/plain\n\nhello\n"


HOSTILE = {
    "a thousand nested parts": nested(1_000),
    "twenty thousand recipients": b"From: mia@example.org\nTo: " + b"u@example.org, " * 20_000 + b"\n\nhello\n",
    "a hundred thousand parts": b'From: mia@example.org\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 100_000,
    "a million header lines": b"From: mia@example.org\n" + b"X-A: b\n" * 1_000_000 + b"\nhello\n",
    "one header of ten million bytes": b"From: mia@example.org\nSubject: " + b"x" * 10_000_000 + b"\n\nhello\n",
    "a million folds": b"From: mia@example.org\nSubject: x" + b"\n y" * 1_000_000 + b"\n\nhello\n",
    "a million encoded words": b"From: mia@example.org\nSubject: " + b"=?utf-8?q?a?= " * 1_000_000 + b"\n\nhello\n",
    "unclosed quotes": b"From: mia@example.org\nReply-To: " + b'\\"' * 1_000_000 + b"\nTo: " + b'"(' * 500_000 + b"\n\nhello\n",
    "deep HTML": b"From: mia@example.org\nContent-Type: text/html\n\n" + b"<div>" * 200_000 + b"hello",
    "a million ampersands": b"From: mia@example.org\nContent-Type: text/html\n\nhello" + b"&" * 1_000_000,
    "a table of a million cells": b"From: mia@example.org\nContent-Type: text/html\n\n<table>" + b"<tr><td>" * 500_000 + b"hello",
    "deep quotes": b"From: mia@example.org\n\nhello\n" + b"\n".join(b">" * n for n in range(3_000)),
    "a million quoted lines": b"From: mia@example.org\n\nhello\n" + b"> x\ny\n" * 500_000,
    "a line of twenty million bytes": b"From: mia@example.org\n\nhello " + b"On 1 wrote: <a@b" * 1_250_000,
    "parameters without end": b"From: mia@example.org\nContent-Type: text/plain" + b"; a*1*=b" * 500_000 + b"\n\nhello\n",
    "thirty megabytes of base64": b"From: mia@example.org\nContent-Transfer-Encoding: base64\nContent-Type: a/b\n\n" + b"QUJD" * 7_500_000,
    "mails in mails": (b"From: mia@example.org\nContent-Type: message/rfc822\n\n") * 100_000 + b"hello",
    "a hundred thousand attached mails": b'From: mia@example.org\nContent-Type: multipart/digest; boundary="b"\n\n' + b"--b\n\nFrom: a@b.example\n\nx\n" * 100_000,
    "thirty megabytes in four mails": b"From: mia@example.org\nContent-Type: message/rfc822\n\n" * 4 + b"Content-Transfer-Encoding: base64\nContent-Type: a/b\n\n" + b"QUJD" * 7_500_000,
    "spaces": b"From: mia@example.org\n\nhello\n" + b" " * 5_000_000 + b"\n" + b"-" * 5_000_000 + b"\n" + b"_ " * 2_000_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_mail_is_read_within_two_seconds(name: str, reader: Reader, tmp_path: Path) -> None:
    before = time.process_time()
    reading.read(HOSTILE[name])
    assert time.process_time() - before < 2
    read = await reader.read(await kept(tmp_path, HOSTILE[name]), own=NOBODY, authserv_id="", is_cut=False)
    assert read.author is not None
    assert read.author.address == "mia@example.org"
    assert reader.deaths == 0


async def kept(folder: Path, raw: bytes) -> Path:
    path = folder / secrets.token_hex(8)
    await asyncio.to_thread(path.write_bytes, raw)
    return path


async def test_a_mail_that_takes_too_long_is_cut_off_and_the_next_one_is_read(tmp_path: Path) -> None:
    reader = Reader(seconds=0.001)
    with pytest.raises(Broken, match="too long"):
        await reader.read(await kept(tmp_path, mail()), own=NOBODY, authserv_id="", is_cut=False)
    assert reader.deaths == 1
    reader._seconds = 10
    assert (await reader.read(await kept(tmp_path, mail(2)), own=NOBODY, authserv_id="", is_cut=False)).text
    await reader.close()


async def test_a_mail_that_needs_too_much_memory_breaks_only_itself(tmp_path: Path) -> None:
    reader = Reader(memory=350 * 1024 * 1024)
    path = await kept(tmp_path, b"From: mia@example.org\n\n" + b"x" * 300_000_000)
    with pytest.raises(Broken):
        await reader.read(path, own=NOBODY, authserv_id="", is_cut=False)
    assert (await reader.read(await kept(tmp_path, mail()), own=NOBODY, authserv_id="", is_cut=False)).text
    await reader.close()


async def test_a_killed_reader_is_started_again(reader: Reader, tmp_path: Path) -> None:
    path = await kept(tmp_path, mail())
    await reader.read(path, own=NOBODY, authserv_id="", is_cut=False)
    assert reader._process is not None
    reader._process.kill()
    with pytest.raises(Broken):
        await reader.read(path, own=NOBODY, authserv_id="", is_cut=False)
    assert (await reader.read(path, own=NOBODY, authserv_id="", is_cut=False)).text


async def test_a_mail_that_cannot_be_read_reaches_a_person_with_its_original(
    tmp_path: Path, clock: ManualClock
) -> None:
    ledger = Ledger()
    connection = open_account(account(), receive=ledger.receive, clock=clock, state=Memory(), data_dir=tmp_path)
    connection._reader._seconds = 0.001
    await connection._intake.take(mail(1), False)
    await connection._intake.take(b"no sender\n\nat all", False)
    first, second = ledger.events.values()
    read = connection.channel.parse(first)
    assert isinstance(read, InboundMessage)
    assert read.address.chat == "mia@example.org"
    assert read.is_automatic
    (original,) = read.files
    assert original.problem
    assert b"".join([chunk async for chunk in connection.channel.fetch(original)]) == mail(1)
    with pytest.raises(Unreadable):
        connection.channel.parse(second)
    await connection.close()


async def test_the_loop_never_waits_for_a_mail(tmp_path: Path, clock: ManualClock) -> None:
    """RELIABILITY: stalls of at most 100 ms, with 30 MB mails coming in."""
    ledger = Ledger()
    connection = open_account(account(), receive=ledger.receive, clock=clock, state=Memory(), data_dir=tmp_path)
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    for name in ("thirty megabytes of base64", "a hundred thousand parts", "a thousand nested parts", "deep quotes"):
        await connection._intake.take(HOSTILE[name], False)
    ticking.cancel()
    stalls = sorted(after - before for before, after in pairwise(ticks))
    assert stalls[-1] < 0.1, stalls[-5:]
    assert len(ledger.events) == 4
    await connection.close()


async def test_a_part_is_fetched_byte_for_byte(tmp_path: Path, clock: ManualClock) -> None:
    photo = secrets.token_bytes(300_000)
    made = message_with(photo)
    ledger = Ledger()
    connection = open_account(account(), receive=ledger.receive, clock=clock, state=Memory(), data_dir=tmp_path)
    await connection._intake.take(made, False)
    (event,) = ledger.events.values()
    read = connection.channel.parse(event)
    assert isinstance(read, InboundMessage)
    (file,) = read.files
    assert (file.name, file.media_type, file.size) == ("fridge.jpg", "image/jpeg", 300_000)
    assert b"".join([chunk async for chunk in connection.channel.fetch(file)]) == photo
    assert not list((tmp_path / "mail" / "default" / "parts").iterdir())
    await connection.close()


def message_with(photo: bytes) -> bytes:
    from email.message import EmailMessage

    made = EmailMessage()
    made["From"] = "mia@example.org"
    made["Message-ID"] = "<photo@example.org>"
    made.set_content("see the photo")
    made.add_attachment(photo, maintype="image", subtype="jpeg", filename="fridge.jpg")
    return made.as_bytes()


def test_an_event_of_garbage_is_unreadable() -> None:
    for payload in ("", "{}", "[]", "null", '{"raw": 1}', "\0"):
        with pytest.raises(Unreadable):
            parse.inbound(RawEvent(channel="email", external_id="1", lane="email:", payload=payload))
