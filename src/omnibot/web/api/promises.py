"""`/promises`: what is owed and by whom, why it is due then, and what people decide about it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.promise import Promise
from omnibot.doorbell import Changed
from omnibot.flow import owe
from omnibot.flow.desk import Desk
from omnibot.flow.owe import Decided, NotPossible
from omnibot.flow.say import announce
from omnibot.flow.word import spoken_number
from omnibot.problem import Problem
from omnibot.store import calendars, promises, tickets
from omnibot.store.promises import Listed
from omnibot.web.api import clocks
from omnibot.web.api.clocks import PromiseView
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, cut, required
from omnibot.web.api.view import Limit, ShortText

# With an offset, such as 2026-06-01T17:00:00+02:00.
Aware = Annotated[datetime, Meta(tz=True)]


# Microseconds and id of the last promise.
PlaceCursor = Annotated[str, Meta(pattern=r"^[0-9]{1,17}-[0-9]{1,15}$(?!\n)")]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_of(last: Promise) -> str:
    """From where the next page goes on."""
    at, id = promises.mark_of(last)
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{id}"


def read_cursor(text: str) -> tuple[datetime, int]:
    """Raises Problem."""
    micros, _, id = text.partition("-")
    try:
        return _EPOCH + timedelta(microseconds=int(micros)), int(id)
    except OverflowError:
        raise Problem(422, "cursor: not one of ours") from None


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`holder=me`: what you hold, or what is about your work."""

    state: Literal["open", "broken", "ended"] = "open"
    holder: Literal["me", "anybody"] = "anybody"
    limit: Limit = 50
    cursor: PlaceCursor | None = None


class ListedView(Struct, frozen=True, kw_only=True):
    promise: PromiseView
    ticket: str | None
    subject: str | None


class PromisePage(Struct, frozen=True):
    items: list[ListedView]
    next_cursor: str | None


class Said(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`text`: the words; the customer hears them again if the promise breaks."""

    due_at: Aware
    text: ShortText | None = None


class Moving(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The customer is told the new time; the reason stays with us."""

    due_at: Aware
    reason: ShortText


class Waiving(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    reason: ShortText


class PreviewView(Struct, frozen=True, kw_only=True):
    """`is_over`: planned anew it would be broken at once."""

    due_at: datetime
    due_at_then: datetime
    is_over: bool


Deciding = Callable[[Connection], Decided | NotPossible | None]


class Promises:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", "/promises", Role.AGENT, self.browse, "What is owed, the earliest first"),
            Endpoint(
                "GET", "/promises/{id}", Role.AGENT, self.get, "A promise, why it is due then and what happened to it"
            ),
            Endpoint(
                "POST",
                "/conversations/{id}/promises",
                Role.AGENT,
                self.vow,
                "Hold what you said to the customer as a promise",
                status=201,
                conflicts=True,
            ),
            act("/promises/{id}/keep", Role.AGENT, self.keep, "It was done"),
            act("/promises/{id}/waive", Role.AGENT, self.waive, "It is no longer owed, for a reason"),
            act("/promises/{id}/move", Role.AGENT, self.move, "Another time; the customer is told"),
            act(
                "/promises/{id}/acknowledge",
                Role.AGENT,
                self.acknowledge,
                "You take a broken one up; the escalation waits",
            ),
            Endpoint(
                "GET",
                "/promises/{id}/replan",
                Role.AGENT,
                self.preview,
                "When it would be due by the policy as it is now; nothing changes",
                conflicts=True,
            ),
            act("/promises/{id}/replan", Role.SUPERVISOR, self.replan, "Follow the policy as it is now"),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> PromisePage:
        query, now = call.query, self._clock.now()
        after = read_cursor(query.cursor) if query.cursor else None

        def look(tx: Connection) -> tuple[list[ListedView], str | None]:
            found = promises.listing(
                tx,
                is_open=query.state != "ended",
                is_broken=True if query.state == "broken" else None,
                agent_id=call.user.id if query.holder == "me" else None,
                limit=query.limit + 1,
                after=after,
            )
            shown, more = cut(found, query.limit, lambda one: cursor_of(one.promise))
            names = clocks.names(tx, [one.promise for one in shown])
            return [_listed(tx, one, names, now) for one in shown], more

        return PromisePage(*await self._desk.store.read(look))

    async def get(self, call: Call[Nothing, Nothing]) -> PromiseView:
        return await self._show(call.id())

    async def vow(self, call: Call[Said, Nothing]) -> PromiseView:
        body, now = call.body, self._clock.now()
        made = await self._desk.store.run(
            partial(
                owe.vow,
                desk=self._desk,
                conversation_id=call.id(),
                agent=call.user,
                text=body.text,
                due_at=body.due_at,
                now=now,
            ),
            lock=call.id(),
        )
        if made is None:
            raise Problem(404, "there is no such conversation")
        if isinstance(made, NotPossible):
            raise Problem(409, made.why)
        self._desk.doorbell.publish(Changed(call.id(), 0))
        return await self._show(made.id)

    async def keep(self, call: Call[Nothing, Nothing]) -> PromiseView:
        return await self._decide(call.id(), partial(owe.keep, **self._asked(call)))

    async def waive(self, call: Call[Waiving, Nothing]) -> PromiseView:
        return await self._decide(call.id(), partial(owe.waive, **self._asked(call), reason=call.body.reason))

    async def move(self, call: Call[Moving, Nothing]) -> PromiseView:
        body = call.body
        moving = partial(owe.move, **self._asked(call), due_at=body.due_at, reason=body.reason)
        return await self._decide(call.id(), moving)

    async def acknowledge(self, call: Call[Nothing, Nothing]) -> PromiseView:
        return await self._decide(call.id(), partial(owe.acknowledge, **self._asked(call)))

    async def preview(self, call: Call[Nothing, Nothing]) -> PreviewView:
        reading = partial(owe.preview, desk=self._desk, id=call.id(), now=self._clock.now())
        found = await self._desk.store.read(reading)
        if found is None:
            raise Problem(404, "there is no such promise")
        if isinstance(found, NotPossible):
            raise Problem(409, found.why)
        before, after = found
        return PreviewView(due_at=before.due_at, due_at_then=after.due_at, is_over=after.due_at <= self._clock.now())

    async def replan(self, call: Call[Nothing, Nothing]) -> PromiseView:
        return await self._decide(call.id(), partial(owe.replan, **self._asked(call)))

    def _asked(self, call: Call[Any, Nothing]) -> dict[str, Any]:
        return {"desk": self._desk, "id": call.id(), "agent": call.user, "now": self._clock.now()}

    async def _decide(self, id: int, body: Deciding) -> PromiseView:
        decided = await self._desk.store.run(body)
        if decided is None:
            raise Problem(404, "there is no such promise")
        if isinstance(decided, NotPossible):
            raise Problem(409, decided.why)
        if decided.conversation_id is not None:
            announce(self._desk, decided.conversation_id, list(decided.said))
        return await self._show(decided.promise.id)

    async def _show(self, id: int) -> PromiseView:
        now = self._clock.now()

        def look(tx: Connection) -> PromiseView | None:
            found = promises.get(tx, id)
            return clocks.views(tx, [found], now)[0] if found else None

        return required(await self._desk.store.read(look), "promise")


def _listed(tx: Connection, one: Listed, names: dict[int, User], now: datetime) -> ListedView:
    calendar = calendars.get(tx, one.promise.calendar)
    return ListedView(
        promise=clocks.view(one.promise, calendar, names, now),
        ticket=spoken_number(tickets.number_of(one.ticket)) if one.ticket else None,
        subject=one.subject,
    )
