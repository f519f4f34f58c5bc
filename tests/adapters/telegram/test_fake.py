"""The fake Bot API is held against aiogram, a library that knows the real one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from omnibot.demo.telegram import TOKEN, FakeTelegram
from omnibot.demo.telegram_wire import Refusal, blocked, too_many_requests

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Any]:
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    opened = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(fake.url)))
    yield opened
    await opened.session.close()


async def test_a_library_sends_polls_and_downloads(bot: Any, fake: FakeTelegram) -> None:
    from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup

    assert (await bot.get_me()).username == "fake_shop_bot"
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Yes", callback_data="k")]])
    sent = await bot.send_message(7, "hello", reply_markup=keyboard)
    await bot.send_document(7, BufferedInputFile(b"pdf", "a.pdf"), caption="see")
    assert sent.message_id == fake.sent[0].message_id
    assert (fake.sent[1].file, fake.sent[1].text) == (b"pdf", "see")

    await fake.say("hi")
    await fake.press("Yes")
    first, second = await bot.get_updates(timeout=1)
    assert (first.message.text, second.callback_query.data) == ("hi", "k")
    fake.patience = 0
    assert await bot.get_updates(offset=second.update_id + 1) == []
    assert fake.waiting == []

    file = await bot.get_file(fake.add_file(b"bytes"))
    assert (await bot.download_file(file.file_path)).read() == b"bytes"


async def test_a_library_understands_the_refusals(bot: Any, fake: FakeTelegram) -> None:
    from aiogram import exceptions

    moved = Refusal(status=400, description="Bad Request: upgraded", parameters={"migrate_to_chat_id": -100})
    fake.plan("sendMessage", too_many_requests(7), blocked(), moved, Refusal(status=502, description="Bad Gateway"))
    for kind in (
        exceptions.TelegramRetryAfter,
        exceptions.TelegramForbiddenError,
        exceptions.TelegramMigrateToChat,
        exceptions.TelegramServerError,
    ):
        with pytest.raises(kind):
            await bot.send_message(7, "hello")
    with pytest.raises(exceptions.TelegramBadRequest, match="empty"):
        await bot.send_message(7, " ")
    fake.webhook = {"url": "https://x.example"}
    with pytest.raises(exceptions.TelegramConflictError):
        await bot.get_updates()
    fake.is_revoked = True
    with pytest.raises(exceptions.TelegramUnauthorizedError):
        await bot.get_me()


async def test_the_second_reader_ends_the_first(bot: Any, fake: FakeTelegram) -> None:
    from aiogram import exceptions

    first = asyncio.ensure_future(bot.get_updates(timeout=30))
    await fake.until(lambda: fake.polls == 1)
    second = asyncio.ensure_future(bot.get_updates(timeout=30))
    with pytest.raises(exceptions.TelegramConflictError, match="terminated by other getUpdates"):
        await first
    await fake.say("hi")
    assert len(await second) == 1
