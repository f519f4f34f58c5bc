"""`/faq/entries`: what the bot knows, from draft to live and back. Agents may draft, supervisors publish."""

import hashlib
import re
from collections.abc import Callable
from functools import partial
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.knowledge import Chosen, Content, EntryState, KnownEntry
from omnibot.domain.language import Language
from omnibot.doorbell import Changed
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge import edit_knowledge, find_entries
from omnibot.flow.knowledge.edit_knowledge import Edited, Editing, Overtaken, Result, Unfit
from omnibot.flow.knowledge.find_gaps import Finder
from omnibot.flow.knowledge.replay import replay
from omnibot.problem import Problem
from omnibot.store import faq_entries, users
from omnibot.web.api import entry_view
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, cut, required
from omnibot.web.api.entry_view import (
    ContentBody,
    EntryPage,
    EntryView,
    NewEntry,
    Note,
    ReplayView,
    VersionNumber,
    VersionPage,
)
from omnibot.web.api.view import Cursor, Limit

CHANGED = "urn:omnibot:changed"
KNOWLEDGE = 0  # instead of a conversation, in what open consoles are told

# Ids as pages are named by them: their UTF-8 in hexadecimal digits, for the files may call their entries anything.
PageMark = Annotated[str, Meta(max_length=400, pattern=r"^([0-9a-f]{2})+$(?!\n)")]


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`state` is a comma-separated list; `text` is looked for in everything an entry says; `due` shows only entries that
    somebody should look at: their review is due, or they end within seven days."""

    state: (
        Annotated[str, Meta(pattern=r"^(draft|review|live|retired)(,(draft|review|live|retired))*$(?!\n)")] | None
    ) = None
    language: entry_view.LanguageTag | UnsetType = UNSET  # not None: "null" is no language
    text: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    due: bool = False
    limit: Limit = 50
    cursor: PageMark | None = None


class VersionQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 50
    cursor: Cursor | None = None


class Seen(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`version` is the newest one that you have seen: if there is a newer one, 409 says whose it is."""

    version: VersionNumber | None = None


class RollBack(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`to` is the version to bring back; 0: what the files say."""

    to: VersionNumber
    note: Note = ""
    version: VersionNumber | None = None


class Backtest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The newest version against what customers get now; with `retire`, as if it were retired."""

    days: Annotated[int, Meta(ge=1, le=365)] = 30
    retire: bool = False


class Entries:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock, finder: Finder) -> None:
        self._desk = desk
        self._clock = clock
        self._finder = finder

    def endpoints(self) -> list[Endpoint]:
        one = "/faq/entries/{entry}"
        return [
            Endpoint("GET", "/faq/entries", Role.AGENT, self.browse, "What the bot knows or shall know, by id"),
            Endpoint(
                "POST", "/faq/entries", Role.AGENT, self.begin, "Begin an entry, as a draft", status=201, conflicts=True
            ),
            Endpoint("GET", one, Role.AGENT, self.get, "An entry, its newest version"),
            Endpoint("PATCH", one, Role.AGENT, self.change, "A new version, as a draft", conflicts=True),
            Endpoint("GET", one + "/versions", Role.AGENT, self.versions, "All versions, the newest first"),
            act(one + "/review", Role.AGENT, self.hand_in, "Hand a draft in for review"),
            act(one + "/publish", Role.SUPERVISOR, self.publish, "Customers get the newest version"),
            act(one + "/retire", Role.SUPERVISOR, self.retire, "Customers do not get it any more"),
            act(
                one + "/rollback",
                Role.SUPERVISOR,
                self.roll_back,
                "A new version with the content of an old one, for customers at once",
            ),
            Endpoint(
                "POST",
                one + "/backtest",
                Role.AGENT,
                self.backtest,
                "What the newest version would change for the questions of the last days",
            ),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> EntryPage:
        query, today = call.query, self._clock.now().date()
        chosen = Chosen(
            states=tuple(EntryState(name) for name in query.state.split(",")) if query.state else (),
            language=Language(query.language) if query.language is not UNSET else None,
            text=query.text or None,
            due_on=today if query.due else None,
        )
        after = bytes.fromhex(query.cursor or "").decode(errors="replace").replace("\0", "")
        found = await self._desk.store.read(
            partial(
                find_entries.page, knowledge=self._desk.knowledge, chosen=chosen, after=after, limit=query.limit + 1
            )
        )
        shown, more = cut(found, query.limit, lambda one: one.id.encode().hex())
        quality = (await self._finder.current()).quality
        return EntryPage([entry_view.entry(one, quality.get(one.id)) for one in shown], more)

    async def begin(self, call: Call[NewEntry, Nothing]) -> EntryView:
        body = call.body
        content = entry_view.content(body, Content(wordings={}))
        ids = (
            [body.id]
            if body.id
            else [made_id(content.question), made_id(content.question, self._clock.now().isoformat())]
        )
        for id in ids:
            editing = self._editing(id, call.user)
            begun = await self._desk.store.run(
                partial(edit_knowledge.begin, editing=editing, content=content, note=body.note)
            )
            if begun is not None:
                return await self._tell(begun)
        raise Problem(409, f"there is an entry {ids[0]} already", kind="urn:omnibot:taken")

    async def get(self, call: Call[Nothing, Nothing]) -> EntryView:
        found = await self._found(call.path["entry"])
        return entry_view.entry(found, (await self._finder.current()).quality.get(found.id))

    async def change(self, call: Call[ContentBody, Nothing]) -> EntryView:
        body = call.body
        if body.owner_id is not UNSET and body.owner_id is not None:
            await self._require_colleague(body.owner_id)

        def change(tx: Connection) -> Result:
            editing = self._editing(call.path["entry"], call.user, seen=body.version)
            entry = find_entries.one(tx, self._desk.knowledge, editing.id)
            if entry is None:
                return None
            result = edit_knowledge.change(tx, editing, entry_view.content(body, entry.content), note=body.note)
            if isinstance(result, Edited) and body.owner_id is not UNSET:
                result = edit_knowledge.own(tx, self._editing(editing.id, call.user), body.owner_id)
            return result

        return await self._act(call.path["entry"], change)

    async def versions(self, call: Call[Nothing, VersionQuery]) -> VersionPage:
        id, query = call.path["entry"], call.query
        await self._found(id)
        before = int(query.cursor) if query.cursor else None
        found = await self._desk.store.read(
            partial(
                faq_entries.versions, id=id, before=min(before, 2**31 - 1) if before else None, limit=query.limit + 1
            )
        )
        shown, more = cut(found, query.limit, lambda one: one.n)
        return VersionPage([entry_view.version(one) for one in shown], more)

    async def hand_in(self, call: Call[Seen, Nothing]) -> EntryView:
        return await self._step(call, edit_knowledge.hand_in)

    async def publish(self, call: Call[Seen, Nothing]) -> EntryView:
        return await self._step(call, edit_knowledge.publish)

    async def retire(self, call: Call[Seen, Nothing]) -> EntryView:
        return await self._step(call, edit_knowledge.retire)

    async def roll_back(self, call: Call[RollBack, Nothing]) -> EntryView:
        editing = self._editing(call.path["entry"], call.user, seen=call.body.version)
        return await self._act(
            editing.id, partial(edit_knowledge.roll_back, editing=editing, to=call.body.to, note=call.body.note)
        )

    async def backtest(self, call: Call[Backtest, Nothing]) -> ReplayView:
        found = await self._found(call.path["entry"])
        content = None if call.body.retire else found.content
        done = await replay(self._desk, found.id, content, self._clock.now(), days=call.body.days)
        return entry_view.replay(done, found.newest)

    async def _step(self, call: Call[Seen, Nothing], step: Callable[[Connection, Editing], Result]) -> EntryView:
        editing = self._editing(call.path["entry"], call.user, seen=call.body.version)
        return await self._act(editing.id, lambda tx: step(tx, editing))

    async def _act(self, id: str, body: Callable[[Connection], Result]) -> EntryView:
        if "\0" in id:
            raise Problem(404, "there is no such entry")
        result = await self._desk.store.run(body)
        match result:
            case None:
                raise Problem(404, "there is no such entry")
            case Overtaken(newest=newest):
                raise Problem(
                    409,
                    f"{newest.author_name} has changed this entry meanwhile; nothing was saved",
                    kind=CHANGED,
                    author=newest.author_name,
                    version=newest.n,
                    at=newest.at,
                )
            case Unfit(why=why):
                raise Problem(409, why, kind="urn:omnibot:unfit")
            case Edited(entry=entry):
                return await self._tell(entry)

    async def _tell(self, entry: KnownEntry) -> EntryView:
        """This process at once, the others with their next look; open consoles draw themselves anew."""
        await self._desk.knowledge.refresh()
        self._desk.doorbell.publish(Changed(KNOWLEDGE, 0))
        found = await self._found(entry.id)
        return entry_view.entry(found, (await self._finder.current()).quality.get(found.id))

    async def _found(self, id: str) -> KnownEntry:
        reading = partial(find_entries.one, knowledge=self._desk.knowledge, id=id)
        return required(None if "\0" in id else await self._desk.store.read(reading), "entry")

    async def _require_colleague(self, id: int) -> None:
        if await self._desk.store.read(partial(users.get, id=id)) is None:
            raise Problem(422, "there is no such agent")

    def _editing(self, id: str, by: User, *, seen: int | None = None) -> Editing:
        in_files = self._desk.knowledge.in_files.get(id)
        return Editing(id=id, by=by, now=self._clock.now(), seen=seen, in_files=in_files)


def made_id(question: str, salt: str = "") -> str:
    """An id that tells what an entry is about: the question's words, or a number where it has no Latin letters."""
    words = re.findall(r"[a-z0-9]+", question.lower())
    name = "-".join(words)[:40].strip("-")
    mark = hashlib.sha256((question + salt).encode()).hexdigest()[:6]
    if len(name) < 3:
        return f"entry-{mark}"
    return f"{name}-{mark}" if salt else name
