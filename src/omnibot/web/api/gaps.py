"""`/faq/gaps`: what the bot should know and does not; and answers that colleagues call wrong."""

from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.knowledge import KnownEntry
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge import edit_knowledge, find_gaps
from omnibot.flow.knowledge.edit_knowledge import Editing
from omnibot.flow.knowledge.find_gaps import Finder, Gap
from omnibot.problem import Problem
from omnibot.store import faq_gaps, messages
from omnibot.store.faq_gaps import GapState
from omnibot.web.api import entry_view
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, required
from omnibot.web.api.entries import made_id
from omnibot.web.api.entry_view import EntryView, GapPage, GapView
from omnibot.web.api.view import Cursor, Id, Limit


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    state: Literal["open", "drafted", "dismissed"] = "open"
    limit: Limit = 50
    cursor: Cursor | None = None


class WrongAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of the bot's in a conversation."""

    conversation_id: Id
    seq: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class MarkedView(Struct, frozen=True, kw_only=True):
    """The entry that gave the answer."""

    entry_id: str


class Gaps:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock, finder: Finder) -> None:
        self._desk = desk
        self._clock = clock
        self._finder = finder

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                "GET",
                "/faq/gaps",
                Role.AGENT,
                self.browse,
                "What the bot could not answer in the last 30 days, in groups, the dearest first",
            ),
            Endpoint(
                "POST",
                "/faq/gaps/{id}/draft",
                Role.AGENT,
                self.draft,
                "Begin an entry from the questions and the best human answer",
                status=201,
                conflicts=True,
            ),
            Endpoint("POST", "/faq/gaps/{id}/dismiss", Role.AGENT, self.dismiss, "Nothing that the bot should know"),
            Endpoint(
                "POST",
                "/faq/wrong-answers",
                Role.AGENT,
                self.mark_wrong,
                "Say that an answer of the bot's was wrong",
                status=201,
            ),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> GapPage:
        query = call.query
        found = [gap for gap in (await self._finder.current()).gaps if gap.state.value == query.state]
        start = min(int(query.cursor or 0), 10**9)
        end = start + query.limit
        return GapPage([entry_view.gap(gap) for gap in found[start:end]], str(end) if len(found) > end else None)

    async def draft(self, call: Call[Nothing, Nothing]) -> EntryView:
        gap = await self._found(call.id())
        if gap.state is GapState.DRAFTED:
            raise Problem(409, "somebody has begun an entry for it", kind="urn:omnibot:drafted", entry_id=gap.entry_id)
        content = find_gaps.draft(gap)
        now, salt = self._clock.now(), f"gap {gap.id}"

        def begin(tx: Connection) -> KnownEntry | None:
            for id in (made_id(content.question), made_id(content.question, salt)):
                editing = Editing(id=id, by=call.user, now=now, in_files=self._desk.knowledge.in_files.get(id))
                begun = edit_knowledge.begin(tx, editing, content, gap_id=gap.id)
                if begun is not None:
                    faq_gaps.decide(tx, gap.id, GapState.DRAFTED, by=call.user.id, now=now, entry_id=begun.id)
                    return begun
            return None

        begun = await self._desk.store.run(begin)
        if begun is None:
            raise Problem(409, "there is an entry of that name already", kind="urn:omnibot:taken")
        return entry_view.entry(begun)

    async def dismiss(self, call: Call[Nothing, Nothing]) -> GapView:
        gap = await self._found(call.id())
        deciding = partial(faq_gaps.decide, id=gap.id, state=GapState.DISMISSED, by=call.user.id, now=self._clock.now())
        await self._desk.store.run(deciding)
        return entry_view.gap(await self._found(gap.id))

    async def mark_wrong(self, call: Call[WrongAnswer, Nothing]) -> MarkedView:
        body, now = call.body, self._clock.now()

        def mark(tx: Connection) -> str | None:
            why = messages.explanations(tx, body.conversation_id).get(body.seq)
            if why is None or why.decision != "answer" or not why.candidates:
                return None
            entry_id = why.candidates[0][0]
            faq_gaps.mark(tx, (body.conversation_id, body.seq), entry_id, by=call.user.id, now=now)
            return entry_id

        entry_id = await self._desk.store.run(mark)
        if entry_id is None:
            raise Problem(404, "there is no answer from the FAQ")
        return MarkedView(entry_id=entry_id)

    async def _found(self, id: int) -> Gap:
        return required(next((gap for gap in (await self._finder.current()).gaps if gap.id == id), None), "gap")
