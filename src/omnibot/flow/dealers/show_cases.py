"""Keeps the cards in dealers' groups as the cases are. Like the staff's (`show_cards`), they follow from committed rows: no move
of a case has to know of them, and a crash loses none."""

import re
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain import booking, fact
from omnibot.domain.dealers.dealer_case import DealerCase, Stage
from omnibot.domain.fact import Fact
from omnibot.domain.form import spoken
from omnibot.domain.group import Group, GroupRole
from omnibot.domain.language import Language
from omnibot.domain.masking import mask
from omnibot.domain.message import Author
from omnibot.domain.ticket import Ticket
from omnibot.flow import local_time, route_ticket
from omnibot.flow.dealers import case_card as faces
from omnibot.flow.dealers import dealer_clocks, dealer_link
from omnibot.flow.dealers.case_card import Face, Shown
from omnibot.flow.desk import Desk
from omnibot.flow.visit import word_visit
from omnibot.store import (
    bookings,
    cards,
    case_cards,
    case_photos,
    contacts,
    dealer_cases,
    groups,
    members,
    messages,
    promises,
    purchases,
    tickets,
)
from omnibot.store.cards import Card

MESSAGES = 200  # of a conversation, in which the customer's photos are counted


def subject_of(ticket_id: int) -> str:
    """A case as the subject of a card."""
    return f"case:{ticket_id}"


async def step(desk: Desk, now: datetime) -> int:
    """Bring the cards up to date that are not; returns how many cases they are of."""
    behind = await desk.store.read(partial(_behind, now=now))
    for id in behind:
        await desk.store.run(partial(show, desk=desk, ticket_id=id, now=now))
    return len(behind)


def _behind(tx: Connection, now: datetime) -> list[int]:
    return case_cards.outdated(tx, now) if groups.in_force(tx, GroupRole.DEALER) else []


def show(tx: Connection, desk: Desk, ticket_id: int, now: datetime) -> None:
    """Bring the case's card up to date in its dealer's groups, and in those of whoever had it before."""
    ticket, case = tickets.lock(tx, tickets.number_of(ticket_id)), dealer_cases.get(tx, ticket_id)
    if ticket is None or case is None:
        return
    own = groups.of_dealer(tx, case.dealer_id)
    earlier = [groups.get(tx, id) for id in case_cards.followed_in(tx, ticket_id)]
    places = {group.id: group for group in [*own, *earlier] if group and group.gone_at is None}
    for group in places.values():
        card = cards.open_for(tx, group, subject_of(ticket_id), ticket_id=ticket_id, now=now)
        if card.is_live or case.stage in case_cards.FOLLOWED:
            _show(tx, desk, group, card, ticket, case, now)


def _show(
    tx: Connection, desk: Desk, group: Group, card: Card, ticket: Ticket, case: DealerCase, now: datetime
) -> None:
    if not card.is_live and card.text:
        cards.post_again(tx, card.id)  # it is theirs again: nobody looks at an old card far above
        again = cards.get(tx, card.id)
        assert again is not None
        card = again
    shown = shown_to(tx, desk, group, ticket, case, now)
    seen = faces.face(desk.texts.of(group.language), shown, now)
    if group.address.channel in desk.one_way and seen.choices:
        seen = _with_link(tx, desk, group, case, seen)
    cards.show(tx, group, card, text=seen.text, choices=seen.choices, now=now)
    cards.keep_seen(
        tx,
        card.id,
        seq=ticket.changes,
        epoch=case.n,
        is_live=group.dealer_id == case.dealer_id and case.stage in case_cards.FOLLOWED,
        is_late=any(due <= now for _, due in shown.clocks),
    )


def _with_link(tx: Connection, desk: Desk, group: Group, case: DealerCase, seen: Face) -> Face:
    """Where nothing can be pressed, a page takes the answer."""
    words = desk.texts.of(group.language)
    link = words("Answer here: {link}", link=desk.public_url + dealer_link.path(tx, group, case))
    return Face(text=f"{seen.text}\n\n{link}", choices=())


def shown_to(tx: Connection, desk: Desk, group: Group, ticket: Ticket, case: DealerCase, now: datetime) -> Shown:
    """What the people of a group may know of a case."""
    known = route_ticket.known_facts(tx, ticket, now)
    contact = contacts.get(tx, ticket.contact_id)
    names = [contact.name] if contact and contact.name else []
    clocks = [
        (one.kind, one.due_at)
        for one in promises.of_ticket(tx, ticket.id)
        if one.kind in dealer_clocks.KINDS and one.is_open
    ]
    zone = local_time.of_dealer(tx, desk, group.dealer_id)
    booked = bookings.of_ticket(tx, ticket.id)
    return Shown(
        ticket=replace(ticket, subject=_masked(ticket.subject, known, names)),
        case=_without_person(case, known, names),
        category=_category(desk, ticket, group.language),
        problem=_problem(tx, ticket, known, names),
        product=_product(tx, ticket, known),
        warranty=_value(known, fact.WARRANTY_ENDS_ON),
        area=" ".join(part for key in (fact.POSTCODE, fact.REGION) if (part := _value(known, key))) or None,
        photos=_photos(tx, ticket),
        report_photos=case_photos.count(tx, ticket.id, case.n),
        member=members.name_of(tx, case.member_id) if case.member_id is not None else None,
        clocks=tuple(sorted(clocks, key=lambda clock: clock[1])),
        ended=_ended(tx, group, case),
        visit=word_visit.line(desk.texts.of(group.language), booked, now, zone) if booked and ticket.is_open else "",
        has_visit=booked is not None and booked.stage is booking.Stage.BOOKED,
        zone=zone,
    )


def _without_person(case: DealerCase, known: dict[str, Fact], names: list[str]) -> DealerCase:
    """What the customer objected is in the customer's own words, too."""
    wish = case.details.wish
    return replace(case, details=replace(case.details, wish=_masked(wish, known, names))) if wish else case


def _problem(tx: Connection, ticket: Ticket, known: dict[str, Fact], names: list[str]) -> str:
    """What is wrong in the customer's words. A form's summary has the address in it, too: that is for whoever accepts."""
    return _masked(route_ticket.told_problem(tx, ticket, known), known, names)


def _masked(text: str, known: dict[str, Fact], names: list[str]) -> str:
    """The words without who said them, and without where that is: the address whole, and each part of it."""
    for key in (fact.ADDRESS, fact.PHONE):
        value = _value(known, key) or ""
        for part in (value, *filter(_is_telling, re.split(r"[,，;；\n]", value))):
            if part.strip():
                text = re.sub(re.escape(part.strip()), "…", text, flags=re.IGNORECASE)
    return mask(text, names)


def _is_telling(part: str) -> bool:
    """Whether a part of an address stands for the place: a street and its number, not a town's name."""
    return len(part.strip()) >= 5 and any(character.isdigit() for character in part)


def _category(desk: Desk, ticket: Ticket, language: Language) -> str | None:
    """What it is about, in the group's words."""
    known = next((one for one in desk.rules.categories if one.name == ticket.category), None)
    return (spoken(known.title, language) if known else None) or ticket.category


def _product(tx: Connection, ticket: Ticket, known: dict[str, Fact]) -> str | None:
    """By name, where it was bought from us; else as somebody called it."""
    sku = _value(known, fact.PRODUCT)
    bought = (one.product.name for one in purchases.of_contact(tx, ticket.contact_id) if one.product.sku == sku)
    name = next(bought, None)
    return f"{name} ({sku})" if name else sku


def _photos(tx: Connection, ticket: Ticket) -> int:
    if ticket.conversation_id is None:
        return 0
    said = messages.newest(tx, ticket.conversation_id, limit=MESSAGES)
    return sum(len(message.files) for message in said if message.author is Author.CUSTOMER)


def _value(known: dict[str, Fact], key: str) -> str | None:
    return known[key].value if key in known else None


def _ended(tx: Connection, group: Group, case: DealerCase) -> Stage | None:
    """How the last offer to the group's dealer ended, where another dealer has the case."""
    if group.dealer_id == case.dealer_id:
        return None
    theirs = [offer for offer in dealer_cases.offers(tx, case.ticket_id) if offer.dealer_id == group.dealer_id]
    answer = theirs[-1].answer if theirs else None
    return Stage(answer) if answer in faces.ENDINGS else Stage.WITHDRAWN
