"""The list of all that is owed, and of how it ended."""

import re
from functools import partial

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.flow.desk import Desk
from omnibot.store import calendars, promises, users
from omnibot.web.api.clocks import lines
from omnibot.web.api.promises import cursor_of, read_cursor
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import SOON, mark
from omnibot.web.console.visit import Visit, Visits

PAGE = 100
FILTERS = {"open": mark("Owed"), "mine": mark("Mine"), "broken": mark("Broken"), "ended": mark("Ended")}


class PromisePages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/console/promises", self._visits.page(partial(self.show, "promises.html.j2"))),
            web.get("/console/fragments/promises", self._visits.fragment(partial(self.show, "parts/promises.html.j2"))),
        ]

    async def show(self, template: str, visit: Visit) -> web.Response:
        chosen = visit.request.query.get("state", "open")
        chosen = chosen if chosen in FILTERS else "open"

        given = visit.request.query.get("after", "")
        after = read_cursor(given) if re.fullmatch(r"[0-9]{1,17}-[0-9]{1,15}", given) else None

        def look(tx: Connection) -> dict[str, object]:
            found = promises.listing(
                tx,
                is_open=chosen != "ended",
                is_broken=True if chosen == "broken" else None,
                agent_id=visit.user.id if chosen == "mine" else None,
                limit=PAGE + 1,
                after=after,
            )
            following = cursor_of(found[PAGE - 1].promise) if len(found) > PAGE else ""
            found = found[:PAGE]
            return {
                "counts": desk_view.count(tx, visit.user, visit.now),
                "found": found,
                "following": following,
                "is_first": after is None,
                "whys": {one.promise.id: lines(one.promise, calendars.get(tx, one.promise.calendar)) for one in found},
                "people": {user.id: user for user in users.listing(tx)},
            }

        read = await self._desk.store.read(look)
        return self._screens.show(
            visit, template, views=VIEWS, place="promises", filters=FILTERS, chosen=chosen, soon=SOON, **read
        )
