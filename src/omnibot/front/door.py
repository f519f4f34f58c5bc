"""Listens, keeps the connections, and stops without cutting an answer off."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from time import perf_counter

from aiohttp import web

from omnibot.clock import Clock
from omnibot.exchange import Answer, Call, Route
from omnibot.front import head
from omnibot.front.connection import Connection
from omnibot.front.head import Head
from omnibot.front.wire import date_field
from omnibot.log import Log
from omnibot.problem import BUSY, Problem
from omnibot.store.transactions import Unavailable

log = Log(__name__)

Observe = Callable[[tuple[str, str, str], float], None]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BACKLOG = 1_024
PATIENCE = 5.0  # seconds for the answers that are under way when we stop; for aiohttp's once more
LOOK_SECONDS = 5.0  # between two looks for connections that have been idle or slow for too long


class FrontDoor:
    """One per process, in front of an aiohttp application that gets all that is not hot."""

    def __init__(
        self,
        application: web.Application,
        routes: list[Route],
        clock: Clock,
        *,
        headers: dict[str, str],
        observe: Observe,
    ) -> None:
        """`headers` come with every answer; `observe` hears method, path and status of each, and how long it took."""
        application.middlewares.insert(0, self._write_out)
        self.application = application
        # Streams end by themselves when we stop; whatever else is under way has this long.
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=PATIENCE)
        self._routes = {(route.method, route.path): route for route in routes}
        self._clock = clock
        self._headers = tuple(headers.items())
        self._observe = observe
        self._connections: set[Connection] = set()
        self._lent: dict[asyncio.Protocol, Connection] = {}
        self._server: asyncio.Server | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._last_answer: asyncio.Future[None] | None = None  # set while we stop
        self._date, self._dated_at = b"", 0.0
        self.loop = asyncio.get_running_loop()
        self.time = self.loop.time

    @property
    def is_stopping(self) -> bool:
        return self._last_answer is not None

    async def open(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError."""
        await self._runner.setup()
        self._server = await self.loop.create_server(lambda: Connection(self), host, port, backlog=BACKLOG)
        self.look()
        listening: int = self._server.sockets[0].getsockname()[1]
        return listening

    def shut(self) -> None:
        """Nobody comes in any more; who is in gets an answer."""
        if self.is_stopping:
            return
        self._last_answer = self.loop.create_future()
        if self._looking is not None:
            self._looking.cancel()
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.stop()

    async def close(self) -> None:
        """Wait until requests are answered, hot ones first, then end all connections."""
        assert self._last_answer is not None, "shut the door first"
        if any(connection.is_under_way for connection in self._connections):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._last_answer, PATIENCE)
        await self._runner.cleanup()
        for connection in tuple(self._connections):
            connection.close()

    def add(self, connection: Connection) -> None:
        """It is open."""
        self._connections.add(connection)

    def remove(self, connection: Connection, inner: asyncio.Protocol | None) -> None:
        """It is closed."""
        self._connections.discard(connection)
        if inner is not None:
            del self._lent[inner]
        if self._last_answer is None or self._last_answer.done():
            return
        if not any(connection.is_under_way for connection in self._connections):
            self._last_answer.set_result(None)

    def route_of(self, read: Head) -> Route | None:
        """The hot route for a request, if it is for one."""
        parts = head.split(read.target)
        return self._routes.get((read.method, parts[0])) if parts else None

    async def answer(self, route: Route, call: Call) -> Answer:
        """What its handler says, whatever happens in there."""
        started = perf_counter()
        try:
            answer = await route.handler(call)
        except Problem as problem:
            answer = problem.answer()
        except Unavailable as error:
            answer = Problem(503, BUSY, retry_after=error.retry_after).answer()
        except Exception as error:
            # A hot path names nobody; the traceback carries no values.
            log.error("request_failed", method=route.method, path=route.path, error=error)
            answer = Problem(500, "something went wrong here; it is in the log").answer()
        self._observe((route.method, route.path, str(answer.status)), perf_counter() - started)
        return Answer(answer.status, answer.body, answer.headers + self._headers, answer.source)

    def date(self) -> bytes:
        """The Date field, made anew each second."""
        now = self.time()
        if now - self._dated_at >= 1.0 or not self._date:
            self._date, self._dated_at = date_field(format_datetime(self._clock.now(), usegmt=True)), now
        return self._date

    def lend(self, connection: Connection) -> web.RequestHandler:
        """A protocol of aiohttp's for this connection."""
        server = self._runner.server
        assert server is not None
        inner = server()
        self._lent[inner] = connection
        return inner

    @web.middleware
    async def _write_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """aiohttp would write the answer after the last middleware, and tell nobody. The connection has to know when it
        is written. Answers of other kinds than the plain one stay aiohttp's, and so do their connections."""
        response = await handler(request)
        if type(response) is web.Response:
            with contextlib.suppress(ConnectionError):  # aiohttp meets it again, and knows what to do
                await response.prepare(request)
                await response.write_eof()
                connection = self._lent.get(request.protocol)
                if connection is not None:
                    connection.is_answered(keep_alive=bool(response.keep_alive))
        return response

    def look(self) -> None:
        """Close who has been idle or slow for too long."""
        now = self.time()
        for connection in tuple(self._connections):
            if connection.expires_at is not None and connection.expires_at < now:
                connection.close()
        self._looking = self.loop.call_later(LOOK_SECONDS, self.look)
