"""Asks how it went, some minutes after a conversation or case has ended. What is to be asked is a row with a timer, so that
a restart loses nothing and two workers ask once."""

from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Author, Choice, Message
from omnibot.domain.rating import BEST, RATE, RETRY, Rating, Turn, turn
from omnibot.domain.ticket import Ticket
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce, said_automatically, say
from omnibot.flow.word import plain, spoken_number
from omnibot.store import assignments, conversations, messages, ratings, reachability, tickets
from omnibot.texts import Words, mark

# From 1 to 5. Where choices are numbered lines, their numbers are the scores.
_LABELS = (
    mark("★ very bad"),
    mark("★★ bad"),
    mark("★★★ fair"),
    mark("★★★★ good"),
    mark("★★★★★ very good"),
)


def want_of_conversation(tx: Connection, desk: Desk, ended: Conversation, *, now: datetime) -> None:
    """An agent has closed it. `ended` is the conversation as it was before; nobody is asked about a talk without people."""
    if desk.policy.rating.is_on and ratings.was_helped_by_people(tx, ended.id):
        _want(tx, desk, ended, None, now)


def want_of_ticket(tx: Connection, desk: Desk, ended: Ticket, *, now: datetime) -> None:
    """It was resolved or closed; the second of the two changes nothing."""
    if not desk.policy.rating.is_on or ended.conversation_id is None:
        return
    conversation = conversations.get(tx, ended.conversation_id)
    if conversation is not None:
        _want(tx, desk, conversation, ended, now)


def _want(tx: Connection, desk: Desk, ended: Conversation, ticket: Ticket | None, now: datetime) -> None:
    assigned = assignments.get(tx, ticket.id) if ticket else assignments.NOBODY
    ratings.want(
        tx,
        conversation_id=ended.id,
        ticket_id=ticket.id if ticket else None,
        agent_id=(ticket.agent_id if ticket else None) or ended.agent_id or assigned.first_agent_id,
        dealer_id=assigned.dealer_id,
        team=assigned.team,
        entry_id=_last_answer(tx, ended),
        ask_at=now + desk.policy.rating.delay,
        now=now,
    )


def _last_answer(tx: Connection, conversation: Conversation) -> str | None:
    """The FAQ entry that the bot answered last. It forgets it when it gets a conversation back; the transcript does not."""
    if conversation.bot.last_entry is not None:
        return conversation.bot.last_entry
    why = messages.explanations(tx, conversation.id)
    answers = [seq for seq, one in why.items() if one.decision == "answer" and one.candidates]
    return why[max(answers)].candidates[0][0] if answers else None


async def step(desk: Desk, now: datetime) -> None:
    """Ask those whose moment has come."""
    if not desk.policy.rating.is_on:
        return
    for id, conversation_id in await desk.store.read(partial(ratings.due, now=now)):
        asking = partial(_ask, desk=desk, id=id, conversation_id=conversation_id, now=now)
        said = await desk.store.run(asking, lock=conversation_id)
        if said is not None:
            announce(desk, conversation_id, [said])


def _ask(tx: Connection, desk: Desk, id: int, conversation_id: int, now: datetime) -> Message | None:
    """Ask one, put it off or drop it; nothing if somebody else has."""
    conversation, rating = conversations.lock(tx, conversation_id), ratings.lock(tx, id)
    if conversation is None or rating is None or rating.ask_at is None or rating.ask_at > now:
        return None
    newest = messages.newest(tx, conversation_id, limit=1)
    ticket = tickets.get(tx, rating.ticket_id) if rating.ticket_id else None
    limit = desk.policy.automatic_per_hour
    is_quiet = said_automatically(tx, desk, conversation, now) < limit
    match turn(
        rating,
        conversation,
        newest[-1] if newest else None,
        ticket,
        was_asked_lately=ratings.was_asked(tx, conversation.contact_id, since=now - desk.policy.rating.every),
        can_be_reached=is_quiet and reachability.why_not(tx, conversation.address) is None,
        now=now,
    ):
        case Turn.DROP:
            ratings.drop(tx, id)
        case Turn.WAIT:
            ratings.postpone(tx, id, now + RETRY)
        case Turn.ASK:
            ratings.asked(tx, id, now)
            conversations.keep_bot_state(tx, conversation_id, conversation.bot.asked_to_rate(id))
            text, choices = _question(desk.texts.of(conversation.language), rating, ticket)
            return say(tx, desk, conversation, author=Author.SYSTEM, text=text, choices=choices, now=now)
    return None


def _question(words: Words, rating: Rating, ticket: Ticket | None) -> tuple[str, tuple[Choice, ...]]:
    if ticket is not None:
        number, subject = spoken_number(ticket.number), plain(ticket.subject)
        asked = words("How did we do with case {number} ({subject})?", number=number, subject=subject)
    else:
        asked = words("How was our help?")
    how = words("A number from 1 (very bad) to 5 (very good) is enough; a word with it is welcome.")
    labels = zip(range(1, BEST + 1), _LABELS, strict=True)
    choices = tuple(Choice(id=f"{RATE}{rating.id}:{score}", label=words(label)) for score, label in labels)
    return f"{asked} {how}", choices
