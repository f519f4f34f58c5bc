"""Carries out what `escalation.tell` says: a note in the conversation for staff, and a word to the customer where what an
agent said has not come true. Dealers hear in their groups. The console's list shows the rest."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.conversation import Conversation
from omnibot.domain.escalation import Audience, Notice, Telling
from omnibot.domain.message import Author, Message
from omnibot.domain.promise import Holder, Promise, PromiseKind
from omnibot.flow import word
from omnibot.flow.dealers import remind_dealer
from omnibot.flow.desk import Desk
from omnibot.flow.ladder.alert import alert
from omnibot.flow.ladder.people import of_rung
from omnibot.flow.say import say, tell_staff
from omnibot.store import promises, tickets, users
from omnibot.texts import Words


def carry_out(
    tx: Connection, desk: Desk, telling: Telling, promise: Promise, conversation: Conversation | None, now: datetime
) -> tuple[Promise, list[Message]]:
    """Tell it; returns the promise as it is then, and what the customer heard. The caller has locked both."""
    if promise.holder is Holder.DEALER and promise.ticket_id is not None:
        remind_dealer.remind(tx, desk, telling, promise, now)
    words, zone = desk.texts.of(desk.staff_language), desk.policy.calendar.zone
    people = of_rung(tx, desk, telling.to, promise, now)
    names = word.listed(words, (person.name for person in people))
    if people:
        told = partial(_warning, what=telling.what, promise=promise, people=people, now=now, zone=zone)
        alert(tx, desk, people, promise, told, now)
    if conversation is None or telling.what is Notice.RUNNING:
        return promise, []
    if telling.to is Audience.CUSTOMER:
        return _tell_customer(tx, desk, promise, conversation, now)
    name = names or _name(tx, telling.to, promise, conversation) or word.audience(words, telling.to)
    tell_staff(tx, conversation.id, word.warning(words, telling.what, promise, name, now, zone), now)
    return promise, []


def _warning(words: Words, *, what: Notice, promise: Promise, people: list[User], now: datetime, zone: ZoneInfo) -> str:
    return word.warning(words, what, promise, word.listed(words, (person.name for person in people)), now, zone)


def _tell_customer(
    tx: Connection, desk: Desk, promise: Promise, conversation: Conversation, now: datetime
) -> tuple[Promise, list[Message]]:
    """Sorry, with the new time if there is one: that of what was said since."""
    later = (
        one.due_at
        for one in promises.open_of_conversation(tx, conversation.id)
        if one.kind is PromiseKind.SPOKEN and one.id > promise.id and one.due_at > now
    )
    text = word.sorry(
        desk.texts.of(conversation.language), promise, min(later, default=None), now, desk.policy.calendar.zone
    )
    said = say(tx, desk, conversation, author=Author.SYSTEM, text=text, now=now)
    return replace(promise, told_at=now), [said]


def _name(tx: Connection, to: Audience, promise: Promise, conversation: Conversation) -> str | None:
    """Who that is, if it is a person whom we know."""
    if to is Audience.HOLDER and promise.holder is Holder.AGENT:
        person = users.get(tx, promise.holder_id) if promise.holder_id else None
    elif to is Audience.ASSIGNEE:
        ticket = tickets.get(tx, promise.ticket_id) if promise.ticket_id else None
        worker = (ticket.agent_id if ticket else None) or conversation.agent_id
        person = users.get(tx, worker) if worker else None
    else:
        return None
    return person.name if person else None
