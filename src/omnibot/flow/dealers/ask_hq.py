"""A dealer's question to our team and the answer to it. The question stands in the ticket and in the conversation, and in each
staff group that does not show that conversation; a note that begins with @dealer is the answer, from wherever it is written."""

import re
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.dealers.dealer_case import DealerCase
from omnibot.domain.group import GroupRole
from omnibot.domain.regex import regex
from omnibot.domain.ticket import By, Commented, Ticket
from omnibot.domain.ticket_number import parse_number
from omnibot.flow import change_ticket
from omnibot.flow.dealers import show_cases
from omnibot.flow.desk import Desk
from omnibot.flow.say import tell_staff
from omnibot.flow.staff import show_cards
from omnibot.flow.word import plain, spoken_number
from omnibot.store import cards, case_cards, dealer_cases, dealers, groups, notices, tickets
from omnibot.texts import Words

_ADDRESSED = regex(r"\A\s*[@＠](?:dealer|经销商|經銷商)[\s:：,，]*", re.IGNORECASE)


def ask(tx: Connection, desk: Desk, ticket: Ticket, case: DealerCase, name: str, text: str, now: datetime) -> None:
    """Put the question where our team works."""
    dealer = dealers.get(tx, case.dealer_id)

    def asked(words: Words) -> str:
        return words(
            "❓ {name} of {dealer} asks about case {number}: {text}\n\nA note that begins with @dealer {number} is the answer.",
            name=plain(name),
            dealer=plain(dealer.name if dealer else "?"),
            number=spoken_number(ticket.number),
            text=text,
        )

    question = Commented(text=asked(desk.texts.of(desk.staff_language)), visible=False)
    change_ticket.apply(tx, desk, ticket, question, by=By.DEALER, agent=None, now=now)
    tell_team(tx, desk, ticket, asked, now)


def tell_team(tx: Connection, desk: Desk, ticket: Ticket, said: Callable[[Words], str], now: datetime) -> None:
    """A note in the ticket's conversation and, in each staff group that does not show that conversation, a line of its own."""
    if ticket.conversation_id is not None:
        tell_staff(tx, ticket.conversation_id, said(desk.texts.of(desk.staff_language)), now)
    for group in groups.in_force(tx, GroupRole.STAFF):
        card = (
            cards.of_subject(tx, group, show_cards.subject_of(ticket.conversation_id))
            if ticket.conversation_id is not None
            else None
        )
        if card is None or not card.is_live:
            notices.add(tx, group.address, said(desk.texts.of(group.language)), now=now)


def answer(tx: Connection, desk: Desk, conversation_id: int, agent: User, note: str, now: datetime) -> bool:
    """Whether the note is for a dealer; then it stands in the dealer's group, and our team sees that."""
    text, number = addressed(note)
    if not text:
        return False
    found = tickets.by_number(tx, number) if number else None
    own = tickets.of_conversation(tx, conversation_id)
    candidates = [found] if found else own
    followed = [one for one in candidates if _is_followed(tx, one)]
    words = desk.texts.of(desk.staff_language)
    if not followed:
        tell_staff(tx, conversation_id, words("No dealer has a case here, so nobody was told that."), now)
        return False
    ticket = followed[0]
    pass_on(tx, desk, ticket, agent, text, now)
    return True


def answer_under(tx: Connection, desk: Desk, ticket: Ticket, agent: User, remark: str, now: datetime) -> None:
    """The same for an internal remark on the ticket itself."""
    text, _ = addressed(remark)
    if text and _is_followed(tx, ticket):
        pass_on(tx, desk, ticket, agent, text, now)


def pass_on(tx: Connection, desk: Desk, ticket: Ticket, agent: User, text: str, now: datetime) -> None:
    """Say it under the case's card in the dealer's groups."""
    case = dealer_cases.get(tx, ticket.id)
    if case is None:
        return
    for group in groups.of_dealer(tx, case.dealer_id):
        card = cards.of_subject(tx, group, show_cases.subject_of(ticket.id))
        if card is not None:
            line = desk.texts.of(group.language)("💬 {name}: {text}", name=plain(agent.name), text=text)
            cards.add_line(tx, group, card, line, now=now)
    if ticket.conversation_id is not None:
        dealer = dealers.get(tx, case.dealer_id)
        words = desk.texts.of(desk.staff_language)
        told = words("{dealer} was told that.", dealer=plain(dealer.name if dealer else "?"))
        tell_staff(tx, ticket.conversation_id, told, now)


def addressed(note: str) -> tuple[str, str | None]:
    """What a note says to the dealer, and about which case; no text where it is not for a dealer."""
    found = _ADDRESSED.match(note)
    if found is None:
        return "", None
    text = note[found.end() :].strip()
    first, _, rest = text.partition(" ")
    number = parse_number(first.strip("#:：,，"))
    return (rest.strip(), number) if number else (text, None)


def _is_followed(tx: Connection, ticket: Ticket) -> bool:
    case = dealer_cases.get(tx, ticket.id)
    return case is not None and case.stage in case_cards.FOLLOWED
