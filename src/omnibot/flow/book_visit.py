"""Visits: times are offered to the customer, one is picked, the calendar file follows, and it is reminded of.

The file needs a disk and the reminder a clock, so both are noted in the booking's row and sent by `step`, once.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain import booking as domain
from omnibot.domain.booking import (
    Booking,
    Cancelled,
    Missed,
    Move,
    NotCome,
    Offered,
    OthersWanted,
    Picked,
    Refused,
    Slot,
    Stage,
)
from omnibot.domain.calendar_file import calendar_file
from omnibot.domain.conversation import Conversation
from omnibot.domain.dealers.dealer_case import WITH_DEALER, Plan
from omnibot.domain.decision import SLOT, SLOT_CANCEL, SLOT_NO_SHOW, SLOT_NONE, SLOT_OTHER, PickSlot
from omnibot.domain.message import Author, Choice, Message
from omnibot.domain.ticket import Ticket
from omnibot.files import Kept
from omnibot.flow import local_time
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce, say
from omnibot.flow.visit.tell import tell
from omnibot.flow.word import moment, spoken_number
from omnibot.store import bookings, conversations, dealer_cases, files, tickets
from omnibot.store.transactions import ALONE
from omnibot.texts import Words

UID_HOST = "omnibot"  # the UID has to stay the same wherever the server moves


def change(
    tx: Connection, desk: Desk, number: str, move: Move, *, now: datetime
) -> tuple[Booking | Refused | None, list[Message]]:
    """Something happens to the visit of a case, and the customer hears of it where it concerns them; None: no such ticket.
    Slots are offered by `booking.Offered`, whoever offers them."""
    ticket = tickets.get(tx, tickets.id_of(number) or 0)
    if ticket is None:
        return None, []
    conversation = conversations.lock(tx, ticket.conversation_id) if ticket.conversation_id else None
    ticket = tickets.lock(tx, number)
    assert ticket is not None
    if isinstance(move, Offered) and not ticket.is_open:
        return Refused("The ticket is not open."), []
    before = bookings.of_ticket(tx, ticket.id)
    made = domain.after(before, ticket.id, move, now)
    if isinstance(made, Refused) or made == before:
        return made, []
    is_new_time = made.slot is not None and (before is None or (made.slot, made.stage) != (before.slot, before.stage))
    is_told = is_new_time and made.stage in (Stage.BOOKED, Stage.CANCELLED)
    bookings.save(tx, made, file_due=True if is_told else None, now=now)
    said = []
    if conversation is not None:
        _await_words(tx, conversation, made, move, now)
        zone = local_time.of_case(tx, desk, ticket.id)
        text, choices = _words(desk.texts.of(conversation.language), ticket, made, move, now, zone)
        if text:
            said.append(say(tx, desk, conversation, author=Author.SYSTEM, text=text, choices=choices, now=now))
    tell(tx, desk, ticket, made, move, now)
    return made, said


def agreed(tx: Connection, desk: Desk, ticket: Ticket, plan: Plan, *, now: datetime) -> list[Message]:
    """The customer agreed to a plan: the visit that its words name is booked with it."""
    if plan.visit_at is None or plan.visit_ends_at is None or plan.visit_at <= now:
        return []
    slot = Slot(starts_at=plan.visit_at, ends_at=plan.visit_ends_at)
    before = bookings.of_ticket(tx, ticket.id)
    if before is not None and before.stage is Stage.BOOKED and before.slot == slot:
        return []
    made = domain.after(before, ticket.id, Offered((slot,)), now)
    assert isinstance(made, Booking)
    bookings.save(tx, made, file_due=None, now=now)
    return change(tx, desk, ticket.number, Picked(made.offer, 0), now=now)[1]


def press(tx: Connection, desk: Desk, pressed: PickSlot, conversation: Conversation, *, now: datetime) -> list[Message]:
    """The customer pressed a button under an offer or a confirmation, or said as much."""
    words = desk.texts.of(conversation.language)
    ticket = tickets.by_number(tx, pressed.number)
    current = bookings.of_ticket(tx, ticket.id) if ticket and ticket.conversation_id == conversation.id else None

    def told(text: str, choices: tuple[Choice, ...] = ()) -> list[Message]:
        return [say(tx, desk, conversation, author=Author.SYSTEM, text=text, choices=choices, now=now)]

    stale = words("These times are no longer offered; nothing has changed.")
    if ticket is None or current is None or current.offer != pressed.offer or not ticket.is_open:
        return told(stale)
    number, ahead = spoken_number(ticket.number), domain.ahead(current, now)
    among = pressed.among or (ahead if pressed.what == SLOT_OTHER and current.stage in domain.PICKABLE else ())
    if among:
        text = words("Case {number}: which of these times suits you?", number=number)
        return told(text, _picks(words, ticket, current, among, now, local_time.of_case(tx, desk, ticket.id)))
    if pressed.what == SLOT_NO_SHOW:
        case = dealer_cases.get(tx, ticket.id)
        move: Move = NotCome(dealer_id=case.dealer_id if case and case.stage in WITH_DEALER else None)
    elif pressed.what in (SLOT_OTHER, SLOT_NONE):
        if current.wanted_at is not None:
            return told(words("Case {number}: we have asked for other times already.", number=number))
        move = OthersWanted()
    else:
        move = Cancelled() if pressed.what == SLOT_CANCEL else Picked(pressed.offer, int(pressed.what))
    made, said = change(tx, desk, pressed.number, move, now=now)
    return said if isinstance(made, Booking) else told(stale)


def _await_words(tx: Connection, conversation: Conversation, made: Booking, move: Move, now: datetime) -> None:
    """While an offer waits for its answer, words may pick from it; once a time is booked, they say other things."""
    if isinstance(move, OthersWanted):
        return
    waits = isinstance(move, Offered) or (isinstance(move, Missed | NotCome) and bool(domain.ahead(made, now)))
    if waits or conversation.bot.visit == made.ticket_id:
        visit = made.ticket_id if waits else None
        conversations.keep_bot_state(tx, conversation.id, replace(conversation.bot, visit=visit))


async def step(desk: Desk, now: datetime) -> None:
    """Send the calendar files and reminders whose moment has come."""
    for ticket_id in await desk.store.read(partial(bookings.awake, now=now)):
        found = await desk.store.read(partial(bookings.of_ticket, ticket_id=ticket_id))
        ticket = await desk.store.read(partial(tickets.get, id=ticket_id))
        if found is None or ticket is None:
            continue
        kept = await _keep_file(desk, found, ticket, now)
        sending = partial(_send, desk=desk, ticket=ticket, seen=found, kept=kept, now=now)
        said = await desk.store.run(sending, lock=ticket.conversation_id or ALONE)
        if said and ticket.conversation_id is not None:
            announce(desk, ticket.conversation_id, said)


async def _keep_file(desk: Desk, found: Booking, ticket: Ticket, now: datetime) -> Kept | None:
    if found.slot is None or not await desk.store.read(partial(bookings.is_file_due, ticket_id=ticket.id)):
        return None
    summary, number = ticket.subject, ticket.number
    content = calendar_file(found, number=number, host=UID_HOST, summary=summary, place=None, now=now)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return await desk.files.keep(chunks())


def _send(tx: Connection, desk: Desk, ticket: Ticket, seen: Booking, kept: Kept | None, now: datetime) -> list[Message]:
    """What is due of one visit. Nothing, and it is looked at again, if it has changed since it was seen."""
    conversation = conversations.lock(tx, ticket.conversation_id) if ticket.conversation_id else None
    if tickets.lock(tx, ticket.number) is None or bookings.of_ticket(tx, ticket.id) != seen:
        return []
    is_due = kept is not None and bookings.is_file_due(tx, ticket.id)
    after, is_told = domain.reminded(seen, now)
    is_told = is_told and ticket.is_open  # what is done before its time needs no visit
    bookings.save(tx, after, file_due=False, now=now)
    if conversation is None or seen.slot is None:
        return []
    words, said = desk.texts.of(conversation.language), []
    if kept is not None and is_due:
        name = f"{ticket.number}.ics"
        attached = files.add(
            tx, conversation_id=conversation.id, name=name, media_type="text/calendar", size=kept.size,
            sha256=kept.sha256, key=kept.key, now=now,
        )  # fmt: skip
        text = words("For your calendar; open it, and the entry is up to date.")
        said.append(say(tx, desk, conversation, author=Author.SYSTEM, text=text, files=(attached,), now=now))
    if is_told:
        when = moment(words, seen.slot.starts_at, now, local_time.of_case(tx, desk, ticket.id))
        text = words("Case {number}: a reminder of our visit {when}.", number=spoken_number(ticket.number), when=when)
        said.append(
            say(tx, desk, conversation, author=Author.SYSTEM, text=text, choices=_moves(words, ticket, seen), now=now)
        )
    return said


def _words(
    words: Words, ticket: Ticket, made: Booking, move: Move, now: datetime, zone: ZoneInfo
) -> tuple[str, tuple[Choice, ...]]:
    """What the customer hears; nothing of a visit that took place."""
    number = spoken_number(ticket.number)
    match move:
        case Offered():
            picks = _picks(words, ticket, made, range(len(made.slots)), now, zone)
            return words("Case {number}: when may we visit you?", number=number), picks
        case Picked() if made.slot is not None:
            when = moment(words, made.slot.starts_at, now, zone)
            return words("Case {number}: booked, we come {when}.", number=number, when=when), _moves(
                words, ticket, made
            )
        case Cancelled():
            return words("Case {number}: the visit is cancelled.", number=number), ()
        case Missed() if made.slot is not None:
            when = moment(words, made.slot.starts_at, now, zone)
            text = words("Case {number}: we met nobody at our visit {when}.", number=number, when=when)
            if ahead := domain.ahead(made, now):
                return f"{text} {words('Which other time suits you?')}", _picks(words, ticket, made, ahead, now, zone)
            return f"{text} {words('You get other times to pick from right here.')}", ()
        case NotCome() if made.slot is not None:
            when = moment(words, made.slot.starts_at, now, zone)
            text = words("Case {number}: we are sorry that nobody came {when}.", number=number, when=when)
            asked = words("We ask for other times at once; you get them right here.")
            if ahead := domain.ahead(made, now):
                return f"{text} {asked} {words('Or does one of these suit you?')}", _picks(
                    words, ticket, made, ahead, now, zone
                )
            return f"{text} {asked}", ()
        case OthersWanted() if made.stage is Stage.BOOKED and made.slot is not None:
            when = moment(words, made.slot.starts_at, now, zone)
            return words(
                "Case {number}: we ask for other times; you get them right here. The visit {when} stands until you pick one.",
                number=number,
                when=when,
            ), _moves(words, ticket, made)[1:]
        case OthersWanted():
            return words("Case {number}: we ask for other times; you get them right here.", number=number), ()
        case _:
            return "", ()


def _picks(
    words: Words, ticket: Ticket, made: Booking, places: Iterable[int], now: datetime, zone: ZoneInfo
) -> tuple[Choice, ...]:
    about = f"{SLOT}{ticket.number}:{made.offer}:"
    picks = [Choice(id=f"{about}{n}", label=moment(words, made.slots[n].starts_at, now, zone)) for n in places]
    return (*picks, Choice(id=about + SLOT_NONE, label=words("None of these")))


def _moves(words: Words, ticket: Ticket, made: Booking) -> tuple[Choice, ...]:
    about = f"{SLOT}{ticket.number}:{made.offer}:"
    return (
        Choice(id=about + SLOT_OTHER, label=words("Another time")),
        Choice(id=about + SLOT_CANCEL, label=words("Cancel the visit")),
    )
