"""Changes a ticket: the change, its clocks, and the progress that the customer hears at the conversation's origin."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain import ticket as domain
from omnibot.domain.access import User
from omnibot.domain.message import Author, Message
from omnibot.domain.promise import Happening, PromiseKind
from omnibot.domain.ticket import By, Change, Priority, Refused, Ticket, TicketStatus
from omnibot.flow import local_time, owe, word
from omnibot.flow.dealers.tell_of_dealer import dealer_progress, plan_choices, report_choices
from omnibot.flow.desk import Desk
from omnibot.flow.rating.ask import want_of_ticket
from omnibot.flow.say import say
from omnibot.store import assignments, conversations, dealer_cases, tickets
from omnibot.texts import Words


def open_ticket(
    tx: Connection,
    desk: Desk,
    *,
    contact_id: int,
    conversation_id: int | None,
    subject: str,
    category: str | None,
    priority: Priority,
    description: str,
    agent: User | None,
    now: datetime,
    follows_id: int | None = None,
) -> tuple[Ticket, list[Message]]:
    """A new ticket with its clock; the customer is told its number."""
    ticket = tickets.add(
        tx,
        contact_id=contact_id,
        conversation_id=conversation_id,
        subject=subject,
        category=category,
        priority=priority,
        follows_id=follows_id,
        now=now,
    )
    _promise_resolution(tx, desk, ticket, now)
    opened = domain.after(ticket, domain.Opened(description=description), now)
    assert isinstance(opened, Ticket)
    if agent is not None:
        assignments.own_first(tx, ticket.id, agent.id, now)
    by = By.AGENT if agent else By.CUSTOMER
    return opened, _record(tx, desk, opened, domain.Opened(description=description), by=by, agent=agent, now=now)


def change(
    tx: Connection, desk: Desk, number: str, made: Change, *, agent: User | None, now: datetime
) -> tuple[Ticket | Refused | None, list[Message]]:
    """Apply a change; None for a number that nobody has."""
    ticket = tickets.lock(tx, number)
    if ticket is None:
        return None, []
    if isinstance(made, domain.Assigned):
        assignments.own_first(tx, ticket.id, made.agent_id, now)
    return apply(tx, desk, ticket, made, by=By.AGENT if agent else By.SYSTEM, agent=agent, now=now)


def apply(
    tx: Connection, desk: Desk, ticket: Ticket, made: Change, *, by: By, agent: User | None, now: datetime
) -> tuple[Ticket | Refused, list[Message]]:
    """`change` for who has locked the ticket already."""
    changed = domain.after(ticket, made, now)
    if isinstance(changed, Refused):
        return changed, []
    _keep_clocks(tx, desk, ticket, changed, made, by=agent, now=now)
    return changed, _record(tx, desk, changed, made, by=by, agent=agent, now=now)


def reopen(tx: Connection, desk: Desk, ticket: Ticket, message: Message, *, now: datetime) -> list[Message]:
    """The customer answered to a resolved ticket in time."""
    current = tickets.lock(tx, ticket.number)
    made = domain.Reopened(text=message.text)
    changed = domain.after(current, made, now) if current else None
    if current is None or not isinstance(changed, Ticket):
        return []
    _keep_clocks(tx, desk, current, changed, made, by=None, now=now)
    return _record(tx, desk, changed, made, by=By.CUSTOMER, agent=None, now=now)


def follow_up(
    tx: Connection, desk: Desk, ticket: Ticket, message: Message, *, now: datetime
) -> tuple[Ticket, list[Message]]:
    """The customer answered too late to reopen: a new ticket continues the old one."""
    return open_ticket(
        tx,
        desk,
        contact_id=ticket.contact_id,
        conversation_id=message.conversation_id,
        subject=ticket.subject,
        category=ticket.category,
        priority=ticket.priority,
        description=message.text,
        agent=None,
        follows_id=ticket.id,
        now=now,
    )


def answered(tx: Connection, desk: Desk, conversation_id: int, *, now: datetime) -> None:
    """The customer said something: what waited for them waits no longer, and somebody has to look."""
    for found in tickets.awaiting_answer(tx, conversation_id):
        ticket = tickets.lock(tx, found.number)
        if ticket is None or _awaited(tx, ticket) is not domain.Awaited.CUSTOMER:
            continue
        changed = domain.after(ticket, domain.Answered(), now)
        if isinstance(changed, Ticket):
            _keep_clocks(tx, desk, ticket, changed, domain.Answered(), by=None, now=now)
            _record(tx, desk, changed, domain.Answered(), by=By.CUSTOMER, agent=None, now=now)


def merge(
    tx: Connection, desk: Desk, number: str, *, into: str, agent: User, now: datetime
) -> tuple[Ticket | Refused | None, list[Message]]:
    """Both tickets are the same case: this one closes, the other goes on with its promises; None for numbers nobody has."""
    first, second = sorted([number, into], key=lambda one: tickets.id_of(one) or 0)  # locked in one order
    locked = {one.id: one for one in (tickets.lock(tx, first), tickets.lock(tx, second)) if one}
    ticket, other = locked.get(tickets.id_of(number) or 0), locked.get(tickets.id_of(into) or 0)
    if ticket is None or other is None:
        return None, []
    if ticket.contact_id != other.contact_id or ticket.id == other.id or not other.is_open:
        return Refused("Only into another open ticket of the same customer."), []
    made = domain.Merged(into=other.number)
    changed = domain.after(ticket, made, now)
    if isinstance(changed, Refused):
        return changed, []
    owe.merge(tx, ticket, other, by=agent, now=now)
    return changed, _record(tx, desk, changed, made, by=By.AGENT, agent=agent, now=now)


def _awaited(tx: Connection, ticket: Ticket) -> domain.Awaited | None:
    """What a ticket on hold waits for."""
    for entry in reversed(tickets.history(tx, ticket.id)):
        if isinstance(entry.change, domain.PutOnHold):
            return entry.change.awaited
    return None


def _promise_resolution(tx: Connection, desk: Desk, ticket: Ticket, now: datetime) -> None:
    owe.owe(
        tx,
        desk,
        PromiseKind.RESOLUTION,
        now=now,
        ticket_id=ticket.id,
        contact_id=ticket.contact_id,
        priority=ticket.priority,
    )


def _keep_clocks(
    tx: Connection, desk: Desk, before: Ticket, after: Ticket, made: Change, *, by: User | None, now: datetime
) -> None:
    if after.conversation_id is not None:  # before its promises, as the watcher of clocks does
        conversations.lock(tx, after.conversation_id)
    if before.is_open and not after.is_open:
        owe.happened(tx, Happening.RESOLVED, ticket_id=after.id, by=by, now=now)
    elif after.is_open and not before.is_open:
        _promise_resolution(tx, desk, after, now)
    elif isinstance(made, domain.PutOnHold):
        owe.happened(tx, Happening.HELD, ticket_id=after.id, by=by, why=made.awaited.value, now=now)
    elif before.status is TicketStatus.PENDING and after.status is not TicketStatus.PENDING:
        owe.happened(tx, Happening.WENT_ON, ticket_id=after.id, by=by, now=now)
    elif before.priority is not after.priority:
        owe.reprioritise(tx, desk, after, by=by, now=now)


def _record(
    tx: Connection, desk: Desk, ticket: Ticket, made: Change, *, by: By, agent: User | None, now: datetime
) -> list[Message]:
    """Write the change and tell the customer, if it concerns them."""
    tickets.save(
        tx,
        ticket,
        made,
        by=by,
        by_id=agent.id if agent else None,
        by_name=agent.name if agent else None,
        now=now,
    )
    conversation = conversations.lock(tx, ticket.conversation_id) if ticket.conversation_id else None
    if conversation is None or not domain.is_visible(made):
        return []
    resolved = ticket.id if ticket.status is TicketStatus.RESOLVED else None
    if resolved != conversation.bot.resolved_ticket and (resolved or conversation.bot.resolved_ticket == ticket.id):
        following = replace(conversation, bot=replace(conversation.bot, resolved_ticket=resolved))
        conversations.save(tx, conversation, following, now=now)
    words = desk.texts.of(conversation.language)
    zone = desk.policy.calendar.zone
    if isinstance(made, domain.PassedOn | domain.DealerMoved):
        zone = local_time.of_dealer(tx, desk, made.dealer_id)
    text = progress(words, ticket, made, now=now, zone=zone)
    case = dealer_cases.get(tx, ticket.id) if isinstance(made, domain.Resolved) else None
    choices = plan_choices(words, ticket, made) or report_choices(words, ticket, case)
    if isinstance(made, domain.Closed) or (isinstance(made, domain.Resolved) and not choices):
        want_of_ticket(tx, desk, ticket, now=now)
    return [say(tx, desk, conversation, author=Author.SYSTEM, text=text, choices=choices, now=now)]


def progress(words: Words, ticket: Ticket, made: Change, *, now: datetime, zone: ZoneInfo) -> str:
    """What the customer hears of a change."""
    number, subject = word.spoken_number(ticket.number), word.plain(ticket.subject)
    match made:
        case domain.Opened():
            if ticket.follows_id:
                return words(
                    "This continues your earlier case. Your new case number is {number} ({subject}).",
                    number=number,
                    subject=subject,
                )
            return words(
                "Your case number is {number} ({subject}). We keep you posted right here.",
                number=number,
                subject=subject,
            )
        case domain.Commented(text=text):
            return words("News on case {number}: {text}", number=number, text=text)
        case domain.Started(text=text):
            return _with_detail(words("Case {number}: we are working on it.", number=number), text)
        case domain.PutOnHold(text=text, awaited=domain.Awaited.PARTS):
            return _with_detail(words("Case {number}: we are waiting for a part.", number=number), text)
        case domain.PutOnHold(text=text):
            return _with_detail(words("Case {number}: we need something from you.", number=number), text)
        case domain.Resolved(text=text):
            return _with_detail(
                words("Case {number} is resolved. If something is still not right, just write here.", number=number),
                text,
            )
        case domain.Reopened():
            return words("Case {number} is open again. You do not need to explain anything twice.", number=number)
        case domain.Closed(text=text):
            return _with_detail(words("Case {number} is closed.", number=number), text)
        case domain.PassedOn() | domain.DealerMoved():
            return dealer_progress(words, number, made, now=now, zone=zone)
        case domain.Merged(into=into):
            return words(
                "Case {number} goes on as case {other}, with all that you told us.",
                number=number,
                other=word.spoken_number(into),
            )
        case domain.Assigned() | domain.Prioritised() | domain.Reported() | domain.Answered():
            raise ValueError("customers do not hear of this change")
    assert_never(made)


def _with_detail(sentence: str, text: str) -> str:
    return f"{sentence}\n\n{text}" if text else sentence


def close_silent(tx: Connection, desk: Desk, now: datetime) -> list[Ticket]:
    """Close resolved tickets to which nobody objected; returns them. Quietly: the customer was told when it was resolved."""
    done = []
    for ticket in tickets.silent_since(tx, now - desk.policy.close_after):
        closed = domain.after(ticket, domain.Closed(), now)
        if isinstance(closed, Ticket):
            tickets.save(tx, closed, domain.Closed(), by=By.SYSTEM, by_id=None, by_name=None, now=now)
            done.append(closed)
    return done
