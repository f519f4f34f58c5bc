"""What the front door needs of aiohttp: hot handlers for requests that it does not read itself, and word of each answer.

The door does not import this module, or aiohttp, before somebody asks for what is not hot: 17 MB and half of a start.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Middleware

from omnibot.exchange import Answer, Call, Route, Source
from omnibot.problem import Problem

if TYPE_CHECKING:
    from omnibot.front.connection import Connection

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LIMIT = 256 * 1024  # bytes that wait for a slow reader


def telling(lent: Mapping[asyncio.Protocol, "Connection"]) -> Middleware:
    """aiohttp would write the answer after the last middleware, and tell nobody. The connection has to know when it is
    written. Answers of other kinds than the plain one stay aiohttp's, and so do their connections."""

    @web.middleware
    async def write_out(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if type(response) is web.Response:
            with contextlib.suppress(ConnectionError):  # aiohttp meets it again, and knows what to do
                await response.prepare(request)
                await response.write_eof()
                connection = lent.get(request.protocol)
                if connection is not None:
                    connection.is_answered(keep_alive=bool(response.keep_alive))
        return response

    return write_out


def behind_aiohttp(route: Route) -> web.RouteDef:
    """The same answers, whoever has read the request; and to HEAD as to GET, without the body."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise Problem(413, "the body is too large") from None
        names = {name.lower() for name in request.headers}
        headers = {name: ", ".join(request.headers.getall(name)) for name in names}  # a repeated field is one list
        call = Call(query=request.query, headers=headers, body=body, peer=request.remote)
        answered = await route.handler(call)
        if answered.source is not None:
            return await _stream(request, answered, answered.source)
        return web.Response(status=answered.status, body=answered.body or None, headers=dict(answered.headers))

    return web.route(route.method, route.path, answer)


async def _stream(request: web.Request, answer: Answer, source: Source) -> web.StreamResponse:
    try:
        response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
        await response.prepare(request)
        pump = _Pump()
        source.begin(pump)
        while (waiting := await pump.take()) is not None:
            await response.write(waiting)
            source.go_on()
    except ConnectionError:
        pass  # the reader has gone
    finally:
        source.leave()
    return response


class _Pump:
    """An outlet that somebody empties."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._is_closed = False
        self._bell = asyncio.Event()

    @property
    def is_full(self) -> bool:
        return len(self._waiting) > LIMIT

    def write(self, data: bytes) -> None:
        self._waiting += data
        self._bell.set()

    def close(self) -> None:
        self._is_closed = True
        self._bell.set()

    async def take(self) -> bytes | None:
        """What was written since the last time; None after the end."""
        await self._bell.wait()
        self._bell.clear()
        if not self._waiting:
            return None if self._is_closed else b""
        waiting = bytes(self._waiting)
        self._waiting.clear()
        if self._is_closed:
            self._bell.set()
        return waiting
