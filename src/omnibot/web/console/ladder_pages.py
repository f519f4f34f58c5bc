"""The people of the ladder: who is told of broken promises, where an admin sets that, and whether it would reach them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.escalation import Audience
from omnibot.domain.rules import Team
from omnibot.flow.desk import Desk
from omnibot.flow.ladder import alert, people
from omnibot.store import ladder_seats, users
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS
from omnibot.web.console.screens import Screens
from omnibot.web.console.visit import Visit, Visits, is_colleague


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRungs:
    """Who is told of a team's promises; `has_own_…`: set in the console, not in the file of rules."""

    name: str
    leads: list[User]
    supervisors: list[User]
    has_own_lead: bool
    has_own_supervisors: bool


class LadderPages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/console/ladder", self._visits.page(self.show, Role.ADMIN))]

    async def show(self, visit: Visit) -> web.Response:
        read = await self._desk.store.read(_reader(self._desk, visit.user, visit.now))
        return self._screens.show(visit, "ladder.html.j2", views=VIEWS, place="team_page", **read)


def _reader(desk: Desk, user: User, now: datetime) -> Callable[[Connection], dict[str, object]]:
    def look(tx: Connection) -> dict[str, object]:
        colleagues = [one for one in users.listing(tx) if is_colleague(one)]
        by_address = {one.email.casefold(): one for one in colleagues}
        teams = [_team(tx, one) for one in desk.rules.teams]
        duties = [(duty, by_address.get(duty.email.casefold())) for duty in people.duties(tx, desk.rules)]
        told = [one for team in teams for one in (*team.leads, *team.supervisors)]
        told += [one for _, one in duties if one is not None]
        told += [one for one in colleagues if one.role is Role.SUPERVISOR]
        return {
            "counts": desk_view.count(tx, user, now),
            "colleagues": colleagues,
            "teams": teams,
            "seats": (seats := ladder_seats.of(tx, Audience.ON_CALL)),
            "duty_json": msgspec.json.encode(seats).decode(),
            "duties": duties,
            "on_call": people.on_call(tx, desk.rules, now),
            "told": [
                (one, [place.channel for place in alert.reached_at(tx, desk, one)])
                for one in {one.id: one for one in told}.values()
            ],
        }

    return look


def _team(tx: Connection, team: Team) -> TeamRungs:
    return TeamRungs(
        name=team.name,
        leads=people.leads(tx, team),
        supervisors=people.supervisors(tx, team),
        has_own_lead=bool(ladder_seats.of(tx, Audience.TEAM_LEAD, team.name)),
        has_own_supervisors=bool(ladder_seats.of(tx, Audience.SUPERVISOR, team.name)),
    )
