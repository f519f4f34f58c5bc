"""Runs transaction bodies. Whatever waits when a writer is free runs as one commit, which is what makes durability cheap.

A body is a synchronous function of an open transaction. It has no effect but on that transaction, because it may run
twice: when another body of its group raises, or when the database asks for a retry. Errors a caller sees:

    Unavailable     the database cannot take it now; nothing was written; try again later
    anything else   the body's own, after the others of its group were committed without it
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from omnibot.log import Log
from omnibot.store import database

T = TypeVar("T")
Body = Callable[[Connection], T]

log = Log(__name__)

GROUP_LIMIT = 512
# More than this many bodies in line means that the disk does not keep up: say so instead of growing.
WAITING_LIMIT = 20_000
TRIES = 5
# For `lock`, where it is no conversation's id. NOTHING: the body adds rows and locks none that is there already. ALONE: it locks
# several, in the order of their ids, or some other; a group must not hold anything while it waits for those.
NOTHING, ALONE = 0, -1

# PostgreSQL's own advice to repeat: serialization failure, deadlock, lock not available, shutdown and restart.
_REPEATABLE_STATES = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "25006"}
# Unique violation: another writer inserted the same key after this body had looked for it. It has to look again.
_LOST_RACE = "23505"


class Unavailable(Exception):
    """The database cannot take it now. Nothing was written."""

    retry_after = 2  # seconds


@dataclass(slots=True)
class _Job:
    body: Callable[[Connection], Any]
    lock: int
    done: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Store:
    """One database, opened. `run` writes, `read` reads; both may be awaited from one event loop only."""

    def __init__(self, url: str) -> None:
        """Bring the schema up to date and start the writers. Raises database.NewerSchema."""
        database.prepare(url)
        self.is_embedded = url.startswith("sqlite")
        self.writers = 1 if self.is_embedded else 3
        readers = 2 if self.is_embedded else 4
        self._write_engine = database.open_engine(url, connections=self.writers)
        self._read_engine = database.open_engine(url, reader=True, connections=readers)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-reader")
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()  # None: the writer that takes it ends
        self._own = threading.local()  # each reader's connection
        self._reading: list[Connection] = []
        self._closing = False
        self._threads = [
            threading.Thread(target=self._write_forever, name=f"store-writer-{n}", daemon=True)
            for n in range(self.writers)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, body: Body[T], *, lock: int = ALONE) -> T:
        """Run `body` in a transaction; returns after the commit. `lock` is the id of the one conversation that it locks, and
        before anything else: a group takes its locks in that order, so that two groups cannot wait for each other."""
        return await self.submit(body, lock=lock)

    def submit(self, body: Body[T], *, lock: int = ALONE) -> "asyncio.Future[T]":
        """`run` for callers that gather many: no task per body. Raises Unavailable at once when the line is too long."""
        if self._closing:
            raise Unavailable("the store is closed")
        if self._waiting.qsize() >= WAITING_LIMIT:
            raise Unavailable("too many writes are waiting")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put(_Job(body, lock, done))
        return done

    async def read(self, body: Body[T]) -> T:
        """Run `body` on a read-only connection of its own."""
        if self._closing:
            raise Unavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, body)

    def _read(self, body: Body[T]) -> T:
        while True:
            is_new, connection = self._reader()
            try:
                with connection.begin():
                    return body(connection)
            except (OperationalError, InterfaceError) as error:
                # A connection that broke while nobody used it says nothing about the database now.
                if is_new or not connection.invalidated:
                    raise Unavailable(_reason(error)) from error

    def _reader(self) -> tuple[bool, Connection]:
        """This thread's connection, and whether it was opened just now. Raises Unavailable."""
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None and not connection.closed and not connection.invalidated:
            return False, connection
        if connection is not None:
            self._reading.remove(connection)
            connection.close()
            self._own.connection = None
        try:
            connection = self._own.connection = self._read_engine.connect()
        except DBAPIError as error:
            raise Unavailable(_reason(error)) from error
        self._reading.append(connection)
        return True, connection

    async def close(self) -> None:
        """Finish what waits, then close."""
        self._closing = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._readers.shutdown()
        for connection in self._reading:
            connection.close()
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _write_forever(self) -> None:
        connection: Connection | None = None
        first = self._waiting.get()
        while first is not None:
            group, following = self._next_group(first)
            if connection is None or connection.closed or connection.invalidated:
                connection = self._connect(connection)
            self._run_group(connection, group)
            # One wake-up of the loop per group, not per body.
            group[0].done.get_loop().call_soon_threadsafe(_settle, group)
            first = following[0] if following else self._waiting.get()
        if connection is not None:
            connection.close()

    def _connect(self, broken: Connection | None) -> Connection | None:
        if broken is not None:
            broken.close()
        try:
            return self._write_engine.connect()
        except DBAPIError as error:
            log.warning("database_unreachable", reason=_reason(error))
            return None

    def _next_group(self, first: _Job) -> "tuple[list[_Job], list[_Job | None]]":
        """What waits behind `first` and may share its commit; and, if one was met, what comes after them."""
        group: list[_Job] = [first]
        following: list[_Job | None] = []
        if not self._may_share(first, first):
            return group, following
        while len(group) < GROUP_LIMIT and not following:
            try:
                job = self._waiting.get_nowait()
            except Empty:
                break
            if job is not None and self._may_share(first, job):
                group.append(job)
            else:
                following.append(job)
        if not self.is_embedded and len(group) > 1:
            group.sort(key=lambda job: job.lock)
        return group, following

    def _may_share(self, one: _Job, other: _Job) -> bool:
        return self.is_embedded or ALONE not in (one.lock, other.lock)

    def _run_group(self, connection: Connection | None, group: list[_Job]) -> None:
        if connection is None:
            for job in group:
                job.error = Unavailable("the database cannot be reached")
            return
        for attempt in range(1, TRIES + 1):
            has_begun = False
            try:
                with connection.begin():
                    has_begun = True
                    for job in group:
                        job.result = job.body(connection)
                return
            except Exception as error:  # the group is rolled back; below decides who is at fault
                if (_is_repeatable(error) or _has_lost_race(error)) and attempt < TRIES and not connection.invalidated:
                    time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 (jitter in the writer's own thread)
                elif len(group) > 1 and has_begun and not connection.invalidated:
                    for job in group:
                        self._run_group(connection, [job])
                    return
                else:
                    failure = Unavailable(_reason(error)) if _is_databases_fault(error) else error
                    for job in group:
                        job.error = failure
                    return


def _settle(group: list[_Job]) -> None:
    for job in group:
        if job.done.done():  # the caller gave up waiting; the commit stands
            continue
        if job.error is not None:
            job.done.set_exception(job.error)
        else:
            job.done.set_result(job.result)


def _is_repeatable(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _REPEATABLE_STATES


def _has_lost_race(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _LOST_RACE


def _is_databases_fault(error: BaseException) -> bool:
    return isinstance(error, OperationalError | InterfaceError) or _is_repeatable(error)


def _reason(error: BaseException) -> str:
    """The driver's words without the statement and its values: those may be a customer's."""
    original = getattr(error, "orig", None) or error
    return str(original).partition("\n")[0][:200]
