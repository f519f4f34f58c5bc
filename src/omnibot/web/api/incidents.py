"""`/incidents`: what many customers ask at once, and one answer for all of them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.language import Language
from omnibot.domain.surge.incident import Incident, State
from omnibot.flow.desk import Desk
from omnibot.flow.surge import decide_incident
from omnibot.flow.surge.decide_incident import NotPossible
from omnibot.problem import Problem
from omnibot.store import incidents
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, cut, required
from omnibot.web.api.view import Cursor, Id, Limit, ShortText, Text

# The keys are languages, said as a pattern: an enum as a key is left out of the description.
Tag = Annotated[str, Meta(pattern=rf"^({'|'.join(Language)})$(?!\n)")]
Texts = Annotated[dict[Tag, Text], Meta(min_length=1)]


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    state: State | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class Confirming(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`texts`: the answer by language; a customer without one gets the nearest. `also`: proposals that are the same matter."""

    title: ShortText
    texts: Texts
    also: Annotated[list[Id], Meta(max_length=20)] = []


class Telling(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    texts: Texts


class Member(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    conversation_id: Id


class IncidentView(Struct, frozen=True, kw_only=True):
    """`title` is empty until somebody has confirmed it. `attached`: how many conversations."""

    id: int
    state: State
    title: str
    proposed_at: datetime
    decided_at: datetime | None
    closed_at: datetime | None
    news: int
    attached: int


class Joining(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`other`: a proposal."""

    other: Id


class IncidentPage(Struct, frozen=True):
    items: list[IncidentView]
    next_cursor: str | None


class NewsView(Struct, frozen=True, kw_only=True):
    n: int
    texts: dict[str, str]
    by: str
    at: datetime


class MemberView(Struct, frozen=True, kw_only=True):
    """`told`: the number of the newest text that the customer was told; 0: none."""

    conversation_id: int
    contact_id: int
    question: str
    language: str
    state: str
    told: int


class IncidentDetail(Struct, frozen=True, kw_only=True):
    incident: IncidentView
    news: list[NewsView]
    members: list[MemberView]


class Incidents:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", "/incidents", Role.AGENT, self.browse, "What many customers ask at once, the newest first"),
            Endpoint(
                "GET",
                "/incidents/{id}",
                Role.AGENT,
                self.get,
                "An incident with its texts and the questions that belong to it",
            ),
            act(
                "/incidents/{id}/confirm",
                Role.AGENT,
                self.confirm,
                "It is one: everybody who asked or asks gets this answer",
            ),
            act("/incidents/{id}/join", Role.AGENT, self.join, "That proposal has the same cause"),
            act("/incidents/{id}/news", Role.AGENT, self.tell, "How it goes on, for everybody attached"),
            act(
                "/incidents/{id}/close",
                Role.AGENT,
                self.close,
                "It is over: everybody attached is told, and asked whether all is well",
            ),
            act("/incidents/{id}/dismiss", Role.AGENT, self.dismiss, "These questions have no common cause"),
            act("/incidents/{id}/attach", Role.AGENT, self.attach, "This conversation, too"),
            act("/incidents/{id}/detach", Role.AGENT, self.detach, "This conversation is about something else"),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> IncidentPage:
        query = call.query
        states = [query.state] if query.state is not None else list(State)
        before = int(query.cursor) if query.cursor is not None else None
        listing = partial(incidents.listing, states=states, before=before, limit=query.limit + 1)
        found = await self._desk.store.read(listing)
        shown, more = cut(found, query.limit, lambda one: one[0].id)
        return IncidentPage([_view(one, attached) for one, attached in shown], more)

    async def get(self, call: Call[Nothing, Nothing]) -> IncidentDetail:
        return await self._show(call.id())

    async def confirm(self, call: Call[Confirming, Nothing]) -> IncidentDetail:
        body = call.body
        confirming = partial(
            decide_incident.confirm, agent=call.user, title=body.title, texts=body.texts, also=body.also
        )
        return await self._decide(call, confirming)

    async def join(self, call: Call[Joining, Nothing]) -> IncidentDetail:
        return await self._decide(call, partial(decide_incident.join, agent=call.user, other=call.body.other))

    async def tell(self, call: Call[Telling, Nothing]) -> IncidentDetail:
        return await self._decide(call, partial(decide_incident.tell, agent=call.user, texts=call.body.texts))

    async def close(self, call: Call[Telling, Nothing]) -> IncidentDetail:
        return await self._decide(call, partial(decide_incident.close, agent=call.user, texts=call.body.texts))

    async def dismiss(self, call: Call[Nothing, Nothing]) -> IncidentDetail:
        return await self._decide(call, partial(decide_incident.dismiss, agent=call.user))

    async def attach(self, call: Call[Member, Nothing]) -> IncidentDetail:
        return await self._decide(call, partial(decide_incident.attach, conversation_id=call.body.conversation_id))

    async def detach(self, call: Call[Member, Nothing]) -> IncidentDetail:
        detaching = partial(decide_incident.detach, conversation_id=call.body.conversation_id)
        return await self._decide(call, lambda tx, id, now: detaching(tx, id=id))

    async def _decide(self, call: Call[Any, Nothing], deciding: Callable[..., Incident | None]) -> IncidentDetail:
        id, now = call.id(), self._clock.now()

        def body(tx: Connection) -> Incident | None:
            return deciding(tx, id=id, now=now)

        try:
            decided = await self._desk.store.run(body)
        except NotPossible as why:
            raise Problem(409, str(why)) from None
        if decided is None:
            raise Problem(404, "there is no such incident, or no such conversation in it")
        return await self._show(id)

    async def _show(self, id: int) -> IncidentDetail:
        return required(await self._desk.store.read(partial(_detail, id=id)), "incident")


def _detail(tx: Connection, id: int) -> IncidentDetail | None:
    found = incidents.get(tx, id)
    if found is None:
        return None
    members = incidents.members(tx, id)
    return IncidentDetail(
        incident=_view(found, sum(one.state.value == "attached" for one in members)),
        news=[NewsView(n=one.n, texts=dict(one.texts), by=one.by_name, at=one.at) for one in incidents.news(tx, id)],
        members=[
            MemberView(
                conversation_id=one.conversation_id,
                contact_id=one.contact_id,
                question=one.text,
                language=one.language.value,
                state=one.state.value,
                told=one.told,
            )
            for one in members
        ],
    )


def _view(found: Incident, attached: int) -> IncidentView:
    return IncidentView(
        id=found.id,
        state=found.state,
        title=found.title,
        proposed_at=found.proposed_at,
        decided_at=found.decided_at,
        closed_at=found.closed_at,
        news=found.news,
        attached=attached,
    )
