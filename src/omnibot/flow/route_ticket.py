"""Finds the owner of a ticket: reads the rules with what is known, and keeps why it went there and not elsewhere."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from omnibot.domain import fact, routing
from omnibot.domain.dealers.dealer_case import tried
from omnibot.domain.fact import Fact
from omnibot.domain.routing import Choice
from omnibot.domain.rules import Matter, Rule, categorise
from omnibot.domain.ticket import Opened, Ticket
from omnibot.flow.desk import Desk
from omnibot.store import contacts, dealer_cases, dealers, facts, purchases, reachable_dealers, tickets

_ANY = Rule(name="")


def known_facts(tx: Connection, ticket: Ticket, now: datetime, *, text: str = "") -> dict[str, Fact]:
    """What is known of the case and its contact, what follows from purchases included. Where the case, or `text` beside it,
    is about another appliance than the one that is known of the contact, nothing of that one."""
    of_case = facts.of_ticket(tx, ticket.id)
    bought = purchases.of_contact(tx, ticket.contact_id)
    named = next((one.value for one in of_case if one.key == fact.PRODUCT), None)
    about = [one for one in bought if named in (None, one.product.sku, one.product.name)]
    derived = fact.of_purchases(ticket.contact_id, about, now.astimezone(UTC).date(), now)
    of_person = [*derived, *facts.of_contact(tx, ticket.contact_id)]
    told = next((one.value for one in of_case if one.key == fact.PROBLEM), "")
    product = fact.by_key(of_person).get(fact.PRODUCT)
    words = f"{ticket.subject}\n{told}\n{text}"
    is_another = named is not None and not about
    if is_another or (named is None and not fact.fits(words, product.value if product else None, bought)):
        of_person = [one for one in of_person if one.key not in fact.OF_PRODUCT]
    return fact.by_key([*of_person, *of_case])


def matter_of(tx: Connection, desk: Desk, ticket: Ticket, text: str, now: datetime) -> Matter:
    """The case as the rules see it."""
    known = {key: found.value for key, found in known_facts(tx, ticket, now, text=text).items()}
    product = known.get(fact.PRODUCT)
    category = ticket.category
    if category is None:
        category, _ = categorise(desk.rules, text=f"{ticket.subject}\n{text}", product=product)
    contact = contacts.get(tx, ticket.contact_id)
    return Matter(
        category=category,
        region=known.get(fact.REGION),
        postcode=known.get(fact.POSTCODE),
        product=product,
        tier=contacts.tier(tx, ticket.contact_id),
        language=contact.language.value if contact else "en",
    )


def problem(tx: Connection, ticket: Ticket) -> str:
    """What is wrong, as it was told when the ticket was opened."""
    opened = (entry.change for entry in tickets.history(tx, ticket.id) if isinstance(entry.change, Opened))
    first = next(opened, None)
    return (first.description if first else "") or ticket.subject


def told_problem(tx: Connection, ticket: Ticket, known: dict[str, Fact]) -> str:
    """The same for a dealer: of a form that asked for it, only that answer, in whatever language it was given."""
    told = known.get(fact.PROBLEM)
    return told.value if told is not None and told.ticket_id == ticket.id else problem(tx, ticket)


def choose(tx: Connection, desk: Desk, ticket: Ticket, now: datetime, *, text: str = "") -> Choice:
    """Who should have it now. Dealers that have said no to this case are left out."""
    offers = [(offer.dealer_id, offer.answer) for offer in dealer_cases.offers(tx, ticket.id)]
    return routing.choose(
        matter_of(tx, desk, ticket, text, now),
        desk.rules,
        dealers.listing(tx, limit=None, retired=False),
        dealers.loads(tx),
        now,
        tried=tried(offers),
        without_group=reachable_dealers.without_group(tx),
    )


def rule_of(desk: Desk, choice: Choice | None) -> Rule:
    """The rule under which it went there; the defaults where there is none any more."""
    name = choice.rule if choice else None
    return next((rule for rule in desk.rules.rules if rule.name == name), _ANY)


def by_hand(desk: Desk, *, by: str, team: str | None = None, dealer: tuple[int, str] | None = None) -> Choice:
    """Somebody decided."""
    made = Choice(version=desk.rules.version, why=f"given by {by}", team=team)
    return replace(made, dealer_id=dealer[0], dealer_name=dealer[1]) if dealer else made
