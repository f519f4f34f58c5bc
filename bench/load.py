"""A lean load generator: keep-alive HTTP/1.1 over bare asyncio protocols, so that the server is what is measured."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


class Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._done: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done and not self._done.done():
            self._done.set_exception(ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if len(rest) >= length and self._done and not self._done.done():
            self._buffer = rest[length:]
            self._done.set_result((int(head[9:12]), rest[:length]))

    def request(self, raw: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        assert self.transport is not None
        self._done = asyncio.get_running_loop().create_future()
        self.transport.write(raw)
        return self._done


class EventStream(asyncio.Protocol):
    """An open web chat stream: tells how far it has come, and resolves when it has passed a seq."""

    def __init__(self) -> None:
        self._rest = b""
        self.seq = 0
        self.seen = 0
        self._awaited: tuple[int, asyncio.Future[None]] | None = None

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        lines = data.split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line.startswith(b"id: "):
                self.seq = int(line[4:])
                self.seen += 1
        if self._awaited and self.seq >= self._awaited[0] and not self._awaited[1].done():
            self._awaited[1].set_result(None)

    def passed(self, seq: int) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.seq >= seq:
            done.set_result(None)
        else:
            self._awaited = (seq, done)
        return done


async def connect(port: int) -> Connection:
    _, protocol = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return protocol


async def open_stream(port: int, token: str) -> EventStream:
    transport, protocol = await asyncio.get_running_loop().create_connection(EventStream, "127.0.0.1", port)
    assert isinstance(transport, asyncio.Transport)
    transport.write(
        b"GET /webchat/v1/stream HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n" % token.encode()
    )
    return protocol


def post(path: str, body: dict[str, object], token: str | None = None) -> bytes:
    """A whole request as bytes."""
    payload = json.dumps(body).encode()
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\n{authorization}Content-Type: application/json\r\n"
    return f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload


@dataclass
class Run:
    """What one round gave."""

    done: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.done / self.seconds


async def drive(workers: list[Callable[[], Awaitable[None]]], seconds: float, *, warm_up: float = 0.5) -> Run:
    """Call each worker again and again; count what was done after the warm-up."""
    run = Run()
    started = time.perf_counter() + warm_up
    stops = started + seconds

    async def repeat(work: Callable[[], Awaitable[None]]) -> None:
        while (before := time.perf_counter()) < stops:
            await work()
            after = time.perf_counter()
            if started <= after <= stops:
                run.done += 1
                run.latencies.append(after - before)

    await asyncio.gather(*(repeat(work) for work in workers))
    run.seconds = seconds
    return run
