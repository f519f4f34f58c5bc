"""The visitor's files, which come and go in pieces, and earlier versions of the widget: the part of the web chat that
aiohttp reads and writes."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from omnibot import uploads
from omnibot.adapters.webchat import wire
from omnibot.adapters.webchat.routes import LASTING, WebChat, allowing, preflight_fields, problem_of, seq_of
from omnibot.problem import Problem
from omnibot.store import files
from omnibot.store.transactions import Unavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FileRoutes:
    """The handlers. Who may call, and how often, the chat knows."""

    def __init__(self, chat: WebChat) -> None:
        self._chat = chat

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/widget/{name}", self.show_earlier_widget),
            web.post("/webchat/v1/files", self._guarded(self.upload)),
            web.get("/webchat/v1/files/{id}", self._guarded(self.download)),
            web.options("/webchat/v1/files/{id}", self._guarded(self.preflight)),
        ]

    async def show_earlier_widget(self, request: web.Request) -> web.Response:
        kept = await asyncio.to_thread(self._chat.widget.kept, request.match_info["name"])
        if kept is None:
            raise Problem(404, "there is no such version of the widget")
        return web.Response(body=kept, headers=dict(LASTING))

    async def upload(self, request: web.Request) -> web.Response:
        chat = self._chat
        visitor = await chat.visitor(request.headers)
        chat.limit(visitor, "too many files; slow down")
        attachment = await uploads.take(
            request,
            store=chat.store,
            files=chat.kept_files,
            conversation_id=visitor.conversation_id,
            uploaded_by=None,
            now=chat.clock.now(),
        )
        return web.Response(
            body=wire.encode(wire.UploadedJson(str(attachment.id))), status=201, content_type="application/json"
        )

    async def download(self, request: web.Request) -> web.StreamResponse:
        chat = self._chat
        visitor = await chat.visitor(request.headers)
        id = request.match_info["id"]
        stored = await chat.store.read(partial(files.get, id=seq_of(id))) if id.isdigit() else None
        is_theirs = stored is not None and stored.is_said and stored.conversation_id == visitor.conversation_id
        return uploads.serve(stored if is_theirs else None, chat.kept_files)

    async def preflight(self, request: web.Request) -> web.Response:
        return web.Response(status=204, headers=dict(preflight_fields))

    def _guarded(self, handler: Handler) -> Handler:
        """As the chat's other calls are (`WebChat.guarded`)."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            origin = self._chat.origin(request.headers)
            try:
                response = await handler(request)
            except (Problem, Unavailable) as error:
                response = problem_of(error).response()
            if origin is not None:
                response.headers.update(allowing(origin))
            return response

        return guarded
