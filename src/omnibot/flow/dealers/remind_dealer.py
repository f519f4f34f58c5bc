"""Tells a dealer's group of promises that run out or are broken; once one is broken, our own groups too."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain.escalation import Audience, Notice, Telling
from omnibot.domain.group import GroupRole
from omnibot.domain.promise import Promise
from omnibot.domain.ticket import Ticket
from omnibot.flow.dealers import case_word, show_cases
from omnibot.flow.desk import Desk
from omnibot.flow.staff import show_cards
from omnibot.flow.word import plain, spoken_number
from omnibot.store import cards, dealers, groups, notices, tickets
from omnibot.texts import Words


def remind(tx: Connection, desk: Desk, telling: Telling, promise: Promise, now: datetime) -> None:
    """One step of one promise of a dealer's."""
    ticket = tickets.get(tx, promise.ticket_id) if promise.ticket_id is not None else None
    dealer = dealers.get(tx, promise.holder_id) if promise.holder_id is not None else None
    if ticket is None or dealer is None:
        return
    zone = ZoneInfo(dealer.profile.timezone)
    for group in groups.of_dealer(tx, dealer.id):
        card = cards.of_subject(tx, group, show_cases.subject_of(ticket.id))
        if card is not None and telling.to is Audience.HOLDER:
            text = _said(desk.texts.of(group.language), telling.what, promise, ticket, now, zone)
            cards.add_line(tx, group, card, text, now=now)
    if telling.what in (Notice.BROKEN, Notice.UNANSWERED):
        _tell_us(tx, desk, telling, promise, ticket, dealer.name, now)


def _said(words: Words, what: Notice, promise: Promise, ticket: Ticket, now: datetime, zone: ZoneInfo) -> str:
    return case_word.reminder(words, what, promise, spoken_number(ticket.number), now, zone)


def _tell_us(
    tx: Connection, desk: Desk, telling: Telling, promise: Promise, ticket: Ticket, dealer: str, now: datetime
) -> None:
    """In staff groups where no live card will show the note; people of the ladder hear in private (`ladder.alert`)."""
    zone = desk.policy.calendar.zone
    for group in groups.in_force(tx, GroupRole.STAFF):
        subject = show_cards.subject_of(ticket.conversation_id) if ticket.conversation_id is not None else ""
        card = cards.of_subject(tx, group, subject)
        if card is None or not card.is_live:
            text = _said(desk.texts.of(group.language), telling.what, promise, ticket, now, zone)
            notices.add(tx, group.address, f"{plain(dealer)}: {text}", now=now)
