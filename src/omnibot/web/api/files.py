"""Files of conversations: agents upload what goes with a reply, and read what customers sent. Bytes, so no JSON endpoints."""

from functools import partial

import msgspec
from aiohttp import web

from omnibot import uploads
from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.flow.desk import Desk
from omnibot.problem import Problem
from omnibot.store import conversations, files, originals
from omnibot.web.access import Access
from omnibot.web.api.endpoint import required

MAX_DIGITS = 15


class FileRoutes:
    """The handlers."""

    def __init__(self, desk: Desk, access: Access, clock: Clock) -> None:
        self._desk = desk
        self._access = access
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/api/v1/conversations/{id}/files", self.upload),
            web.get("/api/v1/files/{id}", self.download),
            web.get("/api/v1/conversations/{id}/messages/{seq}/original", self.original),
        ]

    async def upload(self, request: web.Request) -> web.Response:
        """A file for the next reply: 201 `{file_id}`."""
        agent = await self._access.require(request, Role.AGENT)
        id = _id(request)
        required(await self._desk.store.read(partial(conversations.get, id=id)), "conversation")
        attachment = await uploads.take(
            request,
            store=self._desk.store,
            files=self._desk.files,
            conversation_id=id,
            uploaded_by=agent.id,
            now=self._clock.now(),
        )
        body = msgspec.json.encode({"file_id": attachment.id})
        return web.Response(status=201, body=body, content_type="application/json")

    async def download(self, request: web.Request) -> web.StreamResponse:
        await self._access.require(request, Role.AGENT)
        stored = await self._desk.store.read(partial(files.get, id=_id(request)))
        return uploads.serve(stored, self._desk.files)

    async def original(self, request: web.Request) -> web.StreamResponse:
        """What a message came as, such as the raw mail; nothing of it is shown by a browser."""
        await self._access.require(request, Role.AGENT)
        of = partial(originals.of_message, conversation_id=_id(request), seq=_id(request, "seq"))
        below = await self._desk.store.read(of)
        return uploads.serve_original(below, self._desk.files)


def _id(request: web.Request, name: str = "id") -> int:
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_DIGITS:
        raise Problem(404, "there is nothing here")
    return int(text)
