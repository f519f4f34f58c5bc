"""Does what one of a dealer's people asks for in the group. The rules are the case's own (`domain.dealer_case`); here is asked
for what is missing, and told who has to know."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain import fact
from omnibot.domain.dealers import dealer_case as domain
from omnibot.domain.dealers import dealer_report
from omnibot.domain.dealers.dealer_case import WITH_DEALER, DealerCase, Move, Plan, Refused
from omnibot.domain.dealers.dealer_command import Aside
from omnibot.domain.dealers.dealer_press import Action
from omnibot.domain.group import Group, Member
from omnibot.domain.message import Address, Author, Message
from omnibot.domain.promise import Holder
from omnibot.domain.ticket import Ticket
from omnibot.domain.value import dataclass
from omnibot.domain.visit import times
from omnibot.flow import local_time, route_ticket, vow_in_chat
from omnibot.flow.dealers import ask_hq, case_word, dealer_clocks, hand_to_dealer
from omnibot.flow.dealers.case_card import PREFIX
from omnibot.flow.desk import Desk
from omnibot.flow.fetch import Fetched
from omnibot.flow.place import storable
from omnibot.flow.visit import serve as visit
from omnibot.flow.word import moment, plain, spoken_number
from omnibot.store import (
    cards,
    case_photos,
    contacts,
    conversations,
    dealer_forms,
    dealers,
    files,
    messages,
    notices,
)
from omnibot.store.cards import Card
from omnibot.store.dealer_forms import Form
from omnibot.texts import Words

PATIENCE = timedelta(hours=2)  # after which words are no answer to a question of ours any more
PRIVATE_FILES = 10  # of the customer's photos that go to whoever accepts
TOLD_IN_PRIVATE = (fact.PHONE, fact.ADDRESS, fact.POSTCODE, fact.REGION, fact.SERIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody who may do so wants of a case. It and its ticket are locked."""

    ticket: Ticket
    case: DealerCase
    card: Card
    group: Group
    member: Member
    name: str
    act: Action | Aside
    text: str
    files: tuple[Fetched, ...]
    answers: str | None  # the platform's id of what was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What became of it. `why` is for the person; `said` is what the customer heard."""

    outcome: str
    why: str | None = None
    said: tuple[Message, ...] = ()


def serve(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Served:
    """Do it, ask for what it takes, or say why not."""
    if asked.files and asked.case.stage in WITH_DEALER:
        _keep_photos(tx, asked, now)
    match asked.act:
        case Action.ACCEPT:
            return _accept(tx, desk, words, asked, now)
        case Action.UNDO:
            return _undo(tx, desk, words, asked, now)
        case Action.ON_SITE:
            return _move(tx, desk, words, asked, domain.ArrivedOnSite(), now)
        case Action.DONE:
            return _report(tx, desk, words, asked, now)
        case Action() if asked.act in case_word.NEED_WORDS and not asked.text:
            return _ask(tx, words, asked, asked.act, now)
        case Action.DECLINE:
            return _move(tx, desk, words, asked, domain.Declined(reason=storable(asked.text)), now)
        case Action.PLAN:
            return _move(tx, desk, words, asked, domain.PlanProposed(plan=_plan(tx, desk, asked, now)), now)
        case Action.TIMES:
            return _offer_times(tx, desk, words, asked, now)
        case Action.NO_SHOW:
            why, said = visit.nobody_there(tx, desk, words, asked.ticket, now)
            return Served(outcome="nobody there" if said else "refused", why=why, said=tuple(said))
        case Action.ASK_HQ:
            ask_hq.ask(tx, desk, asked.ticket, asked.case, asked.name, storable(asked.text), now)
            _end_form(tx, asked)
            return Served(outcome="asked us", why=words("Our team has your question; the answer comes here."))
        case Aside.CANCEL:
            _end_form(tx, asked)
            return Served(outcome="cancelled", why=words("Nothing is asked any more."))
        case Aside.HELP:
            return Served(outcome="help", why=case_word.help_text(words))
        case Aside.VOW:
            return _vow(tx, desk, words, asked, now)
        case Aside.KEPT:
            why = vow_in_chat.kept(tx, desk, words, asked.card, None, _id(asked.text), now)
            return Served(outcome="promise kept" if why is None else "no promise", why=why)
        case Aside.PHOTOS:
            n = case_photos.count(tx, asked.ticket.id, asked.case.n)
            return Served(outcome="photos", why=words("📷 {n} photos are with the case.", n=n))
    assert_never(asked.act)


def offer_promise(
    tx: Connection,
    desk: Desk,
    words: Words,
    ticket: Ticket,
    case: DealerCase,
    card: Card,
    group: Group,
    text: str,
    answers: str | None,
    now: datetime,
) -> bool:
    """Whether a promise was heard in what one of the dealer's people said about the case; it is offered under the card."""
    dealer = dealers.get(tx, case.dealer_id)
    return dealer is not None and vow_in_chat.offer(
        tx,
        words,
        group,
        card,
        text,
        holder=Holder.DEALER,
        holder_id=dealer.id,
        zone=ZoneInfo(dealer.profile.timezone),
        button=partial(_button, Aside.VOW, ticket, case),
        answers=answers,
        now=now,
    )


def _vow(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Served:
    dealer = dealers.get(tx, asked.case.dealer_id)
    assert dealer is not None
    why, said = vow_in_chat.vow_of_dealer(
        tx,
        desk,
        words,
        asked.group,
        asked.card,
        asked.ticket,
        dealer.name,
        asked.name,
        _id(asked.text),
        zone=ZoneInfo(dealer.profile.timezone),
        button=partial(_button, Aside.KEPT, asked.ticket, asked.case),
        now=now,
    )
    return Served(outcome="promised" if why is None else "not promised", why=why, said=tuple(said))


def _button(act: Aside, ticket: Ticket, case: DealerCase, id: int) -> str:
    return f"{PREFIX}:{act.value}:{ticket.id}:{case.n}:{id}"


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _move(tx: Connection, desk: Desk, words: Words, asked: Asked, made: Move, now: datetime) -> Served:
    required = desk.policy.report_photos if isinstance(made, domain.Done) else 0
    moved, said = hand_to_dealer.move(tx, desk, asked.ticket.number, made, n=asked.case.n, now=now, photos=required)
    if not isinstance(moved, DealerCase):
        # The press was allowed under the same lock, so that this is rare: the rules and the buttons disagree.
        why = moved.why if isinstance(moved, Refused) else "?"
        return Served(outcome="refused", why=words("That could not be done: {why}", why=why))
    _end_form(tx, asked)
    return Served(outcome=moved.stage.value, said=tuple(said))


def _plan(tx: Connection, desk: Desk, asked: Asked, now: datetime) -> Plan:
    """The plan, with the visit that its words name."""
    text = storable(asked.text)
    slot = times.planned(text, now, local_time.of_dealer(tx, desk, asked.case.dealer_id))
    return Plan(text=text, visit_at=slot.starts_at, visit_ends_at=slot.ends_at) if slot else Plan(text=text)


def _offer_times(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Served:
    zone = local_time.of_dealer(tx, desk, asked.case.dealer_id)
    offered = visit.offer(tx, desk, words, asked.ticket, asked.text, zone, now)
    if offered is None:
        form = Form(action=Action.TIMES, n=asked.case.n, said={}, asked_at=now)
        dealer_forms.keep(tx, asked.ticket.id, asked.member.id, form)
        text = visit.not_understood(words, plain(asked.name))
        cards.add_line(tx, asked.group, asked.card, text, answers=asked.answers, now=now)
        return Served(outcome="times not understood")
    why, said = offered
    _end_form(tx, asked)
    return Served(outcome="times offered" if said else "refused", why=why, said=tuple(said))


def _accept(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Served:
    served = _move(tx, desk, words, asked, domain.Accepted(member_id=asked.member.id), now)
    if served.outcome != domain.Stage.ACCEPTED.value:
        return served
    if asked.member.chat is None:
        text = words(
            "{name}, I have no private chat with you, so I cannot tell you who the customer is. Write to me in private.",
            name=asked.name,
        )
        cards.add_line(tx, asked.group, asked.card, text, now=now)
    else:
        _tell_in_private(tx, words, asked, Address(channel=asked.member.channel, chat=asked.member.chat), now)
    return served


def _undo(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Served:
    """What the customer was told of it is put right; what the member knows of the customer cannot be taken back."""
    owed = dealer_clocks.answered(tx, asked.case)
    if owed is None:
        return Served(outcome="refused", why=words("That could not be done: {why}", why="?"))
    served = _move(tx, desk, words, asked, domain.AcceptUndone(answer_due_at=owed.due_at), now)
    if served.outcome != domain.Stage.OFFERED.value:
        return served
    when = moment(words, owed.due_at, now, local_time.of_dealer(tx, desk, asked.case.dealer_id))
    told = words("Taken back. The case is open again; the answer is due {when}.", when=when)
    return replace(served, outcome="undone", why=told)


def _tell_in_private(tx: Connection, words: Words, asked: Asked, to: Address, now: datetime) -> None:
    """Who the customer is and how to get there, with the photos: to the one who accepted alone."""
    ticket = asked.ticket
    contact = contacts.get(tx, ticket.contact_id)
    known = route_ticket.known_facts(tx, ticket, now)
    facts = [(key, known[key].value) for key in TOLD_IN_PRIVATE if key in known]
    if contact and contact.email:
        facts.insert(0, ("email", contact.email))
    shown = messages.newest(tx, ticket.conversation_id) if ticket.conversation_id is not None else []
    photos = [file for said in shown if said.author is Author.CUSTOMER for file in said.files if not file.problem]
    text = case_word.private(
        words,
        spoken_number(ticket.number),
        contact.name if contact else None,
        facts,
        route_ticket.told_problem(tx, ticket, known),
        len(photos),
    )
    notices.add(tx, to, text, files=tuple(photos[-PRIVATE_FILES:]), now=now)


def _ask(tx: Connection, words: Words, asked: Asked, action: Action, now: datetime) -> Served:
    form = Form(action=action, n=asked.case.n, said={}, asked_at=now)
    dealer_forms.keep(tx, asked.ticket.id, asked.member.id, form)
    text = case_word.prompt(words, action, asked.name)
    cards.add_line(tx, asked.group, asked.card, text, answers=asked.answers, now=now)
    return Served(outcome=f"asked for {action.value}")


def _report(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Served:
    """The next step of the short form: what is there is kept, what is poor comes back, what is missing is asked for."""
    form = dealer_forms.get(tx, asked.ticket.id, asked.member.id)
    said = dict(form.said) if form and form.n == asked.case.n and form.action is Action.DONE else None
    photos = case_photos.count(tx, asked.ticket.id, asked.case.n)
    required = desk.policy.report_photos
    given = dealer_report.parse(asked.text)
    if said is not None and asked.text and not given:
        wanted = domain.missing(dealer_report.report(said, photos), photos=required)
        given = {wanted[0]: asked.text} if wanted and wanted[0] in dealer_report.PARTS else {}
    elif asked.text and not given:
        given = {"solution": asked.text}  # "done, a new pump is in"
    said = {**(said or {}), **{part: storable(text) for part, text in given.items()}}
    report = dealer_report.report(said, photos)
    lacking = domain.missing(report, photos=required)
    if not lacking:
        return _move(tx, desk, words, asked, domain.Done(report=report), now)
    poor = [part for part in lacking if part in given]
    kept = {part: text for part, text in said.items() if part not in lacking}
    dealer_forms.keep(
        tx, asked.ticket.id, asked.member.id, Form(action=Action.DONE, n=asked.case.n, said=kept, asked_at=now)
    )
    text = case_word.question(words, asked.name, lacking, poor)
    cards.add_line(tx, asked.group, asked.card, text, answers=asked.answers, now=now)
    return Served(outcome="report not complete")


def _keep_photos(tx: Connection, asked: Asked, now: datetime) -> None:
    """They are the case's from now on, kept with the customer's conversation; a case without one only counts them."""
    conversation_id = asked.ticket.conversation_id
    if conversation_id is not None and conversations.get(tx, conversation_id) is None:
        conversation_id = None
    for file in asked.files:
        if file.kept is None:
            continue
        kept = None
        if conversation_id is not None:
            kept = files.add(
                tx,
                conversation_id=conversation_id,
                name=storable(file.name),
                media_type=file.media_type,
                size=file.size,
                sha256=file.kept.sha256,
                key=file.kept.key,
                now=now,
            )
        case_photos.add(
            tx,
            ticket_id=asked.ticket.id,
            n=asked.case.n,
            file_id=kept.id if kept else None,
            member_id=asked.member.id,
            now=now,
        )


def _end_form(tx: Connection, asked: Asked) -> None:
    dealer_forms.drop(tx, asked.ticket.id, asked.member.id)
