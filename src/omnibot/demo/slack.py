"""Slack as an app sees it: the Web API, files, Socket Mode and signed requests, one workspace, with faults on demand.

It refuses what Slack refuses (limits of blocks, unknown chats, wrong tokens), keeps what was posted, and sends an event
up to four times until it is answered, as Slack does. `tests/fakes/test_slack.py` holds it against Slack's own SDK.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from aiohttp import web

from omnibot.demo.slack_chats import APP, BOT, BOT_USER, TEAM, Chat, Chats
from omnibot.demo.slack_installs import BOT_TOKEN, Installs
from omnibot.demo.slack_sockets import TRIES, Socket, Sockets
from omnibot.demo.slack_wire import Fault, Json, Late, Refused, go_wrong, read_arguments, refuse

__all__ = ["APP", "APP_TOKEN", "BOT", "BOT_TOKEN", "BOT_USER", "NOW", "TEAM", "TRIES", "Chat", "FakeSlack", "Socket"]

APP_TOKEN = "xapp-fake-app"  # noqa: S105 - of no real app
SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,commands,files:read,files:write,groups:history,groups:read,im:history,im:write,"
    "mpim:history,users:read"
)
NOW = 1_780_304_400  # Unix time at which everything here happens unless told otherwise


class FakeSlack(Chats, Sockets, Installs):
    """The server, its one app, and the people."""

    def __init__(
        self,
        *,
        now: Callable[[], int] = lambda: NOW,
        first_id: int = 0,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`now` is Unix time; `first_id` lies above all ids of an earlier workspace; `changed` is called when somebody
        sees something new."""
        Chats.__init__(self, now=now, first_id=first_id, changed=changed)
        Sockets.__init__(self, now=now)
        Installs.__init__(self, now=now)
        self.calls: list[tuple[str, Json]] = []
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._uploads: dict[str, Json] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.add_routes(
            [
                web.route("*", "/api/{method}", self._call),
                web.post("/upload/{id}", self._upload),
                web.get("/files/{id}/{name}", self._download),
                web.get("/socket", self._open_socket),
                web.get("/oauth/v2/authorize", self._show_consent),
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

    # The Web API

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await read_arguments(request)
        authorization = request.headers.get("Authorization", "")
        token = arguments.pop("token", None) or authorization.removeprefix("Bearer ")
        self.calls.append((method, arguments))
        fault = self._faults[method].pop(0) if self._faults[method] else None
        is_after = isinstance(fault, Late) or getattr(fault, "after", False)
        if fault is not None and not is_after:
            return await go_wrong(fault, request)
        try:
            if method == "oauth.v2.access":
                answer = self._exchange(arguments, authorization)
            elif method == "apps.connections.open" and token != APP_TOKEN:
                refuse("invalid_auth")
            else:
                team = TEAM if token == APP_TOKEN else self.team_of(token)
                answer = self._methods(token, team)[method](arguments)
        except Refused as error:
            answer = {"ok": False, "error": str(error)}
        if isinstance(fault, Late):
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            return await go_wrong(fault, request)
        return web.json_response({"ok": True, **answer}, headers={"x-oauth-scopes": SCOPES})

    def _methods(self, token: str, team: str) -> dict[str, Callable[[Json], Json]]:
        return {
            "auth.test": lambda _: {
                "user": "omnibot",
                "user_id": BOT_USER,
                "bot_id": BOT,
                "team": "Fake" if team == TEAM else f"Workspace {team}",
                "team_id": team,
            },
            "auth.revoke": lambda _: {"revoked": self.tokens.pop(token, None) is not None},
            "apps.connections.open": lambda _: {"url": f"{self.origin.replace('http', 'ws')}/socket?ticket=1"},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.open": lambda given: {"channel": {"id": self._direct(given["users"]).id}},
            "users.info": self._user,
            "views.open": self._open_form,
            "views.publish": self._publish,
            "files.getUploadURLExternal": self._begin_upload,
            "files.completeUploadExternal": self._end_upload,
            "files.info": self._file,
        }

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
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise web.HTTPFound("/sign-in")
        if request.match_info["id"] not in self.files:
            raise web.HTTPNotFound
        about, content = self.files[request.match_info["id"]]
        return web.Response(body=content, content_type=about.get("mimetype", "text/plain"))
