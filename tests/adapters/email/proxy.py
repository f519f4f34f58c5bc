"""A TCP proxy between the adapter and the IMAP server that breaks lines where a test wants it."""

import asyncio
import socket
import struct
from contextlib import suppress


class Proxy:
    """Forwards to a port. Each connection uses up one plan: cut after so many bytes from the server, or say nothing any more."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self.port = 0
        self.cuts: list[int] = []  # after so many bytes from the server, the line is reset
        self.silences: list[int] = []  # after so many bytes, nothing more arrives and nothing is closed
        self.connections = 0
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        cut = self.cuts.pop(0) if self.cuts else None
        silence = self.silences.pop(0) if self.silences and cut is None else None
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._to)
        there = asyncio.create_task(_pump(reader, inner_writer, None))
        back = asyncio.create_task(_pump(inner_reader, writer, cut if cut is not None else silence))
        try:
            # A silent line is held until the adapter hangs up.
            await asyncio.wait([there] if silence is not None else [there, back], return_when=asyncio.FIRST_COMPLETED)
        finally:
            there.cancel()
            back.cancel()
            if cut is not None:
                held: socket.socket = writer.get_extra_info("socket")
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            inner_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> None:
    with suppress(ConnectionError):
        while limit is None or limit > 0:
            data = await reader.read(65_536 if limit is None else limit)
            if not data:
                return
            writer.write(data)
            await writer.drain()
            if limit is not None:
                limit -= len(data)
