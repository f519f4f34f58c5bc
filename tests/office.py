"""The whole of omnibot in this process, on a clock that stands still until it is moved, and the people who talk through it.

Visitors and agents speak real HTTP. What somebody is expected to hear is written as "author: words", and the words may
be a part of what was said: `await visitor.hears("bot: Did that help?")`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from aiohttp import web_app
from sqlalchemy import text
from sqlalchemy.engine import Connection

from omnibot import connections
from omnibot.app import Application
from omnibot.channel import Channel
from omnibot.connections import Connect
from omnibot.domain.access import Role, User
from omnibot.domain.candidate import Match
from omnibot.domain.language import Language
from omnibot.faq import entry
from omnibot.faq import index as indexes
from omnibot.faq.index import Index
from omnibot.flow.accept import Accepting
from omnibot.flow.receive import Receiver
from omnibot.settings import Settings
from omnibot.store import inbox, outbox, users
from omnibot.web.access import new_token
from omnibot.web.api import staff
from tests.servers import ROOT

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SAMPLE_FAQ = str(ROOT / "faq")
SECONDS = 60.0  # no condition takes longer on a machine that is slow, and busy with something else
SHORTEST_PAUSE, LONGEST_PAUSE = 0.003, 0.05  # seconds; twenty who look all the time would take all of it
Json = dict[str, Any]
UNPACED: Json = {"pace": 0}

_client_numbers = count(1)


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **parts: float) -> datetime:
        """`clock.advance(minutes=10)`; returns the new instant."""
        self._now += timedelta(**parts)
        return self._now


async def eventually(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Return as soon as the condition holds; fail after a deadline."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + SECONDS, SHORTEST_PAUSE
    while not await condition():
        assert loop.time() < deadline, f"still not after {SECONDS} s: {what}"
        await asyncio.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)


class Tab:
    """An open stream of a visitor."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self, kind: str) -> tuple[str | None, Json]:
        """Id and data of the next event of a kind; others are skipped."""
        async with asyncio.timeout(SECONDS):
            while True:
                fields = await self._read_event()
                if fields.get("event") == kind:
                    return fields.get("id"), json.loads(fields["data"])

    async def hears(self, *lines: str) -> str | None:
        """The next messages are these; returns the last one's event id."""
        id = None
        for line in lines:
            id, message = await self.next("message")
            check(message, line)
        return id

    async def read_rest(self) -> bytes:
        """Whatever comes until the server ends the stream."""
        return await self._response.content.read()

    def close(self) -> None:
        self._response.close()

    async def _read_event(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while line := (await self._response.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        # At its end a stream gives empty lines for ever, and never lets go of the loop.
        assert fields or not self._response.content.at_eof(), "the server has ended the stream"
        return fields


class Visitor:
    """A customer in a browser."""

    def __init__(self, office: "Office", session: Json) -> None:
        self._office = office
        self.session = session
        self.token: str = session["token"]
        self.conversation_id = int(session["conversation_id"])
        self.cursor: int = session["cursor"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def says(self, text: str, *, client_id: str | None = None) -> Json:
        """Returns what the widget gets: id and seq."""
        return await self._send({"text": text}, client_id)

    async def presses(self, label: str) -> Json:
        """The newest button with that label."""
        offered = [choice for line in await self.transcript() for choice in line.get("choices", [])]
        pressed = next(choice for choice in reversed(offered) if choice["label"] == label)
        return await self._send({"choice": pressed["id"]}, None)

    async def hears(self, *lines: str) -> list[Json]:
        """Exactly these lines have come since the last call; the visitor's own do not count."""
        await self._office.settled()
        heard = [line for line in await self.transcript(after=self.cursor) if line["author"] != "customer"]
        said = "\n".join(f"  {line['author']}: {line['text']}" for line in heard)
        assert len(heard) == len(lines), f"expected {len(lines)} lines, heard:\n{said}"
        for message, line in zip(heard, lines, strict=True):
            check(message, line)
        self.cursor = heard[-1]["seq"] if heard else self.cursor
        return heard

    async def hears_nothing(self) -> None:
        await self.hears()

    async def transcript(self, *, after: int = 0) -> list[Json]:
        answer = await self._office.call("GET", f"/webchat/v1/messages?after={after}", headers=self.headers)
        messages: list[Json] = answer["messages"]
        return messages

    async def tab(self, *, after: int | None = None, last_event_id: str | None = None) -> Tab:
        """A further browser tab; it starts where this visitor stands, unless told otherwise."""
        resume = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        start = self.cursor if after is None else after
        response = await self._office.http.get(
            f"/webchat/v1/stream?after={start}", headers=self.headers | resume, timeout=aiohttp.ClientTimeout(None)
        )
        assert response.status == 200, await response.text()
        return Tab(response)

    async def _send(self, words: Json, client_id: str | None) -> Json:
        body = {"client_id": client_id or f"c{next(_client_numbers)}", **words}
        return await self._office.call("POST", "/webchat/v1/messages", headers=self.headers, json=body, status=202)


class Agent:
    """A member of staff who works by the API."""

    def __init__(self, office: "Office", user: User, token: str) -> None:
        self._office = office
        self.id, self.name = user.id, user.name
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, *, status: int = 200) -> Json:
        return await self._office.call("GET", f"/api/v1{path}", headers=self.headers, status=status)

    async def post(self, path: str, body: Json | None = None, *, status: int = 200) -> Json:
        return await self._office.call("POST", f"/api/v1{path}", headers=self.headers, json=body, status=status)

    async def patch(self, path: str, body: Json, *, status: int = 200) -> Json:
        return await self._office.call("PATCH", f"/api/v1{path}", headers=self.headers, json=body, status=status)

    async def takes(self, visitor: Visitor, *, status: int = 200) -> Json:
        return await self.post(f"/conversations/{visitor.conversation_id}/take", status=status)

    async def replies(self, visitor: Visitor, text: str, *, status: int = 200, **more: Any) -> Json:
        return await self.post(
            f"/conversations/{visitor.conversation_id}/messages", {"text": text, **more}, status=status
        )

    async def notes(self, visitor: Visitor, text: str) -> Json:
        return await self.replies(visitor, text, internal=True)

    async def hands_back(self, visitor: Visitor, *, status: int = 200) -> Json:
        return await self.post(f"/conversations/{visitor.conversation_id}/hand-back", status=status)

    async def releases(self, visitor: Visitor, *, status: int = 200) -> Json:
        return await self.post(f"/conversations/{visitor.conversation_id}/release", status=status)

    async def closes(self, visitor: Visitor, *, status: int = 200) -> Json:
        return await self.post(f"/conversations/{visitor.conversation_id}/close", status=status)

    async def assigns(self, visitor: Visitor, colleague: "Agent", *, status: int = 200) -> Json:
        body = {"agent_id": colleague.id}
        return await self.post(f"/conversations/{visitor.conversation_id}/assign", body, status=status)

    async def opens_ticket(self, visitor: Visitor, subject: str, **more: Any) -> str:
        """Returns its number as people say it."""
        body = {"conversation_id": visitor.conversation_id, "subject": subject, **more}
        number: str = (await self.post("/tickets", body, status=201))["ticket"]["number"]
        return number

    async def resolves(self, number: str, text: str = "") -> Json:
        return await self.post(f"/tickets/{number}/resolve", {"text": text})

    async def sees(self, visitor: Visitor) -> Json:
        """The conversation with everything around it."""
        return await self.get(f"/conversations/{visitor.conversation_id}")


class BrokenMatcher:
    """A bot whose knowledge has gone wrong."""

    version = "broken"

    def match(self, *_: Any, **__: Any) -> Match:
        raise RuntimeError("the index is damaged")

    def entry(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("the index is damaged")


class Office:
    """One running application and its front door."""

    def __init__(self, application: Application, clock: ManualClock) -> None:
        self.application = application
        self.clock = clock
        self.http = aiohttp.ClientSession(f"http://127.0.0.1:{application.port}")
        self._awaited = 0  # events received in all, once those that tests wait for are attended to

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.application.port}"

    async def call(self, method: str, path: str, *, status: int = 200, **request: Any) -> Json:
        """The JSON of an answer with that status."""
        async with self.http.request(method, path, **request) as response:
            text = await response.text()
            assert response.status == status, f"{method} {path}: {response.status} {text}"
            return json.loads(text) if text else {}

    async def visitor(self, language: str = "en", *, token: str | None = None, **session: Any) -> Visitor:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"language": language, **session}
        opened = await self.call("POST", "/webchat/v1/session", json=body, headers=headers, status=201)
        return Visitor(self, opened)

    async def agent(self, name: str = "Ada", role: Role = Role.AGENT) -> Agent:
        token, now = new_token(), self.clock.now()
        email = f"{name.lower()}@example.com"

        def hire(tx: Connection) -> User:
            user = users.add(tx, email=email, name=name, role=role, password_hash=None, now=now)
            assert user is not None
            staff.create_token(tx, token, name=email, role=role, now=now)
            return user

        return Agent(self, await self.application.store.run(hire), token)

    async def settled(self) -> None:
        """Everything that came in has had its outcome."""
        try:
            await eventually(self._is_settled, "all that came in is received")
        except AssertionError as error:
            error.add_note(f"what waits: {await self.application.store.read(_waiting)}")
            raise

    async def _is_settled(self) -> bool:
        waiting, _ = await self.application.store.read(inbox.backlog)
        return waiting == 0

    async def all_sent(self) -> None:
        """Everything that is to be sent has been, or has failed."""

        async def is_all_sent() -> bool:
            waiting, _ = await self.application.store.read(outbox.backlog)
            return waiting == 0

        await eventually(is_all_sent, "all that goes out is sent")

    @asynccontextmanager
    async def attending(self) -> AsyncIterator[None]:
        """One event comes in; at the end it has been attended to, and whoever is told something alone has been told."""
        receiver = self.application.receiver
        self._awaited = max(self._awaited, receiver.received) + 1  # several may come at once: each waits for all
        yield

        async def is_done() -> bool:
            return receiver.received >= self._awaited

        await self.settled()
        await eventually(is_done, "it is attended to")

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """No receiver, as if its process had just been killed: what platforms bring meanwhile waits together for the sweep."""
        application = self.application
        receiver, accepting = application.receiver, application.accepting
        application.receiver = _Away()  # type: ignore[assignment]
        application.accepting = Accepting(application.desk, self.clock, receiver, application.deliverer, at_once=False)
        yield
        application.receiver, application.accepting = receiver, accepting
        self.clock.advance(seconds=3)  # the sweep finds them

    def break_the_bot(self) -> None:
        desk: Any = replace(self.application.desk, matcher=BrokenMatcher())  # type: ignore[arg-type]
        self.application.receiver = Receiver(desk, self.application.channels)

    def words(self, language: Language = Language.EN) -> Callable[..., str]:
        """What the bot says in a language."""
        return self.application.desk.texts.of(language)

    def answer(self, entry_id: str, language: Language = Language.EN) -> str:
        """What the FAQ has under that id."""
        entry = self.application.desk.matcher.entry(entry_id, language=language)
        assert entry is not None
        return entry.answer.strip()

    async def close(self) -> None:
        await self.http.close()
        await self.application.stop()
        # aiohttp remembers the last 1,024 handlers, and with them all of the application: 2 GB of hundreds that have ended.
        web_app._cached_build_middleware.cache_clear()


def settings(database_url: str, **sections: Any) -> Settings:
    """The defaults, any free port, and what a test changes of it: keys of a section, or a list of accounts."""
    raw: dict[str, Json] = {
        "server": {"port": 0},
        "database": {"url": database_url},
        "faq": {"path": SAMPLE_FAQ},
        "rating": {"enabled": False},  # what comes by itself is heard where a test is about it
    }
    for platform in {"telegram", "slack", "email"} & {*sections}:
        # The clock stands still, and a bucket that is empty would never fill.
        accounts = sections[platform]
        raw[platform] = UNPACED if isinstance(accounts, dict) else {}
        if not isinstance(accounts, dict):
            sections[platform] = [UNPACED | account for account in accounts]
    changed = {name: raw.get(name, {}) | keys if isinstance(keys, dict) else keys for name, keys in sections.items()}
    return msgspec.convert({**raw, **changed}, Settings)


def _waiting(tx: Connection) -> list[Json]:
    """Events without an outcome, for people who wonder why."""
    return [dict(row) for row in tx.execute(text("SELECT * FROM inbox WHERE outcome IS NULL")).mappings()]


Opener = Callable[..., Awaitable[Office]]  # what the fixture `open_office` gives


async def open_office(
    database_url: str,
    clock: ManualClock,
    channels: dict[str, Channel] | None = None,
    connect: Connect = connections.connect,
    **sections: Any,
) -> Office:
    chosen = settings(database_url, **sections)
    build = partial(
        Application, chosen, clock=clock, channels=channels, connect=connect, index=sample_index(chosen.faq.path)
    )
    application = await asyncio.to_thread(build)
    await application.start()
    return Office(application, clock)


def sample_index(path: str) -> Index | None:
    """The index of the sample FAQ, which no test changes; None for any other."""
    return _index(path) if path == SAMPLE_FAQ else None


@cache
def _index(path: str) -> Index:
    return indexes.make(entry.load(Path(path)))


def check(message: Json, line: str) -> None:
    """A message is what "author: words" says."""
    author, _, words = line.partition(": ")
    assert message["author"] == author, f"{message['author']} said: {message['text']}"
    assert words in message["text"], f"{author} said {message['text']!r}, not {words!r}"


class _Away:
    received = 0

    async def step(self, lanes: list[str], now: object) -> list[str]:
        return []
