"""Visits: those to come by day, those that wait for the customer's choice or for times of ours, and what became of the rest."""

from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.domain.booking import Stage
from omnibot.flow.desk import Desk
from omnibot.store import bookings
from omnibot.store.bookings import Line
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import Times, mark
from omnibot.web.console.visit import Visit, Visits

PAGE = 200
FILTERS = {
    "coming": mark("To come"),
    "waiting": mark("Customer to pick"),
    "wanted": mark("Times wanted"),
    "past": mark("Past"),
}


class BookingPages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/console/bookings", self._visits.page(partial(self.show, "bookings.html.j2"))),
            web.get("/console/fragments/bookings", self._visits.fragment(partial(self.show, "parts/bookings.html.j2"))),
        ]

    async def show(self, template: str, visit: Visit) -> web.Response:
        chosen = visit.request.query.get("state", "coming")
        chosen = chosen if chosen in FILTERS else "coming"
        midnight = visit.now.astimezone(visit.times.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        wanted: dict[str, dict[str, Any]] = {
            "coming": {"stages": [Stage.BOOKED], "since": midnight},
            "waiting": {"stages": [Stage.OFFERED, Stage.MISSED, Stage.NOT_COME], "is_wanted": False},
            "wanted": {"is_wanted": True},
            "past": {"since": midnight - timedelta(days=90), "until": visit.now, "newest_first": True},
        }

        def look(tx: Connection) -> dict[str, object]:
            found = bookings.listing(tx, **wanted[chosen], limit=PAGE)
            return {"counts": desk_view.count(tx, visit.user, visit.now), "days": _by_day(found, visit.times)}

        read = await self._desk.store.read(look)
        return self._screens.show(
            visit, template, views=VIEWS, place="bookings", filters=FILTERS, chosen=chosen, **read
        )


def _by_day(found: list[Line], times: Times) -> list[tuple[str, list[Line]]]:
    """Under the name of the day on which they begin; what has no time stands last, under none."""

    def day(line: Line) -> str:
        slot = line.booking.slot
        return times.day(slot.starts_at) if slot else ""

    return [(name, list(lines)) for name, lines in groupby(found, key=day)]
