"""A Bot API server as strict as the real one, with people who write to the bot and faults on demand.

What it checks and how it answers follows https://core.telegram.org/bots/api and the wording of Telegram's own server
(https://github.com/tdlib/telegram-bot-api); aiogram, which knows that wording, is held against it in the tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from aiohttp import web

from omnibot.demo.telegram_wire import Fault, Refusal, Reset, Silence, read_parameters, refuse, wrong_text

TOKEN = "4242:fake-telegram-token"  # noqa: S105 - opens nothing but the fake
USERNAME = "fake_shop_bot"
BIG_FILE = 20 * 1024 * 1024
NOW = 1_780_304_400  # Unix time at which everything here happens unless told otherwise
KEPT_BY_DEFAULT = ("message", "edited_message", "callback_query", "my_chat_member")

_CONTENTS = {
    "sendMessage": "text",
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVideo": "video",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendAnimation": "animation",
}


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    """What somebody in a chat sees."""

    chat: str
    message_id: int
    method: str
    parameters: dict[str, Any]
    at: int = 0  # Unix time
    file_name: str = ""
    file: bytes = b""

    @property
    def text(self) -> str:
        return str(self.parameters.get("text") or self.parameters.get("caption") or "")

    @property
    def entities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.parameters.get("entities") or self.parameters.get("caption_entities") or []
        return found

    @property
    def buttons(self) -> dict[str, str]:
        """Label → callback data."""
        rows = self.parameters.get("reply_markup", {}).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}


class FakeTelegram:
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
        self.url = ""
        self._now = now
        self._changed = changed
        self.posted: list[dict[str, Any]] = []  # what people wrote
        self.sent: list[SentMessage] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []  # every call that reached us, in order
        self.actions: list[dict[str, Any]] = []
        self.answered: list[str] = []  # ids of callback queries
        self.answers: dict[str, str] = {}  # what a press was answered, by callback query; the first answer counts
        self.forums: set[int] = set()  # groups that have topics
        self.topics: dict[int, str] = {}  # titles by id
        self.webhook: dict[str, Any] = {}
        self.is_revoked = False
        self.waiting: list[dict[str, Any]] = []  # updates that nobody has confirmed
        self.confirmed: list[int] = []
        self.patience = 3600.0  # seconds that a getUpdates is held open at most
        self._last_update, self._last_message = 700_000_000 + first_id, 100 + first_id
        self._faults: dict[str, list[Fault | None]] = {}
        self._files: dict[str, bytes] = {}
        self._news = asyncio.Condition()
        self.polls = 0  # getUpdates calls so far; only the newest is answered
        self._stopped = asyncio.Event()

    # What people do

    async def say(self, text: str, *, chat: int = 7, name: str = "Mia", **fields: Any) -> dict[str, Any]:
        """Somebody writes in a private chat."""
        return await self.post(chat=chat, sender=chat, name=name, text=text, **fields)

    async def post(
        self,
        *,
        chat: int,
        sender: int,
        name: str = "Mia",
        language: str = "en",
        kind: str = "message",
        **fields: Any,
    ) -> dict[str, Any]:
        """A message of any shape, in any chat."""
        self._last_message += 1
        where = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        message = {
            "message_id": self._last_message,
            "date": self._now(),
            "chat": where | ({"first_name": name} if chat > 0 else {"title": "Group"}),
            "from": {"id": sender, "is_bot": False, "first_name": name, "language_code": language},
        }
        if thread := fields.get("message_thread_id"):
            fields.setdefault("is_topic_message", thread in self.topics)
        self.posted.append(message | fields)
        self._changed()
        return await self.push({kind: message | fields})

    async def press(
        self,
        label: str,
        *,
        chat: int = 7,
        sender: int | None = None,
        message_id: int | None = None,
        is_bot: bool = False,
        **fields: Any,
    ) -> dict[str, Any]:
        """Somebody presses the button with that label, of this message or the newest that has one. Raises LookupError."""
        offers = [m for m in self.sent if m.chat == str(chat) and label in m.buttons]
        shown = [m for m in offers if message_id in (None, m.message_id)][-1]
        topic = shown.parameters.get("message_thread_id")
        query = {
            "id": f"query-{self._last_update}",
            "from": {"id": sender or chat, "is_bot": is_bot, "first_name": "Mia", "language_code": "en"},
            "chat_instance": "1",
            "data": shown.buttons[label],
            "message": {
                "message_id": shown.message_id,
                "date": self._now(),
                "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
                "from": self.me,
                "text": shown.text,
                "reply_markup": shown.parameters["reply_markup"],
                **({"message_thread_id": topic, "is_topic_message": True} if topic in self.topics else {}),
                **fields,
            },
        }
        return await self.push({"callback_query": query})

    async def push(self, update: dict[str, Any]) -> dict[str, Any]:
        """Any update; returns it with its id."""
        self._last_update += 1
        numbered = {"update_id": self._last_update} | update
        async with self._news:
            self.waiting.append(numbered)
            self._news.notify_all()
        return numbered

    def restart_ids(self, last: int) -> None:
        """Go on from any update id, as Telegram may when nothing came for a week."""
        self._last_update = last

    def add_file(self, content: bytes) -> str:
        """Something that can be downloaded; returns its file_id."""
        file_id = f"file-{len(self._files)}"
        self._files[file_id] = content
        return file_id

    # What goes wrong

    def plan(self, method: str, *faults: Fault | None) -> None:
        """The next calls of a method go wrong in these ways; None goes well."""
        self._faults.setdefault(method, []).extend(faults)

    # What can be seen

    @property
    def me(self) -> dict[str, Any]:
        return {"id": int(TOKEN.partition(":")[0]), "is_bot": True, "first_name": "Shop", "username": USERNAME}

    def heard(self, chat: int = 7) -> list[str]:
        """What the people in a chat were told, in order."""
        return [message.text for message in self.sent if message.chat == str(chat)]

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10) -> None:
        """Returns when it holds; asked after each call that reached us."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(condition)

    async def all_confirmed(self) -> None:
        """Returns when no update waits."""
        await self.until(lambda: not self.waiting)

    async def deliver(self) -> list[int]:
        """Bring each waiting update to the webhook once; returns the statuses. Those with 200 are confirmed."""
        statuses = []
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        async with aiohttp.ClientSession() as session:
            for update in list(self.waiting):
                try:
                    async with session.post(self.webhook["url"], json=update, headers=headers) as response:
                        statuses.append(response.status)
                except aiohttp.ClientError:
                    statuses.append(0)  # nobody there
                if statuses[-1] == 200:
                    self.waiting.remove(update)
                    self.confirmed.append(update["update_id"])
        return statuses

    # The server

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
            answer = await self._do(method, parameters, files)
            await self._tell()
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

    async def _tell(self) -> None:
        """Whoever waits for something looks again."""
        async with self._news:
            self._news.notify_all()

    async def _do(self, method: str, parameters: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> Any:
        if method in _CONTENTS:
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

    async def _get_updates(self, parameters: dict[str, Any]) -> Any:
        if self.webhook.get("url"):
            return Refusal(
                status=409,
                description="Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        offset, seconds = int(parameters.get("offset", 0)), float(parameters.get("timeout", 0))
        self.polls += 1
        number = self.polls
        async with self._news:
            self._news.notify_all()
            self.confirmed += [u["update_id"] for u in self.waiting if u["update_id"] < offset]
            self.waiting = [u for u in self.waiting if u["update_id"] >= offset]
            self._news.notify_all()
            kinds = set(parameters.get("allowed_updates") or KEPT_BY_DEFAULT)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, self.patience)):
                    await self._news.wait_for(
                        lambda: number != self.polls or any(kinds & u.keys() for u in self.waiting)
                    )
            if number != self.polls:
                return Refusal(
                    status=409,
                    description="Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            return [u for u in self.waiting if kinds & u.keys()][:100]

    def _send(self, method: str, parameters: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> Any:
        content = _CONTENTS[method]
        text, entities = ("text", "entities") if method == "sendMessage" else ("caption", "caption_entities")
        if wrong := wrong_text(str(parameters.get(text, "")), parameters.get(entities) or [], content=content):
            return Refusal(status=400, description=wrong)
        for row in parameters.get("reply_markup", {}).get("inline_keyboard", []):
            if any(not 1 <= len(button["callback_data"].encode()) <= 64 for button in row):
                return Refusal(status=400, description="Bad Request: BUTTON_DATA_INVALID")
        topic = parameters.get("message_thread_id")
        if topic is not None and int(parameters["chat_id"]) in self.forums and int(topic) not in self.topics:
            return Refusal(status=400, description="Bad Request: message thread not found")
        self._last_message += 1
        named = str(parameters.get(content, "")).removeprefix("attach://")  # a file may stand in a part of another name
        name, file = files.get(content) or files.get(named) or ("", b"")
        message = SentMessage(
            chat=str(parameters["chat_id"]),
            message_id=self._last_message,
            method=method,
            parameters=parameters,
            at=self._now(),
            file_name=name,
            file=file,
        )
        self.sent.append(message)
        self._changed()
        chat = int(parameters["chat_id"])
        return {
            "message_id": message.message_id,
            "date": self._now(),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "from": self.me,
            text: message.text,
        }

    def _open_topic(self, parameters: dict[str, Any]) -> Any:
        if int(parameters["chat_id"]) not in self.forums:
            return Refusal(status=400, description="Bad Request: the chat is not a forum")
        if not 1 <= len(parameters["name"]) <= 128:
            return Refusal(status=400, description="Bad Request: invalid topic name specified")
        self._last_message += 1
        self.topics[self._last_message] = parameters["name"]
        return {"message_thread_id": self._last_message, "name": parameters["name"], "icon_color": 7322096}

    def _edit(self, parameters: dict[str, Any]) -> Any:
        if wrong := wrong_text(str(parameters.get("text", "")), parameters.get("entities") or [], content="text"):
            return Refusal(status=400, description=wrong)
        for number, message in enumerate(self.sent):
            if (message.chat, message.message_id) != (str(parameters["chat_id"]), int(parameters["message_id"])):
                continue
            shown = {key: parameters[key] for key in ("text", "entities", "reply_markup") if key in parameters}
            kept = {k: v for k, v in message.parameters.items() if k not in ("text", "entities", "reply_markup")}
            if kept | shown == message.parameters:
                return Refusal(
                    status=400,
                    description="Bad Request: message is not modified: specified new message content and reply markup "
                    "are exactly the same as a current content and reply markup of the message",
                )
            self.sent[number] = replace(message, parameters=kept | shown)
            self._changed()
            return {"message_id": message.message_id, "date": self._now(), "chat": {"id": int(message.chat)}}
        return Refusal(status=400, description="Bad Request: message to edit not found")

    def _get_file(self, file_id: str) -> Any:
        if file_id not in self._files:
            return Refusal(status=400, description="Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self._files[file_id])
        if size > BIG_FILE:
            return Refusal(status=400, description="Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": f"documents/{file_id}"}

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
