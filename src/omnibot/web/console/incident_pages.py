"""What many customers ask at once: proposals to look at, open incidents with what everybody was told, and those that are over."""

from functools import partial

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.domain.language import Language
from omnibot.domain.surge.incident import State
from omnibot.flow.desk import Desk
from omnibot.store import incidents
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import mark
from omnibot.web.console.visit import Visit, Visits

SHOWN = 50
FILTERS = {
    "now": (mark("Now"), (State.PROPOSED, State.OPEN)),
    "closed": (mark("Over"), (State.CLOSED,)),
    "dismissed": (mark("Dismissed"), (State.DISMISSED,)),
}
STATES = {
    State.PROPOSED: mark("Proposed"),
    State.OPEN: mark("Open"),
    State.CLOSED: mark("Over"),
    State.DISMISSED: mark("Dismissed"),
}
# In which the texts are written; Traditional Chinese reads the Simplified one.
WRITTEN = (Language.EN, Language.ZH_HANS)


class IncidentPages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/console/incidents", self._visits.page(partial(self.show, "incidents.html.j2"))),
            web.get(
                "/console/fragments/incidents", self._visits.fragment(partial(self.show, "parts/incidents.html.j2"))
            ),
        ]

    async def show(self, template: str, visit: Visit) -> web.Response:
        chosen = visit.request.query.get("state", "now")
        chosen = chosen if chosen in FILTERS else "now"

        def look(tx: Connection) -> dict[str, object]:
            found = incidents.listing(tx, FILTERS[chosen][1], limit=SHOWN)
            return {
                "counts": desk_view.count(tx, visit.user, visit.now),
                "found": found,
                "news": {one.id: incidents.news(tx, one.id) for one, _ in found},
                "members": {one.id: incidents.members(tx, one.id) for one, _ in found},
            }

        read = await self._desk.store.read(look)
        return self._screens.show(
            visit,
            template,
            views=VIEWS,
            place="incidents",
            filters=FILTERS,
            chosen=chosen,
            states=STATES,
            written=WRITTEN,
            **read,
        )
