"""Promises that are heard where people work: "I call her by 17:00" gets a line with a button, and one press makes it owed.

Nothing is promised without the press. An agent's words are the conversation's, a dealer's the case's; what the customer then
hears, and who is reminded, is that of every promise (`keep_promises`).
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain import spoken
from omnibot.domain.access import User
from omnibot.domain.group import Group
from omnibot.domain.message import Author, Choice, Message
from omnibot.domain.promise import Holder, Promise
from omnibot.domain.ticket import Ticket
from omnibot.flow import owe
from omnibot.flow.dealers.tell_of_dealer import dealer_promises
from omnibot.flow.desk import Desk
from omnibot.flow.owe import NotPossible
from omnibot.flow.place import storable
from omnibot.flow.say import say
from omnibot.flow.word import moment, plain, spoken_number
from omnibot.store import cards, conversations, promise_offers
from omnibot.store.cards import Card
from omnibot.store.promise_offers import PromiseOffer
from omnibot.texts import Words

LONGEST = 300  # characters of what was said that are kept: a sentence
ChoiceId = Callable[[int], str]  # of the button for an offer or a promise


def offer(
    tx: Connection,
    words: Words,
    group: Group,
    card: Card,
    text: str,
    *,
    holder: Holder,
    holder_id: int,
    zone: ZoneInfo,
    button: ChoiceId,
    answers: str | None = None,
    now: datetime,
) -> bool:
    """Offer to keep what was promised in a text, each in a line under the card; whether there was anything. `zone` is where
    the one who wrote it looks at a clock."""
    heard = spoken.recognise(text, now, zone)
    for one in heard:
        said = storable(one.text)[:LONGEST]
        id = promise_offers.add(tx, card.id, holder=holder, holder_id=holder_id, text=said, due_at=one.due_at)
        line = words("📌 “{text}”: a promise, due {when}?", text=plain(said), when=moment(words, one.due_at, now, zone))
        if holder is Holder.DEALER:
            line = f"{line} {words('The customer is told the time.')}"
        choice = Choice(id=button(id), label=words("Promise it"))
        cards.add_line(tx, group, card, line, choices=(choice,), answers=answers, now=now)
    return bool(heard)


def vow_of_agent(
    tx: Connection,
    desk: Desk,
    words: Words,
    group: Group,
    card: Card,
    agent: User,
    offer_id: int | None,
    *,
    button: ChoiceId,
    now: datetime,
) -> str | None:
    """An agent stands by what he said: it is owed from now on. Returns why not; None: done."""
    offered = promise_offers.of_card(tx, card.id, offer_id)
    if offered is None or card.conversation_id is None:
        return words("Nothing was promised here.")
    if offered.holder_id != agent.id:
        return words("Only who said it can promise it.")
    if offered.promise_id is not None:
        return words("That is promised already.")
    text, due_at = offered.text, offered.due_at
    made = owe.vow(tx, desk, card.conversation_id, agent, text=text, due_at=due_at, now=now)
    if not isinstance(made, Promise):
        return words("That time is over.")
    _note(tx, words, group, card, offered, made, agent.name, desk.policy.calendar.zone, button, now)
    return None


def vow_of_dealer(
    tx: Connection,
    desk: Desk,
    words: Words,
    group: Group,
    card: Card,
    ticket: Ticket,
    dealer_name: str,
    name: str,
    offer_id: int | None,
    *,
    zone: ZoneInfo,
    button: ChoiceId,
    now: datetime,
) -> tuple[str | None, list[Message]]:
    """One of a dealer's people stands by what was said: the case's dealer owes it, and the customer hears when. Returns
    why not (None: done) and what the customer heard. The caller has locked the ticket."""
    offered = promise_offers.of_card(tx, card.id, offer_id)
    if offered is None:
        return words("Nothing was promised here."), []
    if offered.promise_id is not None:
        return words("That is promised already."), []
    if offered.due_at <= now:
        return words("That time is over."), []
    made = owe.vow_of_dealer(tx, desk, ticket, offered.holder_id, text=offered.text, due_at=offered.due_at, now=now)
    _note(tx, words, group, card, offered, made, name, zone, button, now)
    conversation = conversations.lock(tx, ticket.conversation_id) if ticket.conversation_id else None
    if conversation is None:
        return None, []
    told = dealer_promises(
        desk.texts.of(conversation.language),
        spoken_number(ticket.number),
        dealer_name,
        made.due_at,
        now=now,
        zone=desk.policy.calendar.zone,
    )
    return None, [say(tx, desk, conversation, author=Author.SYSTEM, text=told, now=now)]


def kept(
    tx: Connection, desk: Desk, words: Words, card: Card, agent: User | None, promise_id: int | None, now: datetime
) -> str | None:
    """It is done, or the newest of what was promised under the card is. Returns why not; None: done."""
    id = promise_id if promise_id is not None else promise_offers.newest_promised(tx, card.id)
    if id is None or not promise_offers.is_of(tx, card.id, id):
        return words("Nothing was promised here.")
    return words("It is over already.") if isinstance(owe.keep(tx, desk, id, agent, now=now), NotPossible) else None


def _note(
    tx: Connection,
    words: Words,
    group: Group,
    card: Card,
    offered: PromiseOffer,
    made: Promise,
    name: str,
    zone: ZoneInfo,
    button: ChoiceId,
    now: datetime,
) -> None:
    """Say in the thread that it is owed now, with the button that ends it."""
    promise_offers.promised(tx, offered.id, made.id)
    line = words(
        "📌 Promised by {name}, due {when}: “{text}”",
        name=plain(name),
        when=moment(words, made.due_at, now, zone),
        text=plain(offered.text),
    )
    cards.add_line(tx, group, card, line, choices=(Choice(id=button(made.id), label=words("It is done")),), now=now)
