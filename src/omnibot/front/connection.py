"""One connection: hot requests are answered here, in order; everything else is aiohttp's.

aiohttp gets a protocol of its own for this connection with the first request that is not ours. While it is plain where
that request ends, the connection is only lent: once aiohttp has answered, the next request is looked at again. In any
doubt (a head that is not exactly well-formed, bytes beyond the request's end) it is given to aiohttp for good.
"""

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, cast

from omnibot.exchange import Answer, Call, Route, Source
from omnibot.front import head
from omnibot.front.head import Head
from omnibot.front.wire import encode

if TYPE_CHECKING:
    from aiohttp import web

    from omnibot.front.door import FrontDoor

BODY_LIMIT = 128 * 1024  # bytes; a larger body is aiohttp's, which has limits of its own
BUFFER_LIMIT = 64 * 1024  # bytes that may wait behind a request until nothing more is read
BODY_SECONDS = 30.0  # for the body of a hot request
IDLE_SECONDS = 3_630.0  # as aiohttp: longer than a proxy keeps its end


class State(Enum):
    """Whose the next byte is."""

    READY = "ready"  # between requests
    BODY = "body"  # ours: the rest of a hot request's body
    ANSWERING = "answering"  # it waits until the hot request is answered
    STREAMING = "streaming"  # nobody's: an answer without end is the last one
    LENT = "lent"  # aiohttp's, up to the end of this request
    GIVEN = "given"  # aiohttp's for good


class Connection(asyncio.Protocol):
    """Made by the door for each connection. Also the outlet of an answer without end."""

    __slots__ = (
        "_buffer",
        "_door",
        "_head",
        "_inner",
        "_is_paused",
        "_peer",
        "_query",
        "_route",
        "_source",
        "_state",
        "_task",
        "_to_pass",
        "_transport",
        "expires_at",
    )

    def __init__(self, door: "FrontDoor") -> None:
        self._door = door
        self._transport: asyncio.Transport | None = None  # None: the other end has gone
        self._peer: str | None = None  # its address
        self._inner: web.RequestHandler | None = None  # aiohttp's
        self._state = State.READY
        self._buffer = b""
        self._head: Head | None = None
        self._route: Route | None = None
        self._query: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        self._source: Source | None = None
        self._to_pass = 0  # bytes of the lent request that are still to come
        self._is_paused = False  # what we wrote is not read
        self.expires_at: float | None = None  # on the loop's clock; None: it takes as long as it takes

    # What the loop tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not say so
        name = transport.get_extra_info("peername")  # uvloop asks the kernel each time
        self._peer = str(name[0]) if name else None
        self._rest()
        self._door.add(self)

    def data_received(self, data: bytes) -> None:
        match self._state:
            case State.READY:
                self._begin(data)
            case State.BODY:
                self._buffer += data
                self._go_on_if_whole()
            case State.ANSWERING:
                self._buffer += data
                if len(self._buffer) > BUFFER_LIMIT and self._transport is not None:
                    self._transport.pause_reading()
            case State.LENT | State.GIVEN:
                self._pass_on(data)
            case State.STREAMING:
                pass  # we have said that we close

    def pause_writing(self) -> None:
        self._is_paused = True
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._inner is not None:
            self._inner.resume_writing()
        if self._source is not None:
            self._source.go_on()
        elif self._state is State.READY and self._buffer:
            self._begin_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, inner, self._inner = None, self._inner, None
        self._door.remove(self, inner)
        if inner is not None:
            inner.connection_lost(exc)
        if self._source is not None:
            self._source.leave()
            self._source = None

    # What the door asks and tells us.

    @property
    def is_under_way(self) -> bool:
        """Whether a hot request is."""
        return self._transport is not None and self._state in (State.BODY, State.ANSWERING)

    def stop(self) -> None:
        """Close if nothing is under way. From now on, an answer says that it is the last."""
        if self._state is State.READY:
            self.close()

    def is_answered(self, *, keep_alive: bool) -> None:
        """aiohttp has written its answer to a lent request."""
        if self._state is State.LENT and self._to_pass == 0 and keep_alive:
            self._rest()
        elif self._state is State.LENT:
            self._give()

    def come_in(self) -> None:
        """There is an application now: what was to be passed on, is."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.resume_reading()
        data, self._buffer = self._buffer, b""
        self._pass_on(data)

    # Reading.

    def _begin(self, data: bytes) -> None:
        read = head.read(data)
        if read is None:
            self._give()
            self._pass_on(data)
            return
        found = self._door.route_of(read) if read.is_plain and read.length <= BODY_LIMIT else None
        if found is None:
            self._lend(read.size + read.length)
            self._pass_on(data)
            return
        if self._inner is not None:
            self._inner.keep_alive(False)  # or its timer would end a connection that is idle for it, but not for us
        self._head, (self._route, self._query), self._buffer = read, found, data
        self._state = State.BODY
        self._go_on_if_whole()
        if self._state is State.BODY:
            self.expires_at = self._door.time() + BODY_SECONDS

    def _go_on_if_whole(self) -> None:
        read = self._head
        assert read is not None
        end = read.size + read.length
        if len(self._buffer) < end:
            return
        body, self._buffer = self._buffer[read.size : end], self._buffer[end:]
        self._state, self.expires_at = State.ANSWERING, None
        self._task = self._door.loop.create_task(self._answer(read, body))

    def _begin_waiting(self) -> None:
        """The request that came while another was answered."""
        data, self._buffer = self._buffer, b""
        if len(data) > BUFFER_LIMIT and self._transport is not None:
            self._transport.resume_reading()
        self._begin(data)

    # Answering.

    async def _answer(self, read: Head, body: bytes) -> None:
        assert self._route is not None
        call = Call(query=self._query, headers=read.fields, body=body, peer=self._peer)
        answer = await self._door.answer(self._route, call)
        self._task = None
        self._send(answer, keep_alive=read.keep_alive and not self._door.is_stopping)

    def _send(self, answer: Answer, *, keep_alive: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            if answer.source is not None:
                answer.source.leave()
            return
        transport.write(encode(answer, also=self._door.headers, date=self._door.date(), keep_alive=keep_alive))
        if answer.source is not None:
            self._state, self._source, self._buffer = State.STREAMING, answer.source, b""
            self._source.begin(self)
        elif not keep_alive:
            transport.close()
        else:
            self._rest()
            if self._buffer and not self._is_paused:
                self._begin_waiting()

    def _rest(self) -> None:
        self._state, self._head, self._route = State.READY, None, None
        self.expires_at = self._door.time() + IDLE_SECONDS

    # aiohttp's part.

    def _lend(self, size: int) -> None:
        self._state, self._to_pass, self.expires_at = State.LENT, size, None

    def _give(self) -> None:
        self._state, self.expires_at = State.GIVEN, None

    def _pass_on(self, data: bytes) -> None:
        if self._inner is None:
            assert self._transport is not None
            self._inner = self._door.lend(self)
            if self._inner is None:
                self._buffer = data
                self._transport.pause_reading()
                return
            self._inner.connection_made(self._transport)
            if self._is_paused:
                self._inner.pause_writing()
        self._to_pass -= len(data)
        if self._to_pass < 0:
            self._give()
        self._inner.data_received(data)

    # The outlet of an answer without end.

    @property
    def is_full(self) -> bool:
        return self._is_paused

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
