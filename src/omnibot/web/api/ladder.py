"""`/ladder`: who is told of broken promises that nobody has taken up, and by which ways."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.escalation import Audience
from omnibot.domain.hours import calendar_of, week_of
from omnibot.flow.desk import Desk
from omnibot.flow.ladder import alert, people
from omnibot.problem import Problem
from omnibot.store import audit, ladder_seats, users
from omnibot.store.ladder_seats import Seat
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, required
from omnibot.web.api.view import Id

RUNGS = {
    "lead": Audience.TEAM_LEAD,
    "supervisors": Audience.SUPERVISOR,
    "on_call": Audience.ON_CALL,
}
RungName = Literal["lead", "supervisors", "on_call"]


class PersonView(Struct, frozen=True, kw_only=True):
    """`reached_at`: the channels in which an alert would arrive."""

    user_id: int
    name: str
    reached_at: list[str]


class RungView(Struct, frozen=True, kw_only=True):
    """`team` is empty for those on call; those are who is on call now. `is_own`: set here, not in the file of rules."""

    rung: str
    team: str
    people: list[PersonView]
    is_own: bool


class LadderView(Struct, frozen=True):
    items: list[RungView]
    next_cursor: str | None = None


class NewSeat(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The times count for those on call alone: hours as in "mon-fri 18:00-24:00; sat 00:00-24:00", empty for always."""

    user_id: Id
    timezone: Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$(?!\n)")] = "UTC"
    hours: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$(?!\n)")] = ""
    since: date | None = None
    until: date | None = None


class NewRung(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nobody: as the file of rules has it."""

    rung: RungName
    team: Annotated[str, Meta(max_length=100)] = ""
    people: Annotated[list[NewSeat], Meta(max_length=100)]


class Alerted(Struct, frozen=True, kw_only=True):
    places: int


class LadderCalls:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                "GET", "/ladder", Role.SUPERVISOR, self.show, "Who is told of broken promises that nobody has taken up"
            ),
            Endpoint("PUT", "/ladder", Role.ADMIN, self.set, "Set who stands on a rung, in place of the file of rules"),
            Endpoint(
                "POST",
                "/users/{id}/alert",
                Role.ADMIN,
                self.try_out,
                "Send a test message wherever somebody would be told of a broken promise",
            ),
        ]

    async def show(self, call: Call[Nothing, Nothing]) -> LadderView:
        return await self._desk.store.read(partial(_ladder, desk=self._desk, now=self._clock.now()))

    async def set(self, call: Call[NewRung, Nothing]) -> LadderView:
        body, now, rules = call.body, self._clock.now(), self._desk.rules
        if body.rung == "on_call" and body.team:
            raise Problem(422, "team: nobody is on call for one team alone")
        if body.rung != "on_call" and rules.team(body.team) is None:
            raise Problem(422, "team: the file of rules has no such team")
        if body.rung == "lead" and len(body.people) > 1:
            raise Problem(422, "people: a team has one lead")
        seats = [_seat(one, is_timed=body.rung == "on_call") for one in body.people]

        def set_(tx: Connection) -> LadderView:
            for seat in seats:
                required(users.get(tx, seat.user_id), "user")
            ladder_seats.set_(tx, RUNGS[body.rung], body.team, seats)
            audit.write(
                tx, user_id=call.user.id, action="set_ladder", subject=f"{body.rung}:{body.team}",
                detail=",".join(str(seat.user_id) for seat in seats), now=now,
            )  # fmt: skip
            return _ladder(tx, self._desk, now)

        return await self._desk.store.run(set_)

    async def try_out(self, call: Call[Nothing, Nothing]) -> Alerted:
        id, now = call.id(), self._clock.now()

        def try_out(tx: Connection) -> int:
            person = required(users.get(tx, id), "user")
            audit.write(tx, user_id=call.user.id, action="test_alert", subject=f"user:{id}", now=now)
            return alert.try_out(tx, self._desk, person, now)

        return Alerted(places=await self._desk.store.run(try_out))


def _seat(one: NewSeat, *, is_timed: bool) -> Seat:
    """Raises Problem."""
    if not is_timed:
        return Seat(user_id=one.user_id)
    try:
        calendar_of(week_of(one.hours), zone=one.timezone)
    except ValueError as error:
        raise Problem(422, f"hours: {error}", kind="urn:omnibot:wrong-hours") from None
    if one.since and one.until and one.until < one.since:
        raise Problem(422, "until: before it begins")
    return Seat(user_id=one.user_id, timezone=one.timezone, hours=one.hours.strip(), since=one.since, until=one.until)


def _ladder(tx: Connection, desk: Desk, now: datetime) -> LadderView:
    rungs = []
    for team in desk.rules.teams:
        rungs.append(_rung(tx, desk, "lead", team.name, people.leads(tx, team)))
        rungs.append(_rung(tx, desk, "supervisors", team.name, people.supervisors(tx, team)))
    rungs.append(_rung(tx, desk, "on_call", ladder_seats.ON_CALL, people.on_call(tx, desk.rules, now)))
    return LadderView(rungs)


def _rung(tx: Connection, desk: Desk, rung: str, team: str, found: list[User]) -> RungView:
    return RungView(
        rung=rung,
        team=team,
        people=[
            PersonView(
                user_id=one.id,
                name=one.name,
                reached_at=[place.channel for place in alert.reached_at(tx, desk, one)],
            )
            for one in found
        ],
        is_own=bool(ladder_seats.of(tx, RUNGS[rung], team)),
    )
