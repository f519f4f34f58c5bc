"""Dealers: the list, and one of them with its people, open cases and scorecard."""

from datetime import timedelta

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role
from omnibot.domain.dealers.dealer import Dealer
from omnibot.domain.dealers.dealer_case import DealerCase, Stage, is_settled
from omnibot.domain.group import Group, masked
from omnibot.domain.language import Language
from omnibot.domain.ticket import Ticket
from omnibot.flow.desk import Desk
from omnibot.store import dealer_cases, dealers, groups, members, one_way_groups, reachable_dealers, tickets
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import mark
from omnibot.web.console.visit import Visit, Visits

PAGE = 200
SCORED = timedelta(days=30)
_NOW = timedelta(seconds=1)  # what happened in this very instant counts
_OPEN = tuple(stage for stage in Stage if not is_settled(stage))


# What is typed with commas in between, by the field of the profile.
LISTS = {
    "regions": mark("Regions"),
    "postcodes": mark("Postcodes, or how they begin"),
    "products": mark("Products"),
    "skills": mark("Skills"),
}
WEEKDAYS = {
    "mon": mark("Monday"),
    "tue": mark("Tuesday"),
    "wed": mark("Wednesday"),
    "thu": mark("Thursday"),
    "fri": mark("Friday"),
    "sat": mark("Saturday"),
    "sun": mark("Sunday"),
}


class DealerPages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        page = self._visits.page
        return [
            web.get("/console/dealers", page(self.show_all)),
            web.get("/console/dealers/{id:[0-9]{1,15}}", page(self.show_one)),
        ]

    async def show_all(self, visit: Visit) -> web.Response:
        def look(tx: Connection) -> dict[str, object]:
            return {
                "counts": desk_view.count(tx, visit.user, visit.now),
                "dealers": dealers.listing(tx, limit=PAGE),
                "loads": dealers.loads(tx),
                "with_group": reachable_dealers.with_group(tx),
            }

        read = await self._desk.store.read(look)
        return self._screens.show(
            visit,
            "dealers.html.j2",
            views=VIEWS,
            place="dealers",
            may_change=visit.user.may_act_as(Role.SUPERVISOR),
            languages=list(Language),
            **read,
        )

    async def show_one(self, visit: Visit) -> web.Response:
        id = int(visit.request.match_info["id"])

        def look(tx: Connection) -> dict[str, object] | None:
            dealer = dealers.get(tx, id)
            if dealer is None:
                return None
            return {
                "counts": desk_view.count(tx, visit.user, visit.now),
                "dealer": dealer,
                "load": dealers.loads(tx).get(id, 0),
                "members": members.listing(tx, dealer_id=id),
                "groups": (found := groups.of_dealer(tx, id)),
                "addresses": _addresses(tx, found),
                "cases": _cases(tx, dealer),
                "card": dealer_cases.scorecard(tx, id, since=visit.now - SCORED, until=visit.now + _NOW),
            }

        read = await self._desk.store.read(look)
        if read is None:
            raise web.HTTPNotFound
        return self._screens.show(
            visit,
            "dealer.html.j2",
            views=VIEWS,
            place="dealers",
            may_change=visit.user.may_act_as(Role.SUPERVISOR),
            is_admin=visit.user.may_act_as(Role.ADMIN),
            languages=list(Language),
            lists=LISTS,
            weekdays=WEEKDAYS,
            **read,
        )


def _addresses(tx: Connection, found: list[Group]) -> dict[int, str]:
    """Of the groups that have one, masked."""
    known = one_way_groups.addresses(tx)
    return {
        group.id: masked(known[group.address.chat])
        for group in found
        if group.address.channel == one_way_groups.CHANNEL and group.address.chat in known
    }


def _cases(tx: Connection, dealer: Dealer) -> list[tuple[Ticket, DealerCase]]:
    found = [(tickets.get(tx, case.ticket_id), case) for case in dealer_cases.of_dealer(tx, dealer.id, _OPEN)]
    return [(ticket, case) for ticket, case in found if ticket is not None]
