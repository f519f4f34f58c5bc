"""Dealers whose group cannot answer: each message there carries a link to a page, good for that offer to that group alone.

Whoever has the link acts for the dealer, as whoever is in the group would; the customer's data is shown on that page once, to
whoever accepts. The link names group, ticket and offer, signed with a key that only the database has.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.dealers import dealer_case as domain
from omnibot.domain.dealers.dealer_case import DealerCase, Move, Plan, Report
from omnibot.domain.dealers.dealer_press import Action, Press, may_act
from omnibot.domain.group import Group
from omnibot.domain.message import Message
from omnibot.domain.ticket import Ticket
from omnibot.domain.visit import times
from omnibot.flow import local_time, route_ticket
from omnibot.flow.dealers import (
    case_card,
    case_word,
    dealer_clocks,
    dealer_link,
    hand_to_dealer,
    serve_case,
    show_cases,
)
from omnibot.flow.desk import Desk
from omnibot.flow.place import storable
from omnibot.flow.visit import serve as visit
from omnibot.flow.word import spoken_number
from omnibot.store import audit, contacts, dealer_cases, groups, members, tickets
from omnibot.texts import Words

ACTIONS = (
    Action.ACCEPT,
    Action.DECLINE,
    Action.PLAN,
    Action.TIMES,
    Action.ON_SITE,
    Action.NO_SHOW,
    Action.DONE,
    Action.UNDO,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What a good link is about. `text` is the card; `actions` are what fits now."""

    group: Group
    ticket: Ticket
    case: DealerCase
    text: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody sends from the page."""

    action: Action
    name: str
    text: str = ""
    cause: str = ""
    prevention: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`private`: who the customer is, for whoever has just accepted."""

    why: str
    private: str = ""
    conversation_id: int | None = None
    said: tuple[Message, ...] = ()


def look(tx: Connection, desk: Desk, link: str, now: datetime) -> Linked | None:
    """None for a link that is wrong, or whose offer is over."""
    about, _, seal = link.rpartition("-")
    parts = about.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        return None
    if not dealer_link.is_whole(tx, about, seal):
        return None
    group, ticket = groups.get(tx, int(parts[0])), tickets.get(tx, int(parts[1]))
    case = dealer_cases.get(tx, int(parts[1]))
    if group is None or ticket is None or case is None or group.gone_at is not None:
        return None
    if case.n != int(parts[2]) or case.dealer_id != group.dealer_id:
        return None
    words = desk.texts.of(group.language)
    shown = show_cases.shown_to(tx, desk, group, ticket, case, now)
    actions = tuple(
        one for one in ACTIONS if _may(group, case, one, now) and (one is not Action.NO_SHOW or shown.has_visit)
    )
    return Linked(group=group, ticket=ticket, case=case, text=case_card.face(words, shown, now).text, actions=actions)


def answer(tx: Connection, desk: Desk, link: str, given: Answer, now: datetime) -> Answered | None:
    """Do it, or say why not; None as in `look`. Of two who accept at once exactly one does."""
    seen = look(tx, desk, link, now)
    ticket = tickets.lock(tx, seen.ticket.number) if seen else None
    if seen is None or ticket is None:
        return None
    group, words = seen.group, desk.texts.of(seen.group.language)
    case = dealer_cases.lock(tx, ticket.id)
    if case is None or not _may(group, case, given.action, now):
        return Answered(why=words("That does not fit any more. This is how it stands now."))
    assert group.dealer_id is not None
    name = storable(given.name).strip() or "?"
    member = members.enrol(
        tx, group.address.channel, f"{group.id}:{name.casefold()}"[:64],
        chat=None, name=name, user_id=None, dealer_id=group.dealer_id, now=now,
    )  # fmt: skip
    why, said = _do(tx, desk, words, ticket, case, given, member.id, now)
    after = dealer_cases.get(tx, ticket.id)
    has_accepted = given.action is Action.ACCEPT and after is not None and after.member_id == member.id
    detail = f"member:{member.id} by link"
    audit.write(
        tx, user_id=None, action=f"dealer_{given.action.value}", subject=f"ticket:{ticket.id}", detail=detail, now=now
    )
    show_cases.show(tx, desk, ticket.id, now)
    return Answered(
        why=why,
        private=_private(tx, words, ticket, now) if has_accepted else "",
        conversation_id=ticket.conversation_id,
        said=tuple(said),
    )


def _do(
    tx: Connection,
    desk: Desk,
    words: Words,
    ticket: Ticket,
    case: DealerCase,
    given: Answer,
    member_id: int,
    now: datetime,
) -> tuple[str, list[Message]]:
    zone = local_time.of_dealer(tx, desk, case.dealer_id)
    text = storable(given.text)
    made: Move
    match given.action:
        case Action.TIMES:
            offered = visit.offer(tx, desk, words, ticket, text, zone, now)
            return (offered[0] or "", offered[1]) if offered else (visit.not_understood(words, given.name), [])
        case Action.NO_SHOW:
            why, said = visit.nobody_there(tx, desk, words, ticket, now)
            return why or "", said
        case Action.ACCEPT:
            made = domain.Accepted(member_id=member_id)
        case Action.DECLINE:
            made = domain.Declined(reason=text)
        case Action.PLAN:
            slot = times.planned(text, now, zone)
            at, until = (slot.starts_at, slot.ends_at) if slot else (None, None)
            made = domain.PlanProposed(plan=Plan(text=text, visit_at=at, visit_ends_at=until))
        case Action.UNDO:
            owed = dealer_clocks.answered(tx, case)
            made = domain.AcceptUndone(answer_due_at=owed.due_at if owed else now)
        case Action.DONE:
            # Pictures cannot be sent from there, so none are asked for.
            cause, prevention = storable(given.cause), storable(given.prevention)
            made = domain.Done(report=Report(cause=cause, solution=text, prevention=prevention))
        case _:
            made = domain.ArrivedOnSite()
    moved, said = hand_to_dealer.move(tx, desk, ticket.number, made, n=case.n, now=now)
    if isinstance(moved, domain.Refused):
        return words("That could not be done: {why}", why=moved.why), []
    return words("Thank you, that is noted."), said


def _private(tx: Connection, words: Words, ticket: Ticket, now: datetime) -> str:
    known = route_ticket.known_facts(tx, ticket, now)
    facts = [(key, known[key].value) for key in serve_case.TOLD_IN_PRIVATE if key in known]
    contact = contacts.get(tx, ticket.contact_id)
    name, problem = contact.name if contact else None, route_ticket.told_problem(tx, ticket, known)
    return case_word.private(words, spoken_number(ticket.number), name, facts, problem, 0)


def _may(group: Group, case: DealerCase, action: Action, now: datetime) -> bool:
    press = Press(
        action=action, n=case.n, group_dealer_id=group.dealer_id, member_dealer_id=group.dealer_id, member_id=0
    )
    return may_act(press, case, now) is None
