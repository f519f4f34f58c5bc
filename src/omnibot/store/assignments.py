"""Who has a ticket beyond the agent who works on it now: its team, its dealer, and the owner of first contact."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.routing import Choice
from omnibot.domain.ticket import TicketStatus
from omnibot.domain.value import dataclass
from omnibot.store.schema import assignments, dealers, tickets, users
from omnibot.store.upsert import insert

_choice_decoder = msgspec.json.Decoder(Choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    team: str | None = None
    dealer_id: int | None = None
    dealer_name: str | None = None
    first_agent_id: int | None = None
    first_agent_name: str | None = None
    choice: Choice | None = None


NOBODY = Assignment()


def get(tx: Connection, ticket_id: int) -> Assignment:
    query = (
        select(
            assignments.c.team,
            assignments.c.dealer_id,
            dealers.c.name.label("dealer_name"),
            assignments.c.first_agent_id,
            users.c.name.label("first_agent_name"),
            assignments.c.choice,
        )
        .outerjoin(dealers, dealers.c.id == assignments.c.dealer_id)
        .outerjoin(users, users.c.id == assignments.c.first_agent_id)
        .where(assignments.c.ticket_id == ticket_id)
    )
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        return NOBODY
    return Assignment(**{**row, "choice": _choice_decoder.decode(row["choice"]) if row["choice"] else None})


def route(tx: Connection, ticket_id: int, choice: Choice, now: datetime) -> None:
    """The ticket goes where the choice says; who saw the customer first stays."""
    values = {
        "team": choice.team,
        "dealer_id": choice.dealer_id,
        "choice": msgspec.json.encode(choice).decode(),
        "at": now,
    }
    _save(tx, ticket_id, values, now)


def own_first(tx: Connection, ticket_id: int, agent_id: int, now: datetime) -> None:
    """The agent is the owner of first contact, unless somebody is already."""
    statement = insert(tx.dialect.name, assignments).values(ticket_id=ticket_id, first_agent_id=agent_id, at=now)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["ticket_id"],
            set_={"first_agent_id": statement.excluded.first_agent_id},
            where=assignments.c.first_agent_id.is_(None),
        )
    )


def unowned(tx: Connection, since: datetime, *, limit: int = 100) -> list[int]:
    """Open tickets, opened by `since`, that neither an agent nor a dealer has."""
    done = (TicketStatus.RESOLVED.value, TicketStatus.CLOSED.value)
    query = (
        select(tickets.c.id)
        .outerjoin(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(
            tickets.c.status.not_in(done),
            tickets.c.agent_id.is_(None),
            assignments.c.dealer_id.is_(None),
            tickets.c.opened_at <= since,
            assignments.c.unowned_at.is_(None),
        )
        .order_by(tickets.c.id)
        .limit(limit)
    )
    return [row[0] for row in tx.execute(query)]


def note_unowned(tx: Connection, ticket_id: int, now: datetime) -> bool:
    """True the first time: a ticket that nobody has is told of once."""
    statement = insert(tx.dialect.name, assignments).values(ticket_id=ticket_id, unowned_at=now, at=now)
    statement = statement.on_conflict_do_update(
        index_elements=["ticket_id"],
        set_={"unowned_at": statement.excluded.unowned_at},
        where=assignments.c.unowned_at.is_(None),
    )
    return tx.execute(statement.returning(assignments.c.ticket_id)).first() is not None


def _save(tx: Connection, ticket_id: int, values: dict[str, Any], now: datetime) -> None:
    statement = insert(tx.dialect.name, assignments).values(ticket_id=ticket_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["ticket_id"], set_=values))
