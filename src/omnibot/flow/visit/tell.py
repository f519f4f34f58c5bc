"""Tells the dealer's groups and our team what became of a visit, and keeps the dealer's case true to it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain.booking import Booking, Cancelled, Missed, Move, NotCome, OthersWanted, Picked
from omnibot.domain.dealers import dealer_case as cases
from omnibot.domain.dealers.dealer_case import DealerCase, Stage
from omnibot.domain.ticket import Ticket
from omnibot.flow import local_time
from omnibot.flow.dealers import ask_hq, show_cases
from omnibot.flow.desk import Desk
from omnibot.flow.word import moment, spoken_number
from omnibot.store import cards, dealer_cases, groups
from omnibot.texts import Words


def tell(tx: Connection, desk: Desk, ticket: Ticket, made: Booking, move: Move, now: datetime) -> None:
    """After `move`; the ticket is locked. What the customer hears is for `book_visit`."""
    case = dealer_cases.lock(tx, ticket.id)
    is_wanted = made.wanted_at == now and isinstance(move, OthersWanted | Missed)
    zone = local_time.of_case(tx, desk, ticket.id)
    if case is not None and case.stage in cases.WITH_DEALER:
        if isinstance(move, Missed | NotCome):
            _leave_site(tx, case, now)
        _tell_dealer(tx, desk, ticket, case, made, move, is_wanted, now)
        show_cases.show(tx, desk, ticket.id, now)
    number = spoken_number(ticket.number)
    if isinstance(move, NotCome) and made.slot is not None:
        begin = made.slot.starts_at
        ask_hq.tell_team(
            tx,
            desk,
            ticket,
            lambda words: words(
                "⚠️ Case {number}: the customer says that nobody came {when}, and waits for other times.",
                number=number,
                when=moment(words, begin, now, zone),
            ),
            now,
        )
    if is_wanted:
        ask_hq.tell_team(
            tx,
            desk,
            ticket,
            lambda words: words("🗓 Case {number}: the customer waits for other times for the visit.", number=number),
            now,
        )


def _leave_site(tx: Connection, case: DealerCase, now: datetime) -> None:
    """Who met nobody, or did not come, is not at work; the plan stands."""
    if case.stage is Stage.ON_SITE:
        left = cases.after(case, cases.NobodyThere(), now)
        assert isinstance(left, DealerCase)
        dealer_cases.save(tx, case, left)


def _tell_dealer(
    tx: Connection,
    desk: Desk,
    ticket: Ticket,
    case: DealerCase,
    made: Booking,
    move: Move,
    is_wanted: bool,
    now: datetime,
) -> None:
    zone = local_time.of_dealer(tx, desk, case.dealer_id)
    for group in groups.of_dealer(tx, case.dealer_id):
        card = cards.of_subject(tx, group, show_cases.subject_of(ticket.id))
        text = _said(desk.texts.of(group.language), ticket, made, move, is_wanted, now, zone)
        if card is not None and text:
            cards.add_line(tx, group, card, text, now=now)


def _said(
    words: Words, ticket: Ticket, made: Booking, move: Move, is_wanted: bool, now: datetime, zone: ZoneInfo
) -> str:
    number = spoken_number(ticket.number)
    if is_wanted:
        return words(
            "🗓 Case {number}: the customer needs other times. Offer some, for example: times Tue 9-11; Wed 14:00",
            number=number,
        )
    match move:
        case Picked() if made.slot is not None:
            return words(
                "🗓 Case {number}: the visit is booked: {when}.",
                number=number,
                when=moment(words, made.slot.starts_at, now, zone),
            )
        case NotCome() if made.slot is not None:
            return words(
                "⚠️ Case {number}: the customer says that nobody came {when}. Offer times now, such as: times Tue 9-11; Wed 14:00",
                number=number,
                when=moment(words, made.slot.starts_at, now, zone),
            )
        case Cancelled():
            return words("🗓 Case {number}: the visit is cancelled.", number=number)
        case _:
            return ""
