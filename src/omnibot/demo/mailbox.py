"""A mailbox in memory, read over IMAP4rev1 with IDLE, on loopback.

It speaks what a mail program needs to fetch from one folder: LOGIN, SELECT, UID SEARCH, UID FETCH, UID STORE, IDLE. The adapter's
tests run against a complete server (pymap).
"""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

USER, PASSWORD = "demo", "demo"
_COMMAND = re.compile(rb"(\S+) (?:UID )?(\S+) ?(.*)", re.IGNORECASE)
_RANGE = re.compile(rb"(\d+)(?::(\d+|\*))?\Z")
_PART = re.compile(rb"<0\.(\d+)>")


@dataclass(slots=True)
class Kept:
    """A mail in the folder."""

    uid: int
    raw: bytes
    is_seen: bool = False


class DemoMailbox:
    """One account with one folder."""

    def __init__(self, *, first_id: int = 0) -> None:
        """`first_id` lies above all UIDs of an earlier mailbox, as UIDVALIDITY stays the same."""
        self.mails: list[Kept] = []
        self.port = 0
        self._next_uid = first_id + 1
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def put(self, raw: bytes) -> None:
        """A mail arrives."""
        async with self._news:
            self.mails.append(Kept(self._next_uid, raw))
            self._next_uid += 1
            self._news.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            writer.write(b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
            with suppress(ConnectionError):
                await self._converse(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_known = False
        while line := (await reader.readline()).rstrip(b"\r\n"):
            command = _COMMAND.match(line)
            if command is None:
                writer.write(b"* BAD what is that?\r\n")
                continue
            tag, name, rest = command[1], command[2].upper(), command[3]
            if name == b"LOGIN":
                is_known = [part.strip(b'"') for part in rest.split()] == [USER.encode(), PASSWORD.encode()]
            if not is_known and name not in (b"CAPABILITY", b"NOOP", b"LOGOUT"):
                writer.write(tag + b" NO [AUTHENTICATIONFAILED] wrong user or password\r\n")
                continue
            if name == b"IDLE":
                await self._idle(reader, writer)
            answer = self._answer(name, rest)
            writer.write(tag + b" BAD unknown command\r\n" if answer is None else answer + tag + b" OK done\r\n")
            await writer.drain()
            if name == b"LOGOUT":
                return

    def _answer(self, name: bytes, rest: bytes) -> bytes | None:
        """The untagged lines; None where the command is not known."""
        match name:
            case b"CAPABILITY":
                return b"* CAPABILITY IMAP4rev1 IDLE\r\n"
            case b"SELECT" | b"EXAMINE":
                state = b"* %d EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT %d]\r\n"
                return b"* FLAGS (\\Seen)\r\n" + state % (len(self.mails), self._next_uid)
            case b"SEARCH":
                return b"* SEARCH" + b"".join(b" %d" % mail.uid for mail in self._found(rest.split())) + b"\r\n"
            case b"FETCH":
                return b"".join(self._fetched(mail, rest) for mail in self._in(rest.split()[0]))
            case b"STORE":
                for mail in self._in(rest.split()[0]):
                    mail.is_seen |= b"\\Seen" in rest
                return b""
            case b"LOGIN" | b"NOOP" | b"IDLE":
                return b""
            case b"LOGOUT":
                return b"* BYE\r\n"
        return None

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tell of new mails until DONE."""
        writer.write(b"+ idling\r\n")
        done = asyncio.create_task(reader.readline())
        telling = asyncio.create_task(self._tell(writer))
        try:
            await done
        finally:
            telling.cancel()
            done.cancel()

    async def _tell(self, writer: asyncio.StreamWriter) -> None:
        known = len(self.mails)
        while True:
            async with self._news:
                await self._news.wait_for(lambda: len(self.mails) != known)  # noqa: B023 - asked before it changes
            known = len(self.mails)
            writer.write(b"* %d EXISTS\r\n" % known)

    def _found(self, criteria: Sequence[bytes]) -> list[Kept]:
        match criteria:
            case [b"UNSEEN"]:
                return [mail for mail in self.mails if not mail.is_seen]
            case [b"UID", numbers]:
                return self._in(numbers)
        return self.mails  # ALL; and SINCE, as all of them are of today

    def _in(self, numbers: bytes) -> list[Kept]:
        given = _RANGE.match(numbers)
        if given is None or not self.mails:
            return []
        last = self.mails[-1].uid
        low, high = int(given[1]), last if given[2] == b"*" else int(given[2] or given[1])
        low, high = min(low, high), max(low, high)  # `n:*` names the last mail even where n lies above it
        return [mail for mail in self.mails if low <= mail.uid <= high]

    def _fetched(self, mail: Kept, rest: bytes) -> bytes:
        part = _PART.search(rest)
        raw = mail.raw[: int(part[1])] if part else mail.raw
        number = self.mails.index(mail) + 1
        return b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (number, mail.uid, len(raw), raw)
