"""What a customer who asks where his case is hears: the truth as the clocks and the dealer's case have it."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.ticket import Ticket
from omnibot.flow import local_time, tell_status, word
from omnibot.flow.dealers import dealer_clocks
from omnibot.flow.dealers.tell_of_dealer import standing
from omnibot.flow.desk import Desk
from omnibot.flow.visit import word_visit
from omnibot.store import bookings, dealer_cases, dealers, promises
from omnibot.texts import Words


def cases(
    tx: Connection, desk: Desk, words: Words, found: tuple[Ticket, ...], asked_in: Conversation, now: datetime
) -> str:
    """Where these cases stand; without any, whether people have the question."""
    if not found and asked_in.is_with_people:
        return _with_people(tx, desk, words, asked_in, now)
    told = {ticket.id: said for ticket in found if (said := _standing(tx, desk, words, ticket, now))}
    return word.cases(words, found, told)


def _standing(tx: Connection, desk: Desk, words: Words, ticket: Ticket, now: datetime) -> str | None:
    """Who has it and what comes next, where there is more to say than the ticket's own state."""
    said = _with_dealer(tx, desk, words, ticket, now)
    booking = bookings.of_ticket(tx, ticket.id) if ticket.is_open else None
    visit = word_visit.standing(words, booking, now, local_time.of_case(tx, desk, ticket.id)) if booking else ""
    if not visit:
        return said
    return (said or word.status(words, ticket)) + words("; ") + visit


def _with_people(tx: Connection, desk: Desk, words: Words, asked_in: Conversation, now: datetime) -> str:
    seen = tell_status.standing(tx, desk, asked_in.id, now)
    if seen is not None and seen.agent_name:
        return words("There is no case number yet. {name} has your question and answers here.", name=seen.agent_name)
    when = tell_status.reply_time(desk, asked_in.language, now)
    return words("There is no case number yet, but your question is with our people.") + " " + when


def _with_dealer(tx: Connection, desk: Desk, words: Words, ticket: Ticket, now: datetime) -> str | None:
    case = dealer_cases.get(tx, ticket.id)
    dealer = dealers.get(tx, case.dealer_id) if case else None
    if case is None or dealer is None:
        return None
    owed = [one.due_at for one in promises.of_ticket(tx, ticket.id) if one.kind in dealer_clocks.KINDS and one.is_open]
    return standing(words, case, dealer.name, min(owed, default=None), now, local_time.of_dealer(tx, desk, dealer.id))
