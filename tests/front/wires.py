"""A connection without a network: what is sent arrives in exactly the pieces it is given in, so that nothing depends on timing."""

import asyncio
from typing import Any


class Wire(asyncio.Transport):
    """The server's end. What it writes is kept in `written`."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_open = True
        self.is_reading_paused = False
        self.protocol = protocol
        self._waiting: list[bytes] = []
        protocol.connection_made(self)

    async def send(self, *pieces: bytes) -> None:
        """Each piece is one arrival; everybody has time to act on it."""
        for piece in pieces:
            self._waiting.append(piece)
            self._deliver()
            await settle()

    def lose(self) -> None:
        """The other end goes away."""
        if self.is_open:
            self.is_open = False
            self.protocol.connection_lost(None)

    def _deliver(self) -> None:
        while self._waiting and self.is_open and not self.is_reading_paused:
            self.protocol.data_received(self._waiting.pop(0))

    # asyncio.Transport

    def write(self, data: Any) -> None:
        if self.is_open:
            self.written += data

    def writelines(self, list_of_data: Any) -> None:
        for data in list_of_data:
            self.write(data)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return not self.is_open

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False
        asyncio.get_running_loop().call_soon(self._deliver)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 4711) if name == "peername" else default


async def settle() -> None:
    """Long enough for every task that waits for nothing but other tasks."""
    for _ in range(30):
        await asyncio.sleep(0)


def answers(written: bytes) -> list[tuple[int, bytes]]:
    """Status and body of each answer, in order; what is left over is the body of one that ends with the connection."""
    found = []
    while written:
        head, separator, rest = bytes(written).partition(b"\r\n\r\n")
        assert separator, written
        assert head.startswith(b"HTTP/"), written
        lengths = [line[16:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")]
        assert len(lengths) <= 1, head
        length = int(lengths[0]) if lengths else 0 if head[9:12] == b"204" else len(rest)
        status = int(head[9:12])
        # A parser's complaint quotes as much as it was shown.
        found.append((status, rest[:length] if status != 400 else b""))
        written = rest[length:]
    return found
