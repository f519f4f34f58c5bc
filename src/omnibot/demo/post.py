"""An SMTP server on loopback that hands over what it takes (RFC 5321: EHLO, AUTH PLAIN, MAIL, RCPT, DATA, RSET, NOOP, QUIT)."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import suppress

from omnibot.demo.mailbox import PASSWORD, USER

_LOGIN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
_LINE = 2**20  # bytes; asyncio's own limit is below what some mails have


class DemoPost:
    """Takes every mail, for anybody."""

    def __init__(self, take: Callable[[str, bytes], None]) -> None:
        """`take` gets the recipient's address and the mail."""
        self._take = take
        self.port = 0
        self.answers: list[bytes] = []  # to the next recipients, in the place of 250
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LINE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
                await self._converse(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        is_known = False
        writer.write(b"220 demo ESMTP\r\n")
        while line := (await reader.readline()).strip():
            name = line.upper()
            match name.split(b" ")[0].split(b":")[0]:
                case b"EHLO" | b"HELO":
                    answer = b"250-demo\r\n250-8BITMIME\r\n250 AUTH PLAIN"
                case b"AUTH":
                    is_known = line.split(b" ")[-1] == _LOGIN
                    answer = b"235 welcome" if is_known else b"535 wrong user or password"
                case b"MAIL" if not is_known:
                    answer = b"530 log in first"
                case b"MAIL" | b"RSET":
                    recipients, answer = [], b"250 OK"
                case b"RCPT" if self.answers:
                    answer = self.answers.pop(0)
                case b"RCPT":
                    recipients.append(line.partition(b":")[2].partition(b" ")[0].strip(b"<> ").decode())
                    answer = b"250 OK"
                case b"DATA" if recipients:
                    writer.write(b"354 go on\r\n")
                    mail = await _data(reader)
                    for recipient in recipients:
                        self._take(recipient, mail)
                    recipients, answer = [], b"250 taken"
                case b"NOOP":
                    answer = b"250 OK"
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    await writer.drain()
                    return
                case _:
                    answer = b"503 not now"
            writer.write(answer + b"\r\n")
            await writer.drain()


async def _data(reader: asyncio.StreamReader) -> bytes:
    """Up to the lonely dot, which is not part of it; a dot that was doubled is one again."""
    lines = []
    while (line := await reader.readuntil(b"\n")) != b".\r\n":
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    return b"".join(lines)
