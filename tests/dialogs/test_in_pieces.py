"""People write in pieces and send photos by the dozen: one question, one answer, one message with all files."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnibot.demo.telegram import TOKEN, FakeTelegram, fake_telegram
from omnibot.domain.language import Language
from omnibot.domain.message import Address, Author, Message
from omnibot.store import conversations, messages
from tests.office import Office, Opener

WORDS = pytest.mark.parametrize(
    ("language", "pieces"),
    [(Language.EN, ("Hello", "How do I", "clean the filter?")), (Language.ZH_HANS, ("你好", "请问怎么", "清洗滤网？"))],
)


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


@pytest.fixture
async def office(open_office: Opener, telegram: FakeTelegram, tmp_path: Path) -> Office:
    section = {"token": TOKEN, "api_base": telegram.url, "webhook_secret": "s3cret", "mode": "webhook"}
    opened = await open_office(telegram=section, server={"data_dir": str(tmp_path)})
    telegram.webhook = {"url": f"{opened.url}/channels/telegram/default/webhook", "secret_token": "s3cret"}
    return opened


async def said(office: Office, chat: str = "7") -> list[Message]:
    """What the customer said, as the agent reads it."""
    store = office.application.store
    conversation = await store.read(partial(conversations.at, address=Address(channel="telegram", chat=chat)))
    assert conversation is not None
    lines = await store.read(partial(messages.after, conversation_id=conversation.id, seq=0))
    return [line for line in lines if line.author is Author.CUSTOMER]


@WORDS
async def test_a_burst_gets_one_answer(
    office: Office, telegram: FakeTelegram, language: Language, pieces: tuple[str, ...]
) -> None:
    # They wait together, as they do behind whatever takes long.
    async with office.away():
        for piece in pieces:
            await telegram.say(piece, language=language.value)
        assert set(await telegram.deliver()) == {200}
    await telegram.until(lambda: bool(telegram.heard()))
    await office.settled()
    [answer] = telegram.heard()
    assert office.answer("clean-filter", language)[:5] in answer
    assert [line.text for line in await said(office)] == list(pieces)


@pytest.mark.parametrize(
    ("language", "caption"), [(Language.EN, "How do I clean the filter?"), (Language.ZH_HANS, "请问怎么清洗滤网？")]
)
async def test_an_album_is_one_message_with_one_answer(
    office: Office, telegram: FakeTelegram, language: Language, caption: str
) -> None:
    for n in range(10):
        await telegram.post(chat=7, sender=7, language=language.value, **photo(telegram, n, caption if n == 4 else ""))
    waiting = list(telegram.waiting)

    # Telegram brings the parts side by side.
    async def bring(update: dict[str, Any]) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
        async with office.http.post("/channels/telegram/default/webhook", json=update, headers=headers) as answer:
            assert answer.status == 200

    await asyncio.gather(*map(bring, waiting))
    office.clock.advance(seconds=3)
    await telegram.until(lambda: bool(telegram.heard()))
    await office.settled()
    [album] = await said(office)
    assert (album.text, len(album.files)) == (caption, 10)
    assert len(telegram.heard()) == 1
    assert await office.application.store.read(_conversations) == 1


def photo(telegram: FakeTelegram, n: int, caption: str) -> dict[str, Any]:
    head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda\0\x08\1\1\0\0\x3f\0"
    content = head + bytes([n]) * 500 + b"\xff\xd9"
    size = {"file_id": telegram.add_file(content), "file_unique_id": f"u{n}", "width": 90, "height": 90}
    fields: dict[str, Any] = {"photo": [size | {"file_size": len(content)}], "media_group_id": "g1"}
    return fields | ({"caption": caption} if caption else {})


def _conversations(tx: Any) -> int:
    count: int = tx.exec_driver_sql("SELECT count(*) FROM conversations").scalar_one()
    return count
