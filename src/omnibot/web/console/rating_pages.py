"""What customers think of the help they got: by agent, team, dealer and FAQ entry, and in their own words."""

from datetime import timedelta

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.domain.rating import BEST
from omnibot.flow.desk import Desk
from omnibot.store import dealers, ratings, users
from omnibot.store.ratings import By
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import mark
from omnibot.web.console.visit import Visit, Visits

DAYS = 30
SHOWN = 50
FILTERS = {
    By.AGENT: mark("By agent"),
    By.TEAM: mark("By team"),
    By.DEALER: mark("By dealer"),
    By.ENTRY: mark("By FAQ entry"),
}
_RATED = {By.AGENT: mark("Agent"), By.TEAM: mark("Team"), By.DEALER: mark("Dealer"), By.ENTRY: mark("Question")}


class RatingPages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/console/ratings", self._visits.page(self.show))]

    async def show(self, visit: Visit) -> web.Response:
        wanted = visit.request.query.get("by", "")
        by = By(wanted) if wanted in set(By) else By.AGENT

        def look(tx: Connection) -> dict[str, object]:
            return {
                "counts": desk_view.count(tx, visit.user, visit.now),
                "rows": ratings.counts(tx, by, since=visit.now - timedelta(days=DAYS)),
                "latest": ratings.listing(tx, limit=SHOWN),
                "people": {user.id: user for user in users.listing(tx)},
                "dealers": {one.id: one for one in dealers.listing(tx, limit=None)},
            }

        read = await self._desk.store.read(look)
        return self._screens.show(
            visit,
            "ratings.html.j2",
            views=VIEWS,
            place="ratings",
            filters=FILTERS,
            chosen=by,
            rated_thing=_RATED[by],
            days=DAYS,
            best=BEST,
            is_on=self._desk.policy.rating.is_on,
            **read,
        )
