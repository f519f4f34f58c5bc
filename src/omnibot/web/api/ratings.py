"""`/ratings`: what customers answered to "how did we do?", and what that says of agents, teams, dealers and FAQ entries."""

from datetime import timedelta
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.rating import BEST
from omnibot.store import ratings
from omnibot.store.ratings import By
from omnibot.store.transactions import Store
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, cut
from omnibot.web.api.rating_view import RatingView, views
from omnibot.web.api.view import Cursor, Limit


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`highest`: only scores up to this one."""

    highest: Annotated[int, Meta(ge=1, le=BEST)] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class RatingPage(Struct, frozen=True):
    items: list[RatingView]
    next_cursor: str | None


class ReportQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    by: By = By.AGENT
    days: Annotated[int, Meta(ge=1, le=3650)] = 30


class ReportRow(Struct, frozen=True, kw_only=True):
    """`scores`: how many gave 1, 2, 3, 4 and 5. `mean`: null while nobody has answered."""

    key: str
    name: str
    asked: int
    rated: int
    mean: float | None
    scores: list[int]


class Report(Struct, frozen=True, kw_only=True):
    by: By
    days: int
    rows: list[ReportRow]


class Ratings:
    """The handlers."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", "/ratings", Role.AGENT, self.browse, "What customers answered, the newest question first"),
            Endpoint(
                "GET", "/ratings/report", Role.SUPERVISOR, self.report, "Ratings by agent, team, dealer or FAQ entry"
            ),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> RatingPage:
        query = call.query
        before = int(query.cursor) if query.cursor is not None else None
        found = await self._store.read(
            lambda tx: views(tx, ratings.listing(tx, before=before, highest=query.highest, limit=query.limit + 1))
        )
        return RatingPage(*cut(found, query.limit, lambda one: one.id))

    async def report(self, call: Call[Nothing, ReportQuery]) -> Report:
        query = call.query
        since = self._clock.now() - timedelta(days=query.days)
        found = await self._store.read(partial(ratings.counts, by=query.by, since=since))
        rows = [
            ReportRow(
                key=one.key,
                name=one.name,
                asked=one.asked,
                rated=one.rated,
                mean=None if one.mean is None else round(one.mean, 2),
                scores=list(one.scores),
            )
            for one in found
        ]
        return Report(by=query.by, days=query.days, rows=rows)
