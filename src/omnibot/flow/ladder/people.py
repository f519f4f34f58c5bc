"""Who stands on a rung of the ladder: the team's lead, its supervisors, whoever is on call now. What admins set in the console
counts before the file of rules."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.escalation import Audience
from omnibot.domain.hours import week_of
from omnibot.domain.promise import Promise
from omnibot.domain.rules import OnCall, Rules, Team, on_duty
from omnibot.flow.desk import Desk
from omnibot.flow.surge.line_up import team_of
from omnibot.store import assignments, conversations, ladder_seats, tickets, users


def of_rung(tx: Connection, desk: Desk, to: Audience, promise: Promise, now: datetime) -> list[User]:
    """Accounts, in the order of the file. Where the file names nobody: all supervisors, for their rung and for on call."""
    team = _team(tx, desk, promise, now)
    match to:
        case Audience.TEAM_LEAD:
            return leads(tx, team) if team else []
        case Audience.SUPERVISOR:
            return (supervisors(tx, team) if team else []) or _supervisors(tx)
        case Audience.ON_CALL:
            return on_call(tx, desk.rules, now) or _supervisors(tx)
        case _:
            return []


def leads(tx: Connection, team: Team) -> list[User]:
    """Who leads the team: as admins have set it, else as the file has it."""
    return _seated(tx, Audience.TEAM_LEAD, team.name) or _accounts(tx, (team.lead,) if team.lead else ())


def supervisors(tx: Connection, team: Team) -> list[User]:
    """Likewise; empty: all."""
    return _seated(tx, Audience.SUPERVISOR, team.name) or _accounts(tx, team.supervisors)


def on_call(tx: Connection, rules: Rules, now: datetime) -> list[User]:
    """Whoever is on call now; empty: nobody."""
    return _accounts(tx, on_duty(duties(tx, rules), now))


def duties(tx: Connection, rules: Rules) -> tuple[OnCall, ...]:
    """The lines of the duty calendar: as admins have set them, else as the file has them."""
    known = {user.id: user for user in users.listing(tx)}
    own = tuple(
        OnCall(
            email=known[seat.user_id].email,
            timezone=seat.timezone,
            hours=week_of(seat.hours),
            since=seat.since,
            until=seat.until,
        )
        for seat in ladder_seats.of(tx, Audience.ON_CALL)
        if seat.user_id in known
    )
    return own or rules.on_call


def _seated(tx: Connection, rung: Audience, team: str) -> list[User]:
    found = [users.get(tx, seat.user_id) for seat in ladder_seats.of(tx, rung, team)]
    return [user for user in found if user is not None]


def _team(tx: Connection, desk: Desk, promise: Promise, now: datetime) -> Team | None:
    """The team that looks after the case; else that of whoever works on it, or for which its customer waits; else the only
    one there is."""
    teams = desk.rules.teams
    if promise.ticket_id is not None and (team := desk.rules.team(assignments.get(tx, promise.ticket_id).team)):
        return team
    worker = _worker(tx, promise)
    its = [team for team in teams if worker and worker.email.casefold() in map(str.casefold, team.members)]
    if its or len(teams) == 1:
        return its[0] if its else teams[0]
    waiting = conversations.get(tx, promise.conversation_id) if promise.conversation_id and worker is None else None
    return desk.rules.team(team_of(tx, desk.rules, waiting, now)) if waiting else None


def _worker(tx: Connection, promise: Promise) -> User | None:
    ticket = tickets.get(tx, promise.ticket_id) if promise.ticket_id else None
    conversation = conversations.get(tx, promise.conversation_id) if promise.conversation_id else None
    id = (ticket.agent_id if ticket else None) or (conversation.agent_id if conversation else None)
    return users.get(tx, id) if id else None


def _accounts(tx: Connection, addresses: tuple[str, ...]) -> list[User]:
    known = {user.email.casefold(): user for user in users.listing(tx)} if addresses else {}
    return [known[address.casefold()] for address in addresses if address.casefold() in known]


def _supervisors(tx: Connection) -> list[User]:
    return [user for user in users.listing(tx) if user.role is Role.SUPERVISOR]
