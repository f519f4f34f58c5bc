"""Servers on real sockets that answer as a test tells them."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Both loops that a server may run on: they differ in when a write leaves and how a broken connection is told."""
    with contextlib.suppress(ImportError):
        import uvloop

        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}


Reply = Callable[["Client"], Awaitable[None]]


@dataclass
class Client:
    """One connection, seen from the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *pieces: bytes) -> None:
        """Each piece in a packet of its own."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    def break_off(self) -> None:
        """As a machine that crashed."""
        self.writer.transport.abort()

    def say_goodbye(self) -> None:
        """Say no more, and wait until the other end has heard that."""
        self.writer.write_eof()

    async def hang_up(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@dataclass
class Server:
    """What it was asked, on how many connections, and how it replies."""

    port: int = 0
    connections: int = 0
    asked: list[bytes] = field(default_factory=list)  # each request as it came
    replies: list[Reply] = field(default_factory=list)  # the next ones; afterwards all is well
    gone: int = 0  # connections that have ended
    left: asyncio.Event = field(default_factory=asyncio.Event)  # one has

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        client = Client(reader, writer)
        with contextlib.suppress(OSError):
            while (request := await _request(reader)) is not None:
                self.asked.append(request)
                await (self.replies.pop(0) if self.replies else well)(client)
        self.gone += 1
        self.left.set()
        writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = next(int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
    return head + await reader.readexactly(length)


async def well(client: Client) -> None:
    await client.say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def says(*pieces: bytes) -> Reply:
    """A reply in these pieces."""

    async def reply(client: Client) -> None:
        await client.say(*pieces)

    return reply


def says_and_hangs_up(*pieces: bytes) -> Reply:
    async def reply(client: Client) -> None:
        await client.say(*pieces)
        await client.hang_up()

    return reply


async def is_silent(client: Client) -> None:
    """Hears the request, and never answers."""


async def breaks_off(client: Client) -> None:
    """Hears the request, may have done what it asks for, and is gone."""
    client.break_off()


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (of whatever a test asks for)
            await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def serving(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
        await until(lambda: server.gone == server.connections)  # a client that leaves none open leaves none here
    finally:
        listening.close()
