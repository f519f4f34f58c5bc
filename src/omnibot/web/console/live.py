"""Keeps open consoles current: says over server-sent events which conversations changed, who types and who looks on.

It carries hints only; the page then fetches what it shows. Bursts are gathered, at most four messages a second for a
browser. A stream ends with its session, and when the process stops.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from omnibot.domain.access import User
from omnibot.doorbell import CONSOLE, Changed, Spoken, Typing, Update
from omnibot.flow.desk import Desk
from omnibot.flow.note_reading import note_reading
from omnibot.problem import read_json
from omnibot.web.access import Access
from omnibot.web.console.recently import Recently
from omnibot.web.console.visit import Visit, Visits

GATHER_SECONDS = 0.25
PING_SECONDS = 25.0
SESSION_SECONDS = 5.0  # how soon a stream notices that its session has ended
PRESENT_FOR = timedelta(seconds=45)  # pages say every 20 s that they are still there
WRITING_FOR = timedelta(seconds=6)


class Here(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page tells of itself: the conversation it shows, how far, and whether its person writes."""

    conversation_id: int | None = None
    writing: bool = False
    seq: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0  # of the newest line that stands on the screen


class Person(msgspec.Struct, frozen=True):
    id: int
    name: str
    writing: bool


class Somebody(msgspec.Struct, frozen=True):
    conversation_id: int
    by_customer: bool
    user_id: int | None


class News(msgspec.Struct, omit_defaults=True):
    """One message to a browser."""

    changed: list[int] = []
    typing: list[Somebody] = []
    present: dict[int, list[Person]] = {}


_decode_here = msgspec.json.Decoder(Here)


class Stream:
    """One open browser."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self._changed: dict[int, None] = {}
        self._typing: dict[int, Somebody] = {}
        self._present: dict[int, list[Person]] = {}
        self.is_closing = False

    def miss(self, changed: list[int]) -> None:
        """What happened before it was opened."""
        if changed:
            self._changed.update(dict.fromkeys(changed))
            self._bell.set()

    def hear(self, update: Update) -> None:
        match update:
            case Spoken(conversation_id=id) | Changed(conversation_id=id):
                self._changed[id] = None
            case Typing(conversation_id=id, by_customer=by_customer, user_id=user_id):
                self._typing[id] = Somebody(id, by_customer, user_id)
        self._bell.set()

    def see(self, conversation_id: int, people: list[Person]) -> None:
        self._present[conversation_id] = people
        self._bell.set()

    def close(self) -> None:
        self.is_closing = True
        self._bell.set()

    async def wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return

    def take(self) -> News | None:
        """What was heard since the last time."""
        self._bell.clear()
        if not (self._changed or self._typing or self._present):
            return None
        news = News(changed=list(self._changed), typing=list(self._typing.values()), present=self._present)
        self._changed, self._typing, self._present = {}, {}, {}
        return news


class Presence:
    """Who looks at which conversation, in this process."""

    def __init__(self) -> None:
        self._by_user: dict[int, tuple[User, int, datetime, datetime | None]] = {}

    def note(self, user: User, here: Here, now: datetime) -> list[int]:
        """Remember it; returns the conversations whose company has changed."""
        before = self._by_user.pop(user.id, None)
        left = [before[1]] if before and before[1] != here.conversation_id else []
        if here.conversation_id is None:
            return left
        writing_until = now + WRITING_FOR if here.writing else None
        self._by_user[user.id] = (user, here.conversation_id, now + PRESENT_FOR, writing_until)
        return [*left, here.conversation_id]

    def at(self, conversation_id: int, now: datetime) -> list[Person]:
        return list(self._at(conversation_id, now))

    def _at(self, conversation_id: int, now: datetime) -> Iterator[Person]:
        for user, where, until, writing_until in self._by_user.values():
            if where == conversation_id and until > now:
                yield Person(user.id, user.name, writing_until is not None and writing_until > now)


class Live:
    """All open streams of this process."""

    def __init__(self, desk: Desk, access: Access, visits: Visits, recently: Recently) -> None:
        self._desk = desk
        self._access = access
        self._visits = visits
        self._recently = recently
        self._presence = Presence()
        self._open: set[Stream] = set()
        self._is_closed = False

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/console/live", self._visits.fragment(self.stream)),
            web.post("/console/presence", self._visits.fragment(self.note_presence)),
        ]

    def close(self) -> None:
        """End all of them, and those that are still to come: one whose session is being looked up is not open yet."""
        self._is_closed = True
        for stream in self._open:
            stream.close()

    async def stream(self, visit: Visit) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(visit.request)
        stream = Stream()
        if self._is_closed:
            stream.close()
        self._open.add(stream)
        # A browser that comes back by itself says what it heard last; one that opens, when its page was drawn.
        known = visit.request.headers.get("Last-Event-ID") or visit.request.query.get("since")
        stream.miss(self._recently.since(known) if known else [])
        stop = self._desk.doorbell.listen(CONSOLE, stream.hear)
        try:
            await self._write(stream, visit.request, response)
        except ConnectionError:
            pass  # the browser has left; it looks for itself when it is back
        finally:
            stop()
            self._open.discard(stream)
        return response

    async def note_presence(self, visit: Visit) -> web.Response:
        self._access.check_origin(visit.request)
        here = await read_json(visit.request, _decode_here)
        for conversation_id in self._presence.note(visit.user, here, visit.now):
            people = self._presence.at(conversation_id, visit.now)
            for stream in self._open:
                stream.see(conversation_id, people)
        if here.conversation_id is not None and here.seq:
            await note_reading(self._desk, here.conversation_id, here.seq, by_customer=False, now=visit.now)
        return web.Response(status=204)

    async def _write(self, stream: Stream, request: web.Request, response: web.StreamResponse) -> None:
        await response.write(b"retry: 2000\n: welcome\n\n")
        silent = 0.0
        while not stream.is_closing:
            await stream.wait(SESSION_SECONDS)
            if stream.is_closing:
                return
            if (news := stream.take()) is not None:
                mark = self._recently.mark.encode()
                await response.write(b"id: %s\ndata: %s\n\n" % (mark, msgspec.json.encode(news)))
                silent = 0.0
                await asyncio.sleep(GATHER_SECONDS)
                continue
            if await self._access.glance(request) is None:
                await response.write(b"event: signed-out\ndata: {}\n\n")
                return
            silent += SESSION_SECONDS
            if silent >= PING_SECONDS:
                await response.write(b": ping\n\n")
                silent = 0.0
