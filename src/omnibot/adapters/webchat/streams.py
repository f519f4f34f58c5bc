"""Pushes a conversation to its open browsers, by server-sent events.

A stream knows how far its reader has come. New lines that follow on directly are written as they are announced; after
anything else (a gap, a slow reader, a lost announcement) it reads the database from there. One idle stream costs no more
than this object: a task exists only while something is read.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from omnibot.adapters.webchat import wire
from omnibot.domain.conversation import Standing
from omnibot.domain.message import Author, Message
from omnibot.doorbell import Changed, Doorbell, Spoken, Typing, Update, topic_of
from omnibot.exchange import Outlet
from omnibot.store import conversations, messages
from omnibot.store.transactions import Store, Unavailable

PING = b": ping\n\n"
PING_SECONDS = 25.0
# A process may die between committing a line and announcing it: this often we ask what the newest lines are.
LOOK_SECONDS = 5.0
LOOK_BATCH = 500  # conversations a query
BUFFER_LIMIT = 256 * 1024  # bytes a slow reader may be behind before the rest is read from the database again
PAGE = 100
STREAMS_PER_VISITOR = 5

TellStanding = Callable[[int], Awaitable[Standing | None]]


class Stream:
    """One open connection: the source of its answer."""

    __slots__ = (
        "_buffer",
        "_catching_up",
        "_is_behind",
        "_is_closed",
        "_outlet",
        "_status_is_old",
        "_streams",
        "conversation_id",
        "cursor",
        "looked_at",
        "stop_listening",
    )

    def __init__(self, streams: "Streams", conversation_id: int, cursor: int) -> None:
        self._streams = streams
        self.conversation_id = conversation_id
        self.cursor = cursor  # of the last line put into the buffer
        self.looked_at = 0  # the conversation's newest seq when we last looked whether something was missed
        self._buffer = b""
        self._is_behind = True
        self._status_is_old = True
        self._is_closed = False
        self._outlet: Outlet | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self.stop_listening: Callable[[], None] | None = None

    def begin(self, outlet: Outlet) -> None:
        self._outlet = outlet
        if self._is_closed:
            outlet.close()
        self._push()

    def go_on(self) -> None:
        self._push()

    def leave(self) -> None:
        self._is_closed = True
        self._streams.forget(self)

    def hear(self, update: Update) -> None:
        """An announcement from the doorbell."""
        match update:
            case Spoken(previous=previous, messages=lines):
                self._hear_lines(previous, lines)
            case Typing(by_customer=False, name=name):
                self._buffer += wire.typing_event(name)
            case Changed():
                self._is_behind = True
                self._status_is_old = True
            case Typing():
                return
        self._push()

    def _hear_lines(self, previous: int, lines: list[Message]) -> None:
        if self._is_behind or previous > self.cursor or len(self._buffer) > BUFFER_LIMIT:
            self._is_behind = True
        else:
            for line in lines:
                # Who has read the database is ahead of what is announced; without a gap, the rest follows on.
                if line.seq > self.cursor:
                    self._buffer += wire.message_event(line)
                    self.cursor = line.seq
        for line in lines:
            if line.author is not Author.CUSTOMER and line.author is not Author.BOT:
                self._status_is_old = True

    def ping(self) -> None:
        self._buffer = self._buffer or PING
        self._push()

    def catch_up(self) -> None:
        self._is_behind = True
        self._push()

    def close(self) -> None:
        """End the answer; the reader resumes from its cursor."""
        self._is_closed = True
        if self._outlet is not None:
            self._outlet.close()

    def _push(self) -> None:
        """Write what there is, or first read what is missing; a slow reader waits with both."""
        if self._outlet is None or self._is_closed or self._outlet.is_full or self._catching_up is not None:
            return
        if self._is_behind or self._status_is_old:
            self._catching_up = asyncio.create_task(self._catch_up())
        elif self._buffer:
            self._write()

    def _write(self) -> None:
        assert self._outlet is not None
        waiting, self._buffer = self._buffer, b""
        if waiting:
            self._outlet.write(waiting)

    async def _catch_up(self) -> None:
        assert self._outlet is not None
        try:
            while (self._is_behind or self._status_is_old) and not self._is_closed and not self._outlet.is_full:
                if self._is_behind:
                    await self._read_on(self._streams.store)
                if self._status_is_old:
                    await self._tell_status()
                if not self._is_closed:
                    self._write()
        except Unavailable:
            # An answer of our own now would land in the middle of the stream; it goes on when the database does.
            self._is_behind = self._status_is_old = True
            await asyncio.sleep(1)
        finally:
            self._catching_up = None
        self._push()

    async def _tell_status(self) -> None:
        self._status_is_old = False
        standing = await self._streams.tell_standing(self.conversation_id)
        if standing is None:
            self.close()
        else:
            self._buffer += wire.status_event(wire.of_standing(standing))

    async def _read_on(self, store: Store) -> None:
        self._is_behind = False
        read = partial(messages.after, conversation_id=self.conversation_id, seq=self.cursor, limit=PAGE)
        found = await store.read(read)
        for line in found:
            # An announcement may have been written while we read.
            if line.seq > self.cursor:
                self._buffer += wire.message_event(line)
                self.cursor = line.seq
        self._is_behind = self._is_behind or len(found) == PAGE


class Streams:
    """All open streams of this process."""

    def __init__(self, store: Store, doorbell: Doorbell, tell_standing: TellStanding) -> None:
        self.store = store
        self.tell_standing = tell_standing
        self._is_closed = False
        self._doorbell = doorbell
        self._open: dict[int, list[Stream]] = {}

    @property
    def count(self) -> int:
        return sum(map(len, self._open.values()))

    def open(self, conversation_id: int, cursor: int) -> Stream:
        """A stream for one more reader. The oldest of a visitor with too many is closed."""
        stream = Stream(self, conversation_id, cursor)
        if self._is_closed:
            stream.close()
        siblings = self._open.setdefault(conversation_id, [])
        if len(siblings) >= STREAMS_PER_VISITOR:
            siblings.pop(0).close()
        siblings.append(stream)
        stream.stop_listening = self._doorbell.listen(topic_of(conversation_id), stream.hear)
        return stream

    def forget(self, stream: Stream) -> None:
        """The reader has gone."""
        if stream.stop_listening:
            stream.stop_listening()
        siblings = self._open.get(stream.conversation_id, [])
        if stream in siblings:
            siblings.remove(stream)
        if not siblings:
            self._open.pop(stream.conversation_id, None)

    async def ping_forever(self) -> None:
        """Keep proxies from closing idle streams, and notice readers that are gone."""
        passed = 0.0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            passed += LOOK_SECONDS
            await self._look()
            is_time = passed >= PING_SECONDS
            passed = 0.0 if is_time else passed
            for stream in [stream for siblings in self._open.values() for stream in siblings]:
                if self._doorbell.is_degraded:
                    stream.catch_up()
                if is_time:
                    stream.ping()

    async def _look(self) -> None:
        """Find lines that were never announced to us."""
        ids = list(self._open)
        for start in range(0, len(ids), LOOK_BATCH):
            try:
                newest = await self.store.read(partial(conversations.last_seqs, ids=ids[start : start + LOOK_BATCH]))
            except Unavailable:
                return
            for id, seq in newest.items():
                for stream in self._open.get(id, ()):
                    if seq > max(stream.cursor, stream.looked_at):
                        stream.looked_at = seq
                        stream.catch_up()

    def close(self) -> None:
        """End all of them, and those that are still to come."""
        self._is_closed = True
        for siblings in tuple(self._open.values()):
            for stream in tuple(siblings):
                stream.close()
