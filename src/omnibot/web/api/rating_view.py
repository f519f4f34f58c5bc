"""How ratings look in the API."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy.engine import Connection

from omnibot.domain.rating import Rating
from omnibot.flow.word import spoken_number
from omnibot.store import dealers, tickets, users


class RatingView(Struct, frozen=True, kw_only=True):
    """`score`: 1 (very bad) to 5 (very good); null while the customer has not answered."""

    id: int
    conversation_id: int
    ticket: str | None
    asked_at: datetime | None
    score: int | None
    comment: str | None
    rated_at: datetime | None
    agent_id: int | None
    agent_name: str | None
    dealer_id: int | None
    dealer_name: str | None
    team: str | None
    entry_id: str | None


def views(tx: Connection, found: list[Rating]) -> list[RatingView]:
    """With the names of those who had the work."""
    agents = {id: users.get(tx, id) for id in {one.agent_id for one in found} if id is not None}
    named = {id: dealers.get(tx, id) for id in {one.dealer_id for one in found} if id is not None}
    shown = []
    for one in found:
        agent, dealer = agents.get(one.agent_id or 0), named.get(one.dealer_id or 0)
        shown.append(
            RatingView(
                id=one.id,
                conversation_id=one.conversation_id,
                ticket=spoken_number(tickets.number_of(one.ticket_id)) if one.ticket_id else None,
                asked_at=one.asked_at,
                score=one.score,
                comment=one.comment,
                rated_at=one.rated_at,
                agent_id=one.agent_id,
                agent_name=agent.name if agent else None,
                dealer_id=one.dealer_id,
                dealer_name=dealer.name if dealer else None,
                team=one.team,
                entry_id=one.entry_id,
            )
        )
    return shown
