"""Who stands on a rung of the ladder: the team's lead, its supervisors, whoever is on call now."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.escalation import Audience
from omnibot.domain.promise import Promise
from omnibot.domain.rules import Team, on_duty
from omnibot.flow.desk import Desk
from omnibot.store import assignments, conversations, tickets, users


def of_rung(tx: Connection, desk: Desk, to: Audience, promise: Promise, now: datetime) -> list[User]:
    """Accounts, in the order of the file. Where the file names nobody: all supervisors, for their rung and for on call."""
    team = _team(tx, desk, promise)
    match to:
        case Audience.TEAM_LEAD:
            return _accounts(tx, (team.lead,) if team and team.lead else ())
        case Audience.SUPERVISOR:
            return _accounts(tx, team.supervisors if team else ()) or _supervisors(tx)
        case Audience.ON_CALL:
            return _accounts(tx, on_duty(desk.rules.on_call, now)) or _supervisors(tx)
        case _:
            return []


def _team(tx: Connection, desk: Desk, promise: Promise) -> Team | None:
    """The team that looks after the case; else that of whoever works on it; else the only one there is."""
    teams = desk.rules.teams
    if promise.ticket_id is not None and (team := desk.rules.team(assignments.get(tx, promise.ticket_id).team)):
        return team
    worker = _worker(tx, promise)
    its = [team for team in teams if worker and worker.email.casefold() in map(str.casefold, team.members)]
    return its[0] if its else teams[0] if len(teams) == 1 else None


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
