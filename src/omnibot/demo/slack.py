"""Slack as an app sees it: the Web API, files, Socket Mode and signed requests, one workspace, with faults on demand.

It refuses what Slack refuses (limits of blocks, unknown chats, wrong tokens), keeps what was posted, and sends an event
up to four times until it is answered, as Slack does. `tests/fakes/test_slack.py` holds it against Slack's own SDK.
"""

import asyncio
import io
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

from omnibot.demo.slack_wire import (
    Fault,
    Json,
    Refused,
    check_limits,
    encode,
    go_wrong,
    page,
    path_of,
    read_arguments,
    refuse,
    sign,
)

BOT_TOKEN, APP_TOKEN = "xoxb-fake-bot", "xapp-fake-app"
TEAM, APP, BOT_USER, BOT = "T0FAKE", "A0FAKE", "U0BOT", "B0BOT"
SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,commands,files:read,files:write,groups:history,groups:read,im:history,im:write,"
    "mpim:history,users:read"
)
NOW = 1_780_304_400  # Unix time at which everything here happens unless told otherwise
ACKNOWLEDGED_SECONDS = 5.0
TRIES = 4  # of an event: the first and three more


@dataclass(slots=True)
class Chat:
    """A channel or a direct chat."""

    id: str
    user: str | None = None  # of a direct chat
    is_archived: bool = False
    has_us: bool = True
    posts: list[Json] = field(default_factory=list)

    def said(self, thread: str | None = None) -> list[str]:
        """The texts of our posts in it."""
        return [
            post["text"]
            for post in self.posts
            if post.get("bot_id") and (thread is None or post.get("thread_ts") == thread)
        ]


@dataclass(slots=True)
class Socket:
    """An open Socket Mode connection."""

    ws: web.WebSocketResponse
    acks: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)


class FakeSlack:
    """One workspace with one app installed."""

    def __init__(
        self,
        *,
        now: Callable[[], int] = lambda: NOW,
        first_id: int = 0,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`now` is Unix time; `first_id` lies above all ids of an earlier workspace; `changed` is called when somebody
        sees something new."""
        self._now = now
        self._changed = changed
        self.chats: dict[str, Chat] = {}
        self.users: dict[str, Json] = {}
        self.files: dict[str, tuple[Json, bytes]] = {}
        self.calls: list[tuple[str, Json]] = []
        self.forms: list[Json] = []
        self.whispers: list[Json] = []  # what only one person saw
        self.sockets: list[Socket] = []
        self.sockets_opened = 0
        self.has_socket = asyncio.Event()  # set by the first
        self.answers_pings = True
        self.says_hello = True
        self.events_url = ""  # of the app, up to /channels/slack/{name}
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._numbers = count(first_id + 1)
        self._ts = count(1)
        self._uploads: dict[str, Json] = {}
        self._runner: web.AppRunner | None = None
        self.origin = ""

    # What tests and demos do

    async def start(self) -> None:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.add_routes(
            [
                web.route("*", "/api/{method}", self._call),
                web.post("/upload/{id}", self._upload),
                web.get("/files/{id}/{name}", self._download),
                web.get("/socket", self._open_socket),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.origin = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        for socket in list(self.sockets):
            await self.drop(socket)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_base(self) -> str:
        return f"{self.origin}/api/"

    def plan(self, method: str, *faults: Fault) -> None:
        """The next calls of a method go wrong in these ways."""
        self._faults[method].extend(faults)

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.calls)

    def chat(self, id: str, **fields: Any) -> Chat:
        return self.chats.setdefault(id, Chat(id, **fields))

    def add_user(self, id: str, name: str, locale: str = "en-US") -> str:
        """Somebody, and their direct chat with us; returns its id."""
        self.users[id] = {"id": id, "name": name.lower(), "locale": locale, "profile": {"display_name": name}}
        return self.chat(f"D{id[1:]}", user=id).id

    def add_file(self, name: str, content: bytes, media_type: str = "text/plain") -> Json:
        """A file of a customer's, as events show it."""
        id = f"F{next(self._numbers)}"
        url = f"{self.origin}/files/{id}/{name}"
        about = {
            "id": id,
            "name": name,
            "mimetype": media_type,
            "size": len(content),
            "mode": "hosted",
            "url_private": url,
        }
        self.files[id] = (about, content)
        return about

    def next_ts(self) -> str:
        return f"{self._now()}.{next(self._ts):06d}"

    def message(self, user: str, text: str, *, chat: str, thread: str | None = None, **fields: Any) -> Json:
        """A payload: somebody says something. It stands in the chat from now on."""
        event = {
            "type": "message",
            "user": user,
            "text": text,
            "channel": chat,
            "channel_type": "im" if chat.startswith("D") else "channel",
            "ts": self.next_ts(),
            "client_msg_id": f"c{next(self._numbers)}",
            **({"thread_ts": thread} if thread else {}),
            **fields,
        }
        event["event_ts"] = event["ts"]
        self.chat(chat).posts.append(event)
        self._changed()
        return self.event(event)

    def event(self, event: Json) -> Json:
        """The payload around an event."""
        return {
            "token": "verification-token",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers)}",
            "event_time": self._now(),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }

    def press(self, user: str, label: str, *, chat: str, ts: str | None = None) -> Json:
        """A payload: somebody presses the button with that label, of this post or the newest that has one."""
        for post in reversed([post for post in self.chat(chat).posts if ts in (None, post["ts"])]):
            for block in post.get("blocks") or ():
                for element in block.get("elements") or () if block["type"] == "actions" else ():
                    if element["text"]["text"] == label:
                        return self._pressed(user, element, post, chat)
        raise LookupError(f"no button {label!r} in {chat}")

    def _pressed(self, user: str, button: Json, post: Json, chat: str) -> Json:
        return {
            "type": "block_actions",
            "user": {"id": user, "username": "somebody", "team_id": TEAM},
            "api_app_id": APP,
            "container": {"type": "message", "message_ts": post["ts"], "channel_id": chat, "is_ephemeral": False},
            "trigger_id": f"{next(self._numbers)}.trigger",
            "team": {"id": TEAM, "domain": "fake"},
            "channel": {"id": chat, "name": "directmessage" if chat.startswith("D") else "help"},
            "message": post,
            "actions": [{**button, "block_id": "b", "action_ts": self.next_ts()}],
        }

    # The way to the app

    async def request(self, path: str, payload: Json, **headers: str) -> tuple[int, str]:
        """One signed request to `events`, `interactions` or `commands`; returns status and body."""
        body, kind = encode(path, payload)
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.events_url}/{path}",
                data=io.BytesIO(body),
                headers={"Content-Type": kind, **sign(body, at=self._now()), **headers},
            ) as response,
        ):
            return response.status, await response.text()

    async def send(self, payload: Json) -> None:
        """Deliver as Slack does: by a socket if there is one, else by request, until it is answered."""
        for attempt in range(TRIES):
            if self.sockets:
                await self.frame(payload)
                return
            retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"} if attempt else {}
            status, _ = await self.request(path_of(payload), payload, **retry)
            if status == 200:
                return
        raise AssertionError("the app never took it")

    async def frame(self, payload: Json, socket: Socket | None = None) -> Json:
        """Deliver through a socket; returns the acknowledgement."""
        envelope = f"e{next(self._numbers)}"
        kind = {"events": "events_api", "interactions": "interactive", "commands": "slash_commands"}[path_of(payload)]
        socket = socket or self.sockets[-1]
        acknowledged = socket.acks[envelope] = asyncio.get_running_loop().create_future()
        await socket.ws.send_json(
            {
                "envelope_id": envelope,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": kind != "events_api",
            }
        )
        async with asyncio.timeout(ACKNOWLEDGED_SECONDS):
            answer: Json = await acknowledged
            return answer

    async def disconnect(self, socket: Socket, reason: str) -> None:
        """Say that a socket is about to end."""
        await socket.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})

    async def drop(self, socket: Socket) -> None:
        """End a socket without a word, as a lost network does."""
        if socket in self.sockets:
            self.sockets.remove(socket)
        transport = socket.ws._req.transport if socket.ws._req else None
        if transport is not None:
            transport.abort()

    # The Web API

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await read_arguments(request)
        token = arguments.pop("token", None) or request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append((method, arguments))
        fault = self._faults[method].pop(0) if self._faults[method] else None
        is_after = getattr(fault, "after", False)
        if fault is not None and not is_after:
            return await go_wrong(fault, request)
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        try:
            answer = self._methods()[method](arguments) if token == wanted else refuse("invalid_auth")
        except Refused as error:
            answer = {"ok": False, "error": str(error)}
        if fault is not None:
            return await go_wrong(fault, request)
        return web.json_response({"ok": True, **answer}, headers={"x-oauth-scopes": SCOPES})

    def _methods(self) -> dict[str, Callable[[Json], Json]]:
        return {
            "auth.test": lambda _: {
                "user": "omnibot",
                "user_id": BOT_USER,
                "bot_id": BOT,
                "team": "Fake",
                "team_id": TEAM,
            },
            "apps.connections.open": lambda _: {"url": f"{self.origin.replace('http', 'ws')}/socket?ticket=1"},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.open": lambda given: {"channel": {"id": self._direct(given["users"]).id}},
            "users.info": self._user,
            "views.open": self._open_form,
            "files.getUploadURLExternal": self._begin_upload,
            "files.completeUploadExternal": self._end_upload,
            "files.info": self._file,
        }

    def _user(self, given: Json) -> Json:
        return {"user": self.users[given["user"]]} if given["user"] in self.users else refuse("user_not_found")

    def _direct(self, user: str) -> Chat:
        found = next((chat for chat in self.chats.values() if chat.user == user), None)
        return found or refuse("user_not_found")

    def _found(self, id: str) -> Chat:
        chat = self._direct(id) if id.startswith("U") else self.chats.get(id)
        return chat or refuse("channel_not_found")

    def _post(self, given: Json) -> Json:
        chat = self._found(given.get("channel", ""))
        if chat.is_archived:
            refuse("is_archived")
        if not chat.has_us:
            refuse("not_in_channel")
        check_limits(given)
        ts = self.next_ts()
        thread: Json = {"thread_ts": given["thread_ts"]} if given.get("thread_ts") else {}
        kept: Json = {name: given[name] for name in ("text", "blocks", "metadata") if name in given}
        post: Json = {"type": "message", "user": BOT_USER, "bot_id": BOT, "app_id": APP, "ts": ts, **thread, **kept}
        chat.posts.append(post)
        self._changed()
        return {"channel": chat.id, "ts": ts, "message": post}

    def _update(self, given: Json) -> Json:
        for post in self._found(given["channel"]).posts:
            if post["ts"] == given["ts"]:
                post.update({name: given[name] for name in ("text", "blocks") if name in given})
                self._changed()
                return {"ts": post["ts"]}
        return refuse("message_not_found")

    def _whisper(self, given: Json) -> Json:
        self._found(given.get("channel", ""))
        if given.get("user") not in self.users:
            refuse("user_not_in_channel")
        if not given.get("text"):
            refuse("no_text")
        self.whispers.append(given)
        self._changed()
        return {"message_ts": self.next_ts()}

    def _history(self, given: Json) -> Json:
        posts = [post for post in self._found(given["channel"]).posts if not post.get("thread_ts")]
        return page(list(reversed(posts)), given)

    def _replies(self, given: Json) -> Json:
        posts = self._found(given["channel"]).posts
        return page([post for post in posts if given["ts"] in (post["ts"], post.get("thread_ts"))], given)

    def _open_form(self, given: Json) -> Json:
        if not given.get("trigger_id"):
            refuse("invalid_trigger_id")
        self.forms.append(given["view"])
        return {"view": {"id": "V1"}}

    # Files

    def _begin_upload(self, given: Json) -> Json:
        id = f"F{next(self._numbers)}"
        self._uploads[id] = given
        return {"upload_url": f"{self.origin}/upload/{id}", "file_id": id}

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        id, content = request.match_info["id"], await request.read()
        if fault := self._faults["upload"].pop(0) if self._faults["upload"] else None:
            return await go_wrong(fault, request)
        if str(len(content)) != self._uploads[id]["length"]:
            return web.Response(status=400)
        name = self._uploads[id]["filename"]
        self.files[id] = ({"id": id, "name": name, "size": len(content), "mode": "hosted"}, content)
        return web.Response(text=f"OK - {len(content)}")

    def _end_upload(self, given: Json) -> Json:
        chat = self._found(given["channel_id"])
        files = [self.files[file["id"]][0] for file in given["files"]]
        thread = {"thread_ts": given["thread_ts"]} if given.get("thread_ts") else {}
        chat.posts.append(
            {"type": "message", "ts": self.next_ts(), "bot_id": BOT, "text": "", "files": files, **thread}
        )
        self._changed()
        return {"files": files}

    def _file(self, given: Json) -> Json:
        return {"file": self.files[given["file"]][0]} if given["file"] in self.files else refuse("file_not_found")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if fault := self._faults["download"].pop(0) if self._faults["download"] else None:
            return await go_wrong(fault, request)
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            raise web.HTTPFound("/sign-in")
        if request.match_info["id"] not in self.files:
            raise web.HTTPNotFound
        about, content = self.files[request.match_info["id"]]
        return web.Response(body=content, content_type=about.get("mimetype", "text/plain"))

    # Socket Mode

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        self.sockets_opened += 1
        socket = Socket(ws)
        if self.says_hello:
            self.sockets.append(socket)
            self.has_socket.set()
            await ws.send_json({"type": "hello", "num_connections": len(self.sockets), "debug_info": {"host": "fake"}})
        async for message in ws:
            if message.type is aiohttp.WSMsgType.PING and self.answers_pings:
                await ws.pong(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                answer = json.loads(message.data)
                acknowledged = socket.acks.pop(answer.get("envelope_id"), None)
                if acknowledged and not acknowledged.done():
                    acknowledged.set_result(answer)
        if socket in self.sockets:
            self.sockets.remove(socket)
        return ws
