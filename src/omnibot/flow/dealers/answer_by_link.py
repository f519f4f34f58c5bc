"""Dealers whose group cannot answer: each message there carries a link to a page, good for that offer to that group alone.

Whoever has the link acts for the dealer, as whoever is in the group would; the customer's data is shown on that page once, to
whoever accepts. The link names group, ticket and offer, signed with a key that only the database has.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.dealers import dealer_case as domain
from omnibot.domain.dealers.dealer_case import DealerCase, Move, Plan, Report, Stage
from omnibot.domain.dealers.dealer_press import Action, Denial, Press, may_act
from omnibot.domain.dealers.dealer_report import PARTS
from omnibot.domain.group import Group
from omnibot.domain.message import Message
from omnibot.domain.ticket import Ticket
from omnibot.domain.visit import times
from omnibot.flow import local_time, route_ticket
from omnibot.flow.dealers import (
    ask_hq,
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
    Action.ASK_HQ,
)
NEEDS_TEXT = frozenset({Action.DECLINE, Action.PLAN, Action.TIMES, Action.DONE, Action.ASK_HQ})


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What a good link is about. `text` is the card; `actions` are what fits now, the likeliest first; `note`
    is why it cannot be accepted any more."""

    group: Group
    ticket: Ticket
    case: DealerCase
    number: str
    text: str
    actions: tuple[Action, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A link of ours that opens nothing any more, and why. `text` is the card as the group sees it now."""

    group: Group
    number: str
    why: str
    text: str


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
    """`is_done`: it happened. `private`: who the customer is, for whoever has just accepted."""

    is_done: bool
    why: str
    private: str = ""
    conversation_id: int | None = None
    said: tuple[Message, ...] = ()


def look(tx: Connection, desk: Desk, link: str, now: datetime) -> Linked | Over | None:
    """None for a link that is not ours, or not whole, or whose group or case is no more."""
    about, _, seal = link.rpartition("-")
    parts = about.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        return None
    if not dealer_link.is_whole(tx, about, seal):
        return None
    group_id, ticket_id, n = map(int, parts)
    group, ticket, case = groups.get(tx, group_id), tickets.get(tx, ticket_id), dealer_cases.get(tx, ticket_id)
    if group is None or ticket is None or case is None:
        return None
    words, number = desk.texts.of(group.language), spoken_number(ticket.number)
    if group.gone_at is not None:
        why = words("This group gets no cases any more, so its links have ended, too. Ask us for a new one.")
        return Over(group=group, number=number, why=why, text="")
    shown = show_cases.shown_to(tx, desk, group, ticket, case, now)
    text = case_card.face(words, shown, now).text
    if case.n != n or case.dealer_id != group.dealer_id:
        return Over(group=group, number=number, why=_why_over(tx, words, group, case, n), text=text)
    actions = tuple(
        one for one in _in_order(case.stage) if _denial(group, case, one, now) is None and _fits(one, shown.has_visit)
    )
    is_late = _denial(group, case, Action.ACCEPT, now) is Denial.EXPIRED
    note = case_word.denial(words, Denial.EXPIRED) if is_late else ""
    return Linked(group=group, ticket=ticket, case=case, number=number, text=text, actions=actions, note=note)


def answer(tx: Connection, desk: Desk, link: str, given: Answer, now: datetime) -> Answered | None:
    """Do it, or say why not; None where `look` finds nothing to answer. Of two who accept at once exactly one does."""
    seen = look(tx, desk, link, now)
    ticket = tickets.lock(tx, seen.ticket.number) if isinstance(seen, Linked) else None
    if not isinstance(seen, Linked) or ticket is None:
        return None
    group, words = seen.group, desk.texts.of(seen.group.language)
    case = dealer_cases.lock(tx, ticket.id)
    if case is None:
        return None
    why_not = _denial(group, case, given.action, now)
    if why_not is not None:
        holder = members.name_of(tx, case.member_id) if case.member_id is not None else None
        return Answered(is_done=False, why=case_word.denial(words, why_not, case.stage, holder))
    if given.action in NEEDS_TEXT and not storable(given.text).strip():
        return Answered(is_done=False, why=words("Say it in a few words, please."))
    assert group.dealer_id is not None
    name = storable(given.name).strip() or "?"
    member = members.enrol(
        tx, group.address.channel, f"{group.id}:{name.casefold()}"[:64],
        chat=None, name=name, user_id=None, dealer_id=group.dealer_id, now=now,
    )  # fmt: skip
    is_done, why, said = _carry_out(tx, desk, words, ticket, case, given, member.id, now)
    after = dealer_cases.get(tx, ticket.id)
    has_accepted = given.action is Action.ACCEPT and after is not None and after.member_id == member.id
    detail = f"member:{member.id} by link"
    audit.write(
        tx, user_id=None, action=f"dealer_{given.action.value}", subject=f"ticket:{ticket.id}", detail=detail, now=now
    )
    show_cases.show(tx, desk, ticket.id, now)
    return Answered(
        is_done=is_done,
        why=why,
        private=_private(tx, words, ticket, now) if has_accepted else "",
        conversation_id=ticket.conversation_id,
        said=tuple(said),
    )


def _carry_out(
    tx: Connection,
    desk: Desk,
    words: Words,
    ticket: Ticket,
    case: DealerCase,
    given: Answer,
    member_id: int,
    now: datetime,
) -> tuple[bool, str, list[Message]]:
    zone = local_time.of_dealer(tx, desk, case.dealer_id)
    text = storable(given.text)
    made: Move
    match given.action:
        case Action.TIMES:
            offered = visit.offer(tx, desk, words, ticket, text, zone, now)
            if offered is None:
                return False, visit.not_understood(words, given.name), []
            return bool(offered[1]), offered[0] or "", offered[1]
        case Action.NO_SHOW:
            why, said = visit.nobody_there(tx, desk, words, ticket, now)
            return bool(said), why or "", said
        case Action.ASK_HQ:
            ask_hq.ask(tx, desk, ticket, case, storable(given.name).strip() or "?", text, now)
            return True, words("Your question is with our team. The answer comes to your group."), []
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
        return False, _refusal(words, moved), []
    return True, words("Thank you, that is noted."), said


def _refusal(words: Words, refused: domain.Refused) -> str:
    """What to write instead."""
    parts = [part for part in PARTS if part in refused.missing]
    if parts:
        return case_word.too_little(words, parts)
    if "visit_at" in refused.missing:
        return words("That time is over already. Name another one.")
    if refused.missing:
        return words("Say it in a few words, please.")
    return words("That does not fit any more. This is how it stands now.")


def _private(tx: Connection, words: Words, ticket: Ticket, now: datetime) -> str:
    known = route_ticket.known_facts(tx, ticket, now)
    facts = [(key, known[key].value) for key in serve_case.TOLD_IN_PRIVATE if key in known]
    contact = contacts.get(tx, ticket.contact_id)
    if contact and contact.email:
        facts.insert(0, ("email", contact.email))
    name, problem = contact.name if contact else None, route_ticket.told_problem(tx, ticket, known)
    return case_word.private(words, spoken_number(ticket.number), name, facts, problem, 0)


def _denial(group: Group, case: DealerCase, action: Action, now: datetime) -> Denial | None:
    press = Press(
        action=action, n=case.n, group_dealer_id=group.dealer_id, member_dealer_id=group.dealer_id, member_id=0
    )
    return may_act(press, case, now)


def _in_order(stage: Stage) -> tuple[Action, ...]:
    """As the card has them, then what only words can do there."""
    usual = case_card.OFFERED.get(stage, ())
    return (*usual, *(one for one in ACTIONS if one not in usual))


def _fits(action: Action, has_visit: bool) -> bool:
    return action is not Action.NO_SHOW or has_visit


def _why_over(tx: Connection, words: Words, group: Group, case: DealerCase, n: int) -> str:
    """What became of the offer that the link is about."""
    if case.dealer_id == group.dealer_id:
        return words("This link is of an earlier offer. The newest message in your group has the one that counts.")
    ended = next((one.answer for one in dealer_cases.offers(tx, case.ticket_id) if one.n == n), None)
    match ended:
        case Stage.DECLINED:
            return words("You have declined this case; it is with somebody else now.")
        case Stage.TIMED_OUT:
            return words("The time for your answer was over, so the case went to somebody else.")
        case _:
            return words("We have taken this case back; it is with somebody else now.")
