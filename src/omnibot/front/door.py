"""Listens, keeps the connections, and stops without cutting an answer off."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from time import perf_counter
from typing import TYPE_CHECKING

from omnibot.clock import Clock
from omnibot.exchange import Answer, Call, Route
from omnibot.front import head
from omnibot.front.connection import Connection
from omnibot.front.head import Head
from omnibot.front.wire import date_field
from omnibot.log import Log
from omnibot.problem import BUSY, Problem
from omnibot.store.transactions import Unavailable

if TYPE_CHECKING:
    from aiohttp import web

log = Log(__name__)

Observe = Callable[[tuple[str, str, str], float], None]
Furnish = Callable[[], Awaitable["web.Application"]]

BACKLOG = 1_024
PATIENCE = 5.0  # seconds for the answers that are under way when we stop; for aiohttp's once more
LOOK_SECONDS = 5.0  # between two looks for connections that have been idle or slow for too long


class FrontDoor:
    """One per process, in front of an aiohttp application that gets all that is not hot, and is made when somebody asks
    for that: a process that only chats never has one."""

    def __init__(
        self,
        furnish: Furnish,
        routes: list[Route],
        clock: Clock,
        *,
        headers: dict[str, str],
        observe: Observe,
    ) -> None:
        """`furnish` makes the application. `headers` come with every hot answer; `observe` hears method, path and status
        of each, and how long it took."""
        self._furnish = furnish
        self._runner: web.AppRunner | None = None
        self._opening: asyncio.Task[web.AppRunner] | None = None
        self._outside: list[Connection] = []  # they wait until the application is there
        self._routes = {(route.method, route.path): route for route in routes}
        self._clock = clock
        self.headers = tuple(headers.items())
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
        if self._opening is not None:
            await asyncio.wait([self._opening], timeout=PATIENCE)
        if self._runner is not None:
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

    def route_of(self, read: Head) -> tuple[Route, dict[str, str]] | None:
        """The hot route for a request and the values of its query, if it is for one."""
        parts = head.split(read.target)
        route = self._routes.get((read.method, parts[0])) if parts else None
        return (route, parts[1]) if route and parts else None

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
        return answer

    def date(self) -> bytes:
        """The Date field, made anew each second."""
        now = self.time()
        if now - self._dated_at >= 1.0 or not self._date:
            self._date, self._dated_at = date_field(format_datetime(self._clock.now(), usegmt=True)), now
        return self._date

    def lend(self, connection: Connection) -> "web.RequestHandler | None":
        """A protocol of aiohttp's for this connection. None if there is no application yet: once there is, `come_in`
        tells the connection to ask again."""
        if self._runner is None:
            self._outside.append(connection)
            self._open_inside()
            return None
        server = self._runner.server
        assert server is not None
        inner = server()
        self._lent[inner] = connection
        return inner

    async def application(self) -> "web.Application":
        """All that is not hot; made now if nobody has asked for it before."""
        return (self._runner or await self._open_inside()).app

    def _open_inside(self) -> "asyncio.Task[web.AppRunner]":
        if self._opening is None:
            self._opening = self.loop.create_task(self._open_application())
        return self._opening

    async def _open_application(self) -> "web.AppRunner":
        try:
            application = await self._furnish()
            from aiohttp import web

            from omnibot.front.fallback import telling

            application.middlewares.insert(0, telling(self._lent))
            # Streams end by themselves when we stop; whatever else is under way has this long.
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=PATIENCE)
            await runner.setup()
            self._runner = runner
        except Exception:
            log.exception("application_failed")
            raise
        finally:
            self._opening = None
            waiting, self._outside = self._outside, []
            for connection in waiting:
                # Where it could not be made, nobody waits for it; the next request tries again.
                connection.come_in() if self._runner is not None else connection.close()
        return runner

    def look(self) -> None:
        """Close who has been idle or slow for too long."""
        now = self.time()
        for connection in tuple(self._connections):
            if connection.expires_at is not None and connection.expires_at < now:
                connection.close()
        self._looking = self.loop.call_later(LOOK_SECONDS, self.look)
