"""One connection to a platform: a call at a time, each after the answer to the one before."""

import asyncio
from typing import cast

from omnibot.json_calls.answer import Answer, Malformed, Reader
from omnibot.json_calls.errors import NotSent, TooLate, Unanswered


class Connection(asyncio.Protocol):
    """Made by a `Caller`, which keeps it while `is_free`."""

    __slots__ = ("_answer", "_limit", "_loop", "_reader", "_transport", "used_at")

    def __init__(self, *, limit: int) -> None:
        """`limit` is the largest answer, in bytes."""
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None  # None: it is closed, or not to be used any more
        self._reader: Reader | None = None  # of the answer that is awaited
        self._answer: asyncio.Future[Answer] | None = None
        self.used_at = self._loop.time()  # when the last answer came

    @property
    def is_free(self) -> bool:
        """Whether it can take a call."""
        return self._transport is not None and self._answer is None and not self._transport.is_closing()

    async def call(self, request: bytes, *, until: float) -> Answer:
        """Send a whole request; the answer has until then, on the loop's clock. Raises CallFailed. Only where the answer is
        whole, and nothing has come behind it, can the connection be used again."""
        if self._transport is None or not self.is_free:
            raise NotSent("the connection was closed at once")
        self._reader, self._answer = Reader(self._limit), self._loop.create_future()
        timer = self._loop.call_at(until, self._give_up)
        try:
            self._transport.write(request)
            return await self._answer
        finally:
            timer.cancel()
            is_clean, self._reader, self._answer = self._reader.is_clean, None, None
            if is_clean:
                self.used_at = self._loop.time()
            else:
                self.close()

    def close(self) -> None:
        """At once: whatever is under way has no answer."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    # What the loop tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not say so

    def data_received(self, data: bytes) -> None:
        if self._reader is None or self._answer is None or self._answer.done():
            self.close()  # who speaks before being asked would be heard as the answer to the next call
            return
        try:
            answer = self._reader.feed(data)
        except Malformed as error:
            self._fail(Unanswered(str(error)))
        else:
            if answer is not None:
                self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._reader is None or self._answer is None or self._answer.done():
            return
        try:
            if exc is not None:
                raise Malformed("the connection broke")
            self._answer.set_result(self._reader.end())
        except Malformed as error:
            self._fail(Unanswered(str(error)))

    def _give_up(self) -> None:
        self._fail(TooLate("no answer in time"))

    def _fail(self, error: Unanswered) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
