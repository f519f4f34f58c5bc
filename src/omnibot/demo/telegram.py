"""A Bot API server as strict as the real one, with people who write to the bot and faults on demand.

What it checks and how it answers follows https://core.telegram.org/bots/api and the wording of Telegram's own server
(https://github.com/tdlib/telegram-bot-api); aiogram, which knows that wording, is held against it in the tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

from omnibot.demo.telegram_chats import BIG_FILE, CONTENTS, TOKEN, USERNAME, Chats, SentMessage
from omnibot.demo.telegram_wire import Fault, Late, Refusal, Reset, Silence, read_parameters, refuse

__all__ = ["BIG_FILE", "NOW", "TOKEN", "USERNAME", "FakeTelegram", "SentMessage", "fake_telegram"]

NOW = 1_780_304_400  # Unix time at which everything here happens unless told otherwise


class FakeTelegram(Chats):
    """The server, its one bot, and the people."""

    def __init__(
        self,
        *,
        now: Callable[[], int] = lambda: NOW,
        first_id: int = 0,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`now` is Unix time; `first_id` lies above all ids of an earlier server for the same bot; `changed` is called
        when people see something new."""
        super().__init__(now=now, first_id=first_id, changed=changed)
        self.url = ""
        self.calls: list[tuple[str, dict[str, Any]]] = []  # every call that reached us, in order
        self.actions: list[dict[str, Any]] = []
        self.is_revoked = False
        self._faults: dict[str, list[Fault | None]] = {}
        self._stopped = asyncio.Event()

    def plan(self, method: str, *faults: Fault | None) -> None:
        """The next calls of a method go wrong in these ways; None goes well."""
        self._faults.setdefault(method, []).extend(faults)

    async def start(self) -> None:
        application = web.Application(client_max_size=60 * 1024 * 1024)
        application.router.add_route("*", "/bot{token}/{method}", self._call)
        application.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        self._stopped.set()
        await self._runner.cleanup()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        parameters, files = await read_parameters(request)
        self.calls.append((method, parameters))
        await self._tell()
        if request.match_info["token"] != TOKEN or self.is_revoked:
            return refuse(Refusal(status=401, description="Unauthorized"))
        planned = self._faults.get(method)
        fault = planned.pop(0) if planned else None
        if isinstance(fault, Refusal):
            return refuse(fault)
        answer = None
        if fault is None or fault.is_done:
            answer = await self._answer_to(method, parameters, files)
            await self._tell()
        if isinstance(fault, Late):
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, Silence):
            with suppress(asyncio.CancelledError):
                await self._stopped.wait()
        if isinstance(fault, Silence | Reset):
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(answer, Refusal):
            return refuse(answer)
        return web.json_response({"ok": True, "result": answer})

    async def _answer_to(self, method: str, parameters: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> Any:
        if method in CONTENTS:
            return self._send(method, parameters, files)
        match method:
            case "getMe":
                return self.me
            case "getUpdates":
                return await self._get_updates(parameters)
            case "setWebhook":
                self.webhook = parameters
                return True
            case "deleteWebhook":
                self.webhook = {}
                return True
            case "getWebhookInfo":
                return {"url": self.webhook.get("url", ""), "pending_update_count": len(self.waiting)}
            case "sendChatAction":
                self.actions.append(parameters)
                return True
            case "answerCallbackQuery":
                self.answered.append(parameters["callback_query_id"])
                self.answers.setdefault(parameters["callback_query_id"], parameters.get("text", ""))
                return True
            case "createForumTopic":
                return self._open_topic(parameters)
            case "editMessageText":
                return self._edit(parameters)
            case "getFile":
                return self._get_file(str(parameters["file_id"]))
        return Refusal(status=404, description="Not Found: method not found")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        content = self._files.get(request.match_info["path"].rpartition("/")[2])
        if content is None or request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        fault = self._faults.get("download", [])
        if fault and isinstance(fault.pop(0), Reset):
            response = web.StreamResponse(headers={"Content-Length": str(len(content))})
            await response.prepare(request)
            await response.write(content[: len(content) // 2])
            assert request.transport is not None
            request.transport.close()
            return response
        return web.Response(body=content)


@asynccontextmanager
async def fake_telegram() -> AsyncIterator[FakeTelegram]:
    fake = FakeTelegram()
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
