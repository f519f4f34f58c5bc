"""What a dealer's people do about a visit from their group: offer times, say that nobody was there."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain.booking import MOST_SLOTS, Missed, Offered, Refused
from omnibot.domain.message import Message
from omnibot.domain.ticket import Ticket
from omnibot.domain.visit import times
from omnibot.flow import book_visit
from omnibot.flow.desk import Desk
from omnibot.flow.word import moment
from omnibot.texts import Words

Said = tuple[str | None, list[Message]]  # what the person is told, and what the customer heard


def offer(
    tx: Connection, desk: Desk, words: Words, ticket: Ticket, text: str, zone: ZoneInfo, now: datetime
) -> Said | None:
    """Offer the customer the times that were typed; None where they were not understood."""
    slots = times.offered(text, now, zone)
    if slots is None:
        return None
    made, said = book_visit.change(tx, desk, ticket.number, Offered(slots), now=now)
    if isinstance(made, Refused) or made is None:
        return words("That could not be done: {why}", why=made.why if made else "?"), []
    listed = words("; ").join(moment(words, slot.starts_at, now, zone) for slot in made.slots)
    return words("The customer is asked to pick: {times}", times=listed), said


def nobody_there(tx: Connection, desk: Desk, words: Words, ticket: Ticket, now: datetime) -> Said:
    """The customer was not there, and is asked for another time."""
    made, said = book_visit.change(tx, desk, ticket.number, Missed(), now=now)
    if isinstance(made, Refused) or made is None:
        return words("That could not be done: {why}", why=made.why if made else "?"), []
    return words("Noted. The customer is asked for another time."), said


def not_understood(words: Words, name: str) -> str:
    """What somebody is asked who named no times that were understood."""
    return words(
        "{name}, I did not understand these times. Name up to {n}, each with its day, for example: Tue 9-11; Wed 14:00-16:00",
        name=name,
        n=MOST_SLOTS,
    )
