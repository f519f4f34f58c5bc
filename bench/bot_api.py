"""A channel with outbound HTTP under load: people who write to a Telegram bot through its webhook and wait until the bot has
called `sendMessage`. The Bot API is played in the load generator's process, by a bare protocol.

    python -m bench.bot_api PORT API_PORT      a peer: aiogram's webhook with one handler that echoes; nothing is stored
"""

import asyncio
import contextlib
import itertools
import json
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs

from bench.load import Connection, connect
from bench.processes import Process

TOKEN = "4711:bench"
SECRET = "bench"
PATH = "/channels/telegram/default/webhook"
QUESTIONS_EACH = 25  # below `service.automatic_per_hour`: then somebody else writes
_ME = {"id": 4711, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


class BotApi:
    """Takes what the bot says; tells who waits for it in that chat."""

    def __init__(self) -> None:
        self.port = 0
        self.heard = 0
        self._awaited: dict[int, asyncio.Future[None]] = {}

    def answer_in(self, chat: int) -> "asyncio.Future[None]":
        self._awaited[chat] = asyncio.get_running_loop().create_future()
        return self._awaited[chat]

    def call(self, method: str, body: bytes) -> bytes:
        result: object = True
        if method == "getMe":
            result = _ME
        elif method == "sendMessage":
            self.heard += 1
            chat = _chat(body)
            done = self._awaited.pop(chat, None)
            if done is not None and not done.done():
                done.set_result(None)
            result = {"message_id": self.heard, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "ok"}
        return json.dumps({"ok": True, "result": result}).encode()


def _chat(body: bytes) -> int:
    """omnibot sends JSON, aiogram a form."""
    if body.startswith(b"{"):
        return int(json.loads(body)["chat_id"])
    return int(parse_qs(body.decode())["chat_id"][0])


class _Calls(asyncio.Protocol):
    """One connection of the bot's client."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if not separator or len(rest) < length:
            return
        method = head.partition(b" HTTP/1.1")[0].rpartition(b"/")[2].decode()
        answer = self._api.call(method, rest[:length])
        self._buffer = rest[length:]
        assert self._transport is not None
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
        self._transport.write(head + answer)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[BotApi]:
    api = BotApi()
    server = await asyncio.get_running_loop().create_server(lambda: _Calls(api), "127.0.0.1", 0)
    api.port = server.sockets[0].getsockname()[1]
    try:
        yield api
    finally:
        server.close()


def settings(api: BotApi) -> dict[str, str]:
    """For an omnibot whose Telegram is this one. It sends as fast as it can: at the pace that Telegram publishes, 30 messages
    a second would be the figure."""
    return {
        "OMNIBOT_TELEGRAM__PACE": "0",
        "OMNIBOT_TELEGRAM__TOKEN": TOKEN,
        "OMNIBOT_TELEGRAM__API_BASE": f"http://127.0.0.1:{api.port}",
        "OMNIBOT_TELEGRAM__MODE": "webhook",
        "OMNIBOT_TELEGRAM__WEBHOOK_SECRET": SECRET,
    }


async def workers(
    process: Process, api: BotApi, questions: list[str], *, people: int
) -> list[Callable[[], Awaitable[None]]]:
    """People who write one question after the other, each when the one before is answered."""
    numbers, chats = itertools.count(1), itertools.count(1_000_000)
    chance = random.Random(1)

    def worker(connection: Connection) -> Callable[[], Awaitable[None]]:
        chat, asked = next(chats), 0

        async def work() -> None:
            nonlocal chat, asked
            if asked == QUESTIONS_EACH:
                chat, asked = next(chats), 0
            asked += 1
            n = next(numbers)
            answered = api.answer_in(chat)
            status, body = await connection.request(_update(n, chat, questions[chance.randrange(len(questions))]))
            assert status == 200, body
            await answered

        return work

    return [worker(await connect(process.port)) for _ in range(people)]


def _update(n: int, chat: int, text: str) -> bytes:
    """https://core.telegram.org/bots/api#update"""
    sender = {"id": chat, "is_bot": False, "first_name": "Ana", "language_code": "en"}
    message = {"message_id": n, "from": sender, "chat": {"id": chat, "type": "private", "first_name": "Ana"}}
    payload = json.dumps({"update_id": n, "message": {**message, "date": 1_780_304_400, "text": text}}).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def main(port: int, api_port: int) -> None:
    """The peer. It answers the webhook after its handler, as omnibot does, so that both lose nothing by a crash."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import Message
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler
    from aiohttp import web

    session = AiohttpSession(api=TelegramAPIServer.from_base(f"http://127.0.0.1:{api_port}"))
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: Message) -> None:
        await message.answer(message.text or "")

    async def serve() -> None:
        application = web.Application()
        handler = SimpleRequestHandler(
            dispatcher, Bot(TOKEN, session=session), handle_in_background=False, secret_token=SECRET
        )
        handler.register(application, path=PATH)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        await asyncio.Event().wait()

    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
