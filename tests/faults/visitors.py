"""The load of the fault runs: visitors who write, repeat what was not acknowledged, and keep reading, over real HTTP.

Like the widget, a visitor repeats a message under the same client_id until it is acknowledged, and resumes its stream
from the last line it saw. Everything that is sent, acknowledged or seen goes into the ledger.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import aiohttp

from tests.faults.ledger import Ledger, Sent

ANSWERED = (
    "How long is the warranty? ({})",
    "Delete my account ({})",
    "Do I have to pay if it breaks in the first year? ({})",
    "保修期多长？ ({})",
)
# Said in pieces without a pause. Where they wait together, as after a kill, they are one question.
PIECES = ("Hello", "How long", "is the warranty? ({})")
UNKNOWN = "Xylophone zebra quantum ({})"
PERSON = "Talk to a person"  # a command, so it carries its nonce in the client_id alone
REQUEST_SECONDS = aiohttp.ClientTimeout(total=8)
STREAM_SECONDS = aiohttp.ClientTimeout(total=None, connect=5, sock_read=60)
LOST = (aiohttp.ClientError, OSError, TimeoutError)


class Crowd:
    """`size` visitors at a time; one who has said everything is followed by a new one until the doors close."""

    def __init__(
        self,
        bases: Sequence[str],
        ledger: Ledger,
        *,
        size: int = 8,
        seed: int = 0,
        pause: float = 0.1,
        only_questions: bool = False,
    ) -> None:
        """`pause` is how long a visitor waits between messages on average, in seconds."""
        self.bases = list(bases)
        self.ledger = ledger
        self.statuses: Counter[int] = Counter()  # of all answers to messages
        self.openings: Counter[int] = Counter()  # and to visitors who come in
        self.visitors: list[Visitor] = []
        self._size = size
        self._random = random.Random(seed)
        self._pause = pause
        self._only_questions = only_questions
        self._is_open = True
        self._numbers = count(1)
        self._http: aiohttp.ClientSession | None = None
        self._slots: list[asyncio.Task[None]] = []

    @property
    def http(self) -> aiohttp.ClientSession:
        assert self._http is not None
        return self._http

    def base(self) -> str:
        """One of the doors, as a balancer would choose."""
        return self._random.choice(self.bases)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Crowd"]:
        """Visitors come and go; leaving the block closes the doors and waits until all that was begun is acknowledged."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=REQUEST_SECONDS) as self._http:
            self._slots = [asyncio.create_task(self._fill_slot()) for _ in range(self._size)]
            try:
                yield self
                await self.close_doors()
            finally:
                for slot in self._slots:
                    slot.cancel()
                for visitor in self.visitors:
                    visitor.stop_reading()
                await asyncio.gather(*self._slots, return_exceptions=True)
                await asyncio.gather(*(visitor.reading for visitor in self.visitors), return_exceptions=True)
                self.ledger.close()

    async def close_doors(self, *, seconds: float = 60) -> None:
        """No new visitors; returns when those inside have had everything acknowledged."""
        self._is_open = False
        async with asyncio.timeout(seconds):
            await asyncio.gather(*self._slots)

    async def admit(self) -> "Visitor":
        """One more visitor, who does as he is told."""
        visitor = Visitor(self, next(self._numbers), random.Random(self._random.random()))
        self.visitors.append(visitor)
        await visitor.enter()
        return visitor

    async def _fill_slot(self) -> None:
        while self._is_open:
            visitor = await self.admit()
            for words in visitor.plan(only_questions=self._only_questions):
                if not self._is_open:
                    break
                await asyncio.gather(*(visitor.say(piece, times) for piece, times in words))
                await asyncio.sleep(visitor.random.uniform(0, 2 * self._pause))


class Visitor:
    """One conversation."""

    def __init__(self, crowd: Crowd, number: int, random: random.Random) -> None:
        self.random = random
        self.conversation_id = 0
        self.seen: list[int] = []  # seqs, as the stream brought them
        self._crowd = crowd
        self._number = number
        self._token = ""
        self._said = count(1)
        self.reading = asyncio.create_task(asyncio.sleep(0))

    async def enter(self) -> None:
        while True:
            try:
                async with self._crowd.http.post(f"{self._crowd.base()}/webchat/v1/session", json={}) as answer:
                    self._crowd.openings[answer.status] += 1
                    if answer.status == 201:
                        opened = await answer.json()
                        break
                    assert answer.status in (429, 503), f"{answer.status}: {await answer.text()}"
            except LOST:
                pass
            await self._wait_a_little()
        self._token, self.conversation_id = opened["token"], int(opened["conversation_id"])
        self.reading = asyncio.create_task(self._read())

    def plan(self, *, only_questions: bool) -> list[list[tuple[str, int]]]:
        """What to say, and how many times at once; what stands together is said at once."""
        end = [] if only_questions else self.random.choice(([], [PERSON], [UNKNOWN]))
        after = [self.random.choice(ANSWERED) for _ in range(3 if end else 0)]
        words = [self.random.choice(ANSWERED) for _ in range(self.random.randint(2, 6))]
        plan = [[(text, self.random.choice((1, 1, 1, 2, 3)))] for text in (*words, *end, *after)]
        if not only_questions:
            plan.insert(self.random.randrange(len(plan)), [(piece, 1) for piece in PIECES])
        return plan

    async def say(self, words: str, times: int = 1) -> None:
        nonce = f"q{self._number:04d}{next(self._said):03d}{self.random.getrandbits(24):06x}"
        text = words.format(nonce)
        sent = Sent(nonce=nonce, conversation_id=self.conversation_id, text=text)
        await asyncio.gather(*(self._send(sent) for _ in range(times)))

    async def _send(self, sent: Sent) -> None:
        body = {"client_id": sent.nonce, "text": sent.text}
        while True:
            self._crowd.ledger.sends(sent)
            try:
                async with self._crowd.http.post(
                    f"{self._crowd.base()}/webchat/v1/messages", json=body, headers=self._authority()
                ) as answer:
                    self._crowd.statuses[answer.status] += 1
                    if answer.status < 300:
                        accepted = await answer.json()
                        self._crowd.ledger.acknowledged(sent, accepted["id"], accepted["seq"])
                        return
                    self._crowd.ledger.refused(sent, answer.status)
                    assert answer.status in (429, 503), f"{answer.status}: {await answer.text()}"
                    assert "Retry-After" in answer.headers
            except LOST:
                pass
            await self._wait_a_little()

    async def transcript(self) -> list[dict[str, Any]]:
        """All lines, asked for page by page."""
        lines: list[dict[str, Any]] = []
        while True:
            after = {"after": str(lines[-1]["seq"] if lines else 0)}
            async with self._crowd.http.get(
                f"{self._crowd.base()}/webchat/v1/messages", params=after, headers=self._authority()
            ) as answer:
                answer.raise_for_status()
                page = (await answer.json())["messages"]
            if not page:
                return lines
            lines += page

    def stop_reading(self) -> None:
        self.reading.cancel()

    async def _read(self) -> None:
        while True:
            with suppress(LOST):
                await self._read_one_stream()
            await self._wait_a_little()

    async def _read_one_stream(self) -> None:
        resume = {"Last-Event-ID": str(self.seen[-1])} if self.seen else {}
        async with self._crowd.http.get(
            f"{self._crowd.base()}/webchat/v1/stream", headers=self._authority() | resume, timeout=STREAM_SECONDS
        ) as stream:
            if stream.status != 200:
                return
            async for name, data in _events(stream.content):
                if name == "message":
                    line = json.loads(data)
                    self._crowd.ledger.seen(self.conversation_id, line)
                    self.seen.append(line["seq"])

    def _authority(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    async def _wait_a_little(self) -> None:
        await asyncio.sleep(self.random.uniform(0.05, 0.25))


async def _events(content: aiohttp.StreamReader) -> AsyncIterator[tuple[str, str]]:
    """Server-sent events; one that was cut off is dropped."""
    name, data = "message", ""
    async for raw in content:
        line = raw.decode().rstrip("\n")
        if not line:
            if data:
                yield name, data
            name, data = "message", ""
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = line.removeprefix("data: ")
