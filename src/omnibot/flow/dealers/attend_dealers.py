"""What people say and press in a dealer's group: who it is, which case is meant, and whether it counts. What it does is in
`serve_case`. Talk among colleagues is left alone."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage, Speaker
from omnibot.domain.dealers import dealer_command, dealer_report
from omnibot.domain.dealers.dealer_case import WITH_DEALER, DealerCase
from omnibot.domain.dealers.dealer_command import Aside
from omnibot.domain.dealers.dealer_press import Action, Denial, Press, may_act
from omnibot.domain.group import Group, Member
from omnibot.domain.ticket import Ticket
from omnibot.domain.value import dataclass
from omnibot.flow import stale
from omnibot.flow.dealers import case_card, case_word, serve_case, show_cases
from omnibot.flow.dealers.serve_case import Asked
from omnibot.flow.desk import Desk
from omnibot.flow.fetch import Fetched
from omnibot.flow.staff.answer_in_group import Attended, answer, finish
from omnibot.store import audit, cards, dealer_cases, dealer_forms, groups, members, notices, tickets
from omnibot.store.cards import Card
from omnibot.store.inbox import Waiting
from omnibot.texts import Words

PROMISES = (Aside.VOW, Aside.KEPT)
BUTTONS: dict[str, Action | Aside] = {act.value: act for act in (*Action, *PROMISES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What somebody refers to: a card of this group, as it was when they saw it, and what they want."""

    card: Card | None
    n: int  # of the offer that the card or its button was about
    act: Action | Aside | None  # None: words that may answer a question of ours
    text: str
    number: str | None = None  # of a case, where it was named
    is_copy: bool = False  # a button under something that is not this group's card


def attend(
    tx: Connection,
    desk: Desk,
    head: Waiting,
    parsed: InboundMessage,
    fetched: list[Fetched],
    group: Group,
    can_whisper: bool,
    now: datetime,
) -> Attended:
    """Do what one of the dealer's people asks for, or say why not."""
    words = desk.texts.of(group.language)
    meant = _pressed(tx, group, parsed) if _is_press(parsed) else _said(tx, group, parsed)

    def told(text: str | None, outcome: str, *, under: Card | None = None, **more: object) -> Attended:
        answer(tx, group, under, parsed, None if can_whisper else text, now)
        return finish(tx, head, outcome, Attended(whisper=text or "", **more))  # type: ignore[arg-type]  # its fields

    card = meant.card
    if card is None and not meant.is_copy:
        if meant.number is None or meant.act is None:
            return told(None, "ignored: talk in a dealer's group")
        number = tickets.id_of(meant.number)
        text = words("There is no case {number} here.", number=meant.number) if number else None
        return told(text, "ignored: about no case of this group")
    is_here = parsed.sender is not None and not stale.has_left(tx, group, parsed)
    member = members.of_dealers(tx, group.address.channel, parsed.sender) if parsed.sender and is_here else None
    if card is None or card.ticket_id is None:
        return told(case_word.denial(words, Denial.FORWARDED), "ignored: forwarded")
    ticket = tickets.lock(tx, tickets.number_of(card.ticket_id))
    case = dealer_cases.lock(tx, card.ticket_id)
    if ticket is None or case is None:
        return told(None, "ignored: about no case")
    if meant.act is None:
        meant = _answering(tx, ticket, case, group, member, parsed, meant, fetched, now)
    if meant.act is None:
        if _may_promise(parsed, group, member, case, meant) and serve_case.offer_promise(
            tx, desk, words, ticket, case, card, group, meant.text, parsed.message_id, now
        ):
            return told(None, "dealer: promise offered", under=card)
        return told(None, "ignored: talk about a case")
    if denial := _denied(parsed, meant, group, member, case, now):
        text = _complaint(tx, words, group, parsed, denial, case, member, now)
        return told(text, f"ignored: {denial.value}", under=card)
    assert member is not None
    # A promise may be due much later than a card's buttons count.
    if meant.act not in PROMISES and stale.renew(tx, card, parsed, head.received_at):
        show_cases.show(tx, desk, ticket.id, now)
        return told(words("This card is some days old. It stands below anew; press there."), "ignored: an old card")
    asked = Asked(
        ticket=ticket,
        case=case,
        card=card,
        group=group,
        member=member,
        name=member.name or parsed.sender_name or "?",
        act=meant.act,
        text=meant.text,
        files=tuple(fetched),
        answers=parsed.message_id,
    )
    done = serve_case.serve(tx, desk, words, asked, now)
    audit.write(
        tx,
        user_id=None,
        action=f"dealer_{meant.act.value}",
        subject=f"ticket:{ticket.id}",
        detail=f"member:{member.id} {done.outcome}",
        now=now,
    )
    show_cases.show(tx, desk, ticket.id, now)
    return told(
        done.why,
        f"dealer: {done.outcome}",
        under=card,
        conversation_id=ticket.conversation_id if done.said else None,
        said=done.said,
    )


def _is_press(parsed: InboundMessage) -> bool:
    return parsed.choice is not None or parsed.press is not None


def _pressed(tx: Connection, group: Group, parsed: InboundMessage) -> Meant:
    """A button names its case and offer; it has to stand under the card that this group has of it."""
    copy = Meant(card=None, n=0, act=None, text="", is_copy=True)
    prefix, action, *about = (parsed.choice or "").split(":") if ":" in (parsed.choice or "") else ("", "")
    act = BUTTONS.get(action)
    if prefix != case_card.PREFIX or act is None or len(about) != (3 if act in PROMISES else 2):
        return copy
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in about):
        return copy
    ticket_id, n, *which = about
    card = cards.of_subject(tx, group, show_cases.subject_of(int(ticket_id)))
    if card is None or notices.card_of(tx, group.address.channel, parsed.references) != card.id:
        return copy
    return Meant(card=card, n=int(n), act=act, text="".join(which))


def _said(tx: Connection, group: Group, parsed: InboundMessage) -> Meant:
    """Words stand in a card's thread, answer it or a line under it, or name the case's number."""
    # What somebody else wrote orders nothing.
    command = None if parsed.is_forwarded else dealer_command.parse(parsed.text)
    card = cards.of_place(tx, group, parsed.address, parsed.references)
    number = command.number if command else None
    if number is not None:
        id = tickets.id_of(number)
        card = cards.of_subject(tx, group, show_cases.subject_of(id)) if id is not None else None
    return Meant(
        card=card,
        n=card.seen_epoch if card else 0,
        act=command.act if command else None,
        text=command.text if command else parsed.text,
        number=number,
    )


def _answering(
    tx: Connection,
    ticket: Ticket,
    case: DealerCase,
    group: Group,
    member: Member | None,
    parsed: InboundMessage,
    meant: Meant,
    fetched: list[Fetched],
    now: datetime,
) -> Meant:
    """Words or photos as the answer to what this person was asked, or as a report that nobody had to ask for."""
    if member is None or not _is_theirs(parsed, group, case, meant):
        return meant
    form = dealer_forms.get(tx, ticket.id, member.id)
    if form is not None and form.n == case.n and now - form.asked_at <= serve_case.PATIENCE:
        return replace(meant, act=form.action)
    if len(dealer_report.parse(parsed.text)) > 1 or (fetched and case.stage in WITH_DEALER):
        return replace(meant, act=Action.DONE if not fetched or dealer_report.parse(parsed.text) else Aside.PHOTOS)
    return meant


def _is_theirs(parsed: InboundMessage, group: Group, case: DealerCase, meant: Meant) -> bool:
    """Whether a person says it of a case that this group's dealer has."""
    is_in_person = not parsed.is_forwarded and parsed.speaker is Speaker.PERSON
    return is_in_person and case.dealer_id == group.dealer_id and case.n == meant.n


def _may_promise(parsed: InboundMessage, group: Group, member: Member | None, case: DealerCase, meant: Meant) -> bool:
    is_member = member is not None and member.dealer_id == case.dealer_id
    return is_member and case.stage in WITH_DEALER and _is_theirs(parsed, group, case, meant)


def _denied(
    parsed: InboundMessage, meant: Meant, group: Group, member: Member | None, case: DealerCase, now: datetime
) -> Denial | None:
    press = Press(
        # What is no move of the case fits wherever one may ask.
        action=meant.act if isinstance(meant.act, Action) else Action.ASK_HQ,
        n=meant.n,
        group_dealer_id=group.dealer_id,
        member_dealer_id=member.dealer_id if member else None,
        member_id=member.id if member else None,
        is_bot=parsed.speaker is Speaker.MACHINE,
        is_anonymous=parsed.speaker is Speaker.ANONYMOUS,
        is_forwarded=parsed.is_forwarded,
    )
    return may_act(press, case, now)


def _complaint(
    tx: Connection,
    words: Words,
    group: Group,
    parsed: InboundMessage,
    denial: Denial,
    case: DealerCase,
    member: Member | None,
    now: datetime,
) -> str | None:
    """Why it counts for nothing; to a stranger's words only once."""
    is_stranger = denial in (Denial.STRANGER, Denial.OTHER_DEALER, Denial.ANONYMOUS)
    if is_stranger and not _is_press(parsed) and not groups.greet_stranger(tx, group.id, parsed.sender or "", now):
        return None
    accepted_by = members.name_of(tx, case.member_id) if case.member_id is not None else None
    return case_word.denial(words, denial, case.stage, accepted_by)
