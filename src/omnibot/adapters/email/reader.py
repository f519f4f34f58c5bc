"""Has mails read in a process of its own (`worker`), limited in memory and time: a mail that breaks the reader breaks only that.

The process is asked line by line in JSON, killed when it takes too long, and started again when it has died. It gets no secrets:
its environment is empty but for what Python needs.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import msgspec

from omnibot.adapters.email.reading import Mail
from omnibot.adapters.email.worker import Answer, Request

MEMORY = 768 * 1024 * 1024  # bytes of address space; a mail of the largest size takes half of it
SECONDS = 10.0  # for one mail; the slowest of the hostile ones in the tests takes two
_ANSWER = 64 * 1024 * 1024  # bytes of one answer
# A process is used for this many mails, so that what leaks in a parser does not grow for ever.
_MAILS = 1_000
_COMMAND = "import sys; from omnibot.adapters.email.worker import main; main(int(sys.argv[1]))"


class Broken(Exception):
    """The mail could not be read; `str` says why, for people."""


_decoder = msgspec.json.Decoder(Answer)
_encoder = msgspec.json.Encoder()


class Reader:
    """The limited process, seen from here. One mail at a time."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: Process | None = None
        self._lock = asyncio.Lock()
        self._mails = 0
        self.deaths = 0  # for the metrics

    async def read(self, path: Path, *, own: frozenset[str], authserv_id: str, is_cut: bool) -> Mail:
        """The mail in the file. Raises Broken."""
        request = Request(path=str(path), own=tuple(own), authserv_id=authserv_id, is_cut=is_cut)
        mail = (await self._ask(request)).mail
        if mail is None:
            raise Broken("the mail could not be read")
        return mail

    async def extract(self, path: Path, index: int, to: Path, *, inside: tuple[int, ...] = ()) -> None:
        """Write a part of the mail, or of one attached to it, to a file, decoded. Raises Broken."""
        await self._ask(Request(path=str(path), index=index, inside=inside, to=str(to)))

    async def close(self) -> None:
        async with self._lock:
            await self._stop()

    async def _ask(self, request: Request) -> Answer:
        async with self._lock:
            process = await self._started()
            try:
                raw = await asyncio.wait_for(_exchange(process, _encoder.encode(request)), self._seconds)
            except (TimeoutError, EOFError, OSError, ValueError) as error:
                self.deaths += 1
                await self._stop()
                is_late = isinstance(error, TimeoutError)
                raise Broken(
                    "it takes too long to read" if is_late else "it needs too much memory to be read"
                ) from None
            except asyncio.CancelledError:
                await self._stop()  # its answer would be taken for the next one's
                raise
        # A large answer takes a while to decode: not on the loop.
        answer = await asyncio.to_thread(_decoder.decode, raw)
        if answer.error:
            raise Broken(answer.error)
        return answer

    async def _started(self) -> Process:
        if self._process is not None and (self._process.returncode is not None or self._mails >= _MAILS):
            await self._stop()
        if self._process is None:
            self._mails = 0
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _COMMAND,
                str(self._memory),
                stdin=PIPE,
                stdout=PIPE,
                limit=_ANSWER,
                env=_environment(),
            )
        self._mails += 1
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _exchange(process: Process, request: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(request + b"\n")
    await process.stdin.drain()
    answer = await process.stdout.readline()
    if not answer.endswith(b"\n"):
        raise EOFError
    return answer


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "HOME") if name in os.environ}
    return {**kept, "PYTHONUTF8": "1"}
