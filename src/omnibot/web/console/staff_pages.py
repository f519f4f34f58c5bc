"""Tickets and team."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.booking import Booking
from omnibot.domain.calendar import Line
from omnibot.domain.contact import Contact
from omnibot.domain.dealers.dealer import Dealer
from omnibot.domain.dealers.dealer_case import DealerCase
from omnibot.domain.fact import Fact
from omnibot.domain.message import Attachment
from omnibot.domain.promise import Promise
from omnibot.domain.rating import Rating
from omnibot.domain.ticket import HistoryEntry, Priority, Ticket, TicketStatus
from omnibot.flow import route_ticket
from omnibot.flow.desk import Desk
from omnibot.flow.ladder import people as ladder
from omnibot.store import (
    assignments,
    bookings,
    calendars,
    canned_replies,
    case_photos,
    contacts,
    dealer_cases,
    dealers,
    groups,
    promises,
    ratings,
    reachable_dealers,
    tickets,
    users,
)
from omnibot.store.assignments import Assignment
from omnibot.web.api.clocks import lines
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS, Counts
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import SOON_TICKET, mark
from omnibot.web.console.visit import Visit, Visits, is_colleague

PAGE = 50
FILTERS: dict[str, tuple[str, tuple[TicketStatus, ...]]] = {
    "open": (mark("Unresolved"), (TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING)),
    "new": (mark("New"), (TicketStatus.NEW,)),
    "pending": (mark("On hold"), (TicketStatus.PENDING,)),
    "resolved": (mark("Resolved"), (TicketStatus.RESOLVED,)),
    "closed": (mark("Closed"), (TicketStatus.CLOSED,)),
    "all": (mark("All"), ()),
}

# What the API says when a change does not fit, for the catalogue.
mark("The ticket is closed. Open a new one that follows it.")
mark("Reopen it first.")
mark("This dealer has no group in which it could be told. Register one first.")
mark("It is resolved already.")
mark("It is open already.")
mark("It does not wait for the customer.")
mark("Only into another open ticket of the same customer.")
mark("Name a time that lies ahead, within ten years.")
mark("It is over already.")
mark("It is over or broken already.")
mark("It names its own time; move it instead.")
mark("It is not broken.")

TicketRead = tuple[
    Counts,
    Ticket,
    Contact,
    list[HistoryEntry],
    list[Promise],
    dict[int, tuple[Line, ...]],
    list[User],
    Assignment,
    DealerCase | None,
    list[Dealer],
    list[Attachment],
    Booking | None,
    dict[str, Fact],
    Rating | None,
]


class StaffPages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        page, fragment = self._visits.page, self._visits.fragment
        one = "/{number:[0-9-]{6,12}}"
        return [
            web.get("/console/tickets", page(partial(self.show_tickets, "tickets.html.j2"))),
            web.get("/console/fragments/tickets", fragment(partial(self.show_tickets, "parts/tickets.html.j2"))),
            web.get("/console/tickets" + one, page(partial(self.show_ticket, "ticket.html.j2"))),
            web.get("/console/fragments/tickets" + one, fragment(partial(self.show_ticket, "parts/ticket.html.j2"))),
            web.get("/console/team", page(self.show_team, Role.SUPERVISOR)),
        ]

    async def show_tickets(self, template: str, visit: Visit) -> web.Response:
        query = visit.request.query
        chosen = query.get("status", "open")
        chosen = chosen if chosen in FILTERS else "open"
        search = query.get("search", "").replace("\0", "").strip()[:200]
        before = query.get("before", "")

        def look(tx: Connection) -> tuple[Counts, list[tickets.Line]]:
            found = tickets.lines(
                tx,
                statuses=() if search else FILTERS[chosen][1],
                search=search or None,
                limit=PAGE + 1,
                before=int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None,
            )
            return desk_view.count(tx, visit.user, visit.now), found

        counts, found = await self._desk.store.read(look)
        return self._screens.show(
            visit,
            template,
            views=VIEWS,
            place="tickets",
            counts=counts,
            filters=FILTERS,
            chosen=chosen,
            search=search,
            lines=found[:PAGE],
            has_more=len(found) > PAGE,
            before=before,
            soon=SOON_TICKET,
        )

    async def show_ticket(self, template: str, visit: Visit) -> web.Response:
        number = visit.request.match_info["number"]
        read = await self._desk.store.read(_ticket_reader(number, visit))
        if read is None:
            raise web.HTTPNotFound
        (
            counts,
            ticket,
            contact,
            history,
            clocks,
            whys,
            team,
            assignment,
            dealer_case,
            reachable,
            photos,
            booking,
            known,
            rating,
        ) = read
        return self._screens.show(
            visit,
            template,
            views=VIEWS,
            place="tickets",
            counts=counts,
            ticket=ticket,
            contact=contact,
            history=history,
            clocks=clocks,
            whys=whys,
            people={user.id: user for user in team},
            assignment=assignment,
            dealer_case=dealer_case,
            dealers=reachable,
            teams=[one.name for one in self._desk.rules.teams],
            photos=photos,
            booking=booking,
            known=known,
            rating=rating,
            team=[user for user in team if is_colleague(user)],
            priorities=list(Priority),
            soon=SOON_TICKET,
        )

    async def show_team(self, visit: Visit) -> web.Response:
        is_admin = visit.user.may_act_as(Role.ADMIN)

        def look(tx: Connection) -> dict[str, Any]:
            return {
                "counts": desk_view.count(tx, visit.user, visit.now),
                "team": [user for user in users.listing(tx) if is_colleague(user)],
                "tokens": users.tokens(tx) if is_admin else [],
                "canned": canned_replies.listing(tx),
                "groups": groups.listing(tx) if is_admin else [],
                "leads": {one.name: [user.name for user in ladder.leads(tx, one)] for one in rules.teams},
                "supervisors": {one.name: [user.name for user in ladder.supervisors(tx, one)] for one in rules.teams},
                "on_call": [user.name for user in ladder.on_call(tx, rules, visit.now)],
            }

        rules = self._desk.rules
        read = await self._desk.store.read(look)
        return self._screens.show(
            visit,
            "team.html.j2",
            views=VIEWS,
            place="team_page",
            is_admin=is_admin,
            roles=list(Role),
            teams=rules.teams,
            people=partial(_names, read["team"]),
            **read,
        )


def _names(known: list[User], addresses: Iterable[str]) -> list[str]:
    """People by name; by address where there is no account."""
    names = {user.email.casefold(): user.name for user in known}
    return [names.get(address.casefold(), address) for address in addresses]


def _ticket_reader(number: str, visit: Visit) -> Callable[[Connection], TicketRead | None]:
    def look(tx: Connection) -> TicketRead | None:
        ticket = tickets.by_number(tx, number)
        contact = contacts.get(tx, ticket.contact_id) if ticket else None
        if ticket is None or contact is None:
            return None
        owed = sorted(promises.of_ticket(tx, ticket.id), key=lambda one: (one.ended_at is not None, one.due_at))
        return (
            desk_view.count(tx, visit.user, visit.now),
            ticket,
            contact,
            tickets.history(tx, ticket.id),
            owed,
            {one.id: lines(one, calendars.get(tx, one.calendar)) for one in owed},
            users.listing(tx),
            assignments.get(tx, ticket.id),
            dealer_cases.get(tx, ticket.id),
            [
                one
                for one in dealers.listing(tx, limit=None, retired=False)
                if one.id in reachable_dealers.with_group(tx)
            ],
            case_photos.of_ticket(tx, ticket.id),
            bookings.of_ticket(tx, ticket.id),
            route_ticket.known_facts(tx, ticket, visit.now),
            next(iter(ratings.of_tickets(tx, [ticket.id])), None),
        )

    return look
