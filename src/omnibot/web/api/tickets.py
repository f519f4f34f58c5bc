"""`/tickets`: the list, one ticket with its time line and clocks, and what happens to it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Literal, assert_never

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain import ticket as domain
from omnibot.domain.access import Role, User
from omnibot.domain.message import Message
from omnibot.domain.ticket import Change, Priority, Refused, Ticket, TicketStatus
from omnibot.flow import change_ticket, find_owner, route_ticket
from omnibot.flow.dealers import ask_hq, hand_to_dealer
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.problem import Problem
from omnibot.store import (
    assignments,
    contacts,
    conversations,
    dealer_cases,
    dealers,
    promises,
    ratings,
    tickets,
    users,
)
from omnibot.web.api import clocks, rating_view, view
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, cut, required
from omnibot.web.api.view import Cursor, Id, Limit, ShortText, Text, TicketDetail, TicketView


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    status: (
        Annotated[
            str, Meta(pattern=r"^(new|open|pending|resolved|closed)(,(new|open|pending|resolved|closed))*$(?!\n)")
        ]
        | None
    ) = None
    search: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class TicketPage(Struct, frozen=True):
    items: list[TicketView]
    next_cursor: str | None


class NewTicket(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of `conversation_id` and `contact_id`."""

    subject: ShortText
    conversation_id: Id | None = None
    contact_id: Id | None = None
    category: ShortText | None = None
    priority: Priority = Priority.NORMAL
    description: Annotated[str, Meta(max_length=8_000, pattern=r"^[^\x00]*$")] = ""


class NewEvent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`comment` says something (to the customer if `visible`); `start`, `hold` and `close` change the state and tell
    the customer; `prioritise` takes the priority as text. What is on hold waits for the customer, or for `parts`."""

    kind: Literal["comment", "start", "hold", "close", "prioritise"]
    text: Annotated[str, Meta(max_length=8_000, pattern=r"^[^\x00]*$")] = ""
    visible: bool = False
    awaited: Literal["customer", "parts"] = "customer"


class Merging(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`into`: the number of the ticket that goes on."""

    into: ShortText


class Assigning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of `agent_id`, `dealer_id` and `team`. The owner of first contact stays."""

    agent_id: Id | None = None
    dealer_id: Id | None = None
    team: ShortText | None = None


class Remark(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    text: Annotated[str, Meta(max_length=8_000, pattern=r"^[^\x00]*$")] = ""


class Report(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    cause: Text
    solution: Text
    prevention: Text


class Tickets:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        one = "/tickets/{number}"
        return [
            Endpoint("GET", "/tickets", Role.AGENT, self.browse, "Tickets, the newest first"),
            Endpoint(
                "POST", "/tickets", Role.AGENT, self.open, "Open a ticket; the customer is told its number", status=201
            ),
            Endpoint("GET", one, Role.AGENT, self.get, "A ticket with its time line and clocks"),
            act(one + "/events", Role.AGENT, self.add_event, "Something happened to it"),
            act(one + "/assign", Role.AGENT, self.assign, "Give it to an agent, a dealer or a team"),
            act(one + "/resolve", Role.AGENT, self.resolve, "It is done; the customer is told and may object"),
            act(one + "/reopen", Role.AGENT, self.reopen, "It is not done after all"),
            act(one + "/merge", Role.AGENT, self.merge, "It is the same case as another one of the customer"),
            act(one + "/report", Role.AGENT, self.report, "Cause, solution and prevention, for the file"),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> TicketPage:
        query = call.query
        found = await self._desk.store.read(
            partial(
                tickets.listing,
                statuses=[TicketStatus(name) for name in query.status.split(",")] if query.status else (),
                search=query.search or None,
                limit=query.limit + 1,
                before=int(query.cursor) if query.cursor else None,
            )
        )
        shown, more = cut(found, query.limit, lambda one: one.id)
        return TicketPage([view.ticket(ticket) for ticket in shown], more)

    async def open(self, call: Call[NewTicket, Nothing]) -> TicketDetail:
        body, now = call.body, self._clock.now()
        if (body.conversation_id is None) == (body.contact_id is None):
            raise Problem(422, "name either conversation_id or contact_id")

        def opened(tx: Connection) -> tuple[Ticket, list[Message]]:
            contact_id = body.contact_id
            if body.conversation_id is not None:
                conversation = conversations.get(tx, body.conversation_id)
                contact_id = conversation.contact_id if conversation else None
            if contact_id is None or contacts.get(tx, contact_id) is None:
                raise Problem(404, "there is no such conversation or contact")
            opened, said = change_ticket.open_ticket(
                tx,
                self._desk,
                contact_id=contact_id,
                conversation_id=body.conversation_id,
                subject=body.subject,
                category=body.category,
                priority=body.priority,
                description=body.description,
                agent=call.user,
                now=now,
            )
            return opened, said + find_owner.route(tx, self._desk, opened, text=body.description, now=now)

        ticket, said = await self._desk.store.run(opened)
        return await self._told(ticket, said)

    async def get(self, call: Call[Nothing, Nothing]) -> TicketDetail:
        return await self._desk.store.read(partial(_detail, number=call.path["number"], now=self._clock.now()))

    async def add_event(self, call: Call[NewEvent, Nothing]) -> TicketDetail:
        return await self._change(call.path["number"], _change_of(call.body), call.user)

    async def assign(self, call: Call[Assigning, Nothing]) -> TicketDetail:
        body = call.body
        if sum(one is not None for one in (body.agent_id, body.dealer_id, body.team)) != 1:
            raise Problem(422, "name one of agent_id, dealer_id and team")
        if body.agent_id is None:
            return await self._pass_on(call.path["number"], body, call.user)
        agent = await self._desk.store.read(partial(users.get, id=body.agent_id))
        if agent is None:
            raise Problem(422, "there is no such agent")
        made = domain.Assigned(agent_id=agent.id, agent_name=agent.name)
        return await self._change(call.path["number"], made, call.user)

    async def _pass_on(self, number: str, body: Assigning, agent: User) -> TicketDetail:
        now, desk = self._clock.now(), self._desk
        if body.team is not None and desk.rules.team(body.team) is None:
            raise Problem(422, "there is no such team")

        def pass_on(tx: Connection) -> tuple[Ticket | Refused, list[Message]]:
            ticket = required(tickets.lock(tx, number), "ticket")
            dealer = dealers.get(tx, body.dealer_id) if body.dealer_id is not None else None
            if body.dealer_id is not None and dealer is None:
                raise Problem(422, "there is no such dealer")
            to = (dealer.id, dealer.name) if dealer else None
            choice = route_ticket.by_hand(desk, by=agent.name, team=body.team, dealer=to)
            return hand_to_dealer.pass_on(tx, desk, ticket, choice, agent=agent, now=now)

        passed, said = await desk.store.run(pass_on)
        if isinstance(passed, Refused):
            raise Problem(409, passed.why)
        return await self._told(passed, said)

    async def resolve(self, call: Call[Remark, Nothing]) -> TicketDetail:
        return await self._change(call.path["number"], domain.Resolved(text=call.body.text), call.user)

    async def reopen(self, call: Call[Remark, Nothing]) -> TicketDetail:
        return await self._change(call.path["number"], domain.Reopened(text=call.body.text), call.user)

    async def merge(self, call: Call[Merging, Nothing]) -> TicketDetail:
        return await self._changed(
            partial(
                change_ticket.merge,
                desk=self._desk,
                number=call.path["number"],
                into=call.body.into,
                agent=call.user,
                now=self._clock.now(),
            )
        )

    async def report(self, call: Call[Report, Nothing]) -> TicketDetail:
        body = call.body
        made = domain.Reported(cause=body.cause, solution=body.solution, prevention=body.prevention)
        return await self._change(call.path["number"], made, call.user)

    async def _change(self, number: str, made: Change, agent: User) -> TicketDetail:
        now = self._clock.now()

        def change(tx: Connection) -> tuple[Ticket | Refused | None, list[Message]]:
            changed, said = change_ticket.change(tx, self._desk, number, made, agent=agent, now=now)
            if isinstance(changed, Ticket):
                hand_to_dealer.settle(tx, self._desk, changed, made, now=now)
                if isinstance(made, domain.Commented) and not made.visible:
                    ask_hq.answer_under(tx, self._desk, changed, agent, made.text, now)
            return changed, said

        return await self._changed(change)

    async def _changed(
        self, body: Callable[[Connection], tuple[Ticket | Refused | None, list[Message]]]
    ) -> TicketDetail:
        changed, said = await self._desk.store.run(body)
        if changed is None:
            raise Problem(404, "there is no such ticket")
        if isinstance(changed, Refused):
            raise Problem(409, changed.why)
        return await self._told(changed, said)

    async def _told(self, ticket: Ticket, said: list[Message]) -> TicketDetail:
        if ticket.conversation_id is not None:
            announce(self._desk, ticket.conversation_id, said)
        return await self._desk.store.read(partial(_detail, number=ticket.number, now=self._clock.now()))


def _change_of(body: NewEvent) -> Change:
    if body.kind in ("comment", "hold") and not body.text.strip():
        raise Problem(422, "text is empty")
    match body.kind:
        case "comment":
            return domain.Commented(text=body.text, visible=body.visible)
        case "start":
            return domain.Started(text=body.text)
        case "hold":
            return domain.PutOnHold(text=body.text, awaited=domain.Awaited(body.awaited))
        case "close":
            return domain.Closed(text=body.text)
        case "prioritise":
            if body.text not in list(Priority):
                raise Problem(422, f"text has to be one of {', '.join(Priority)}")
            return domain.Prioritised(priority=Priority(body.text))
    assert_never(body.kind)


def _detail(tx: Connection, number: str, now: datetime) -> TicketDetail:
    ticket = required(tickets.by_number(tx, number), "ticket")
    return TicketDetail(
        ticket=view.ticket(ticket),
        assignment=view.assignment(
            assignments.get(tx, ticket.id), dealer_cases.get(tx, ticket.id), dealer_cases.offers(tx, ticket.id)
        ),
        timeline=[view.change(entry) for entry in tickets.history(tx, ticket.id)],
        clocks=clocks.views(tx, promises.of_ticket(tx, ticket.id), now),
        rating=next(iter(rating_view.views(tx, ratings.of_tickets(tx, [ticket.id]))), None),
    )
