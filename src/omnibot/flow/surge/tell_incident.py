"""Tells customers of an incident: its answer to whoever asks or waits, then what is new, each once and in their language.

How far everybody was told is a number in the member's row, raised in the transaction that says it: whatever crashes or
runs twice, nobody is told anything twice.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation, HandoffReason, Status
from omnibot.domain.decision import HELPED, PERSON
from omnibot.domain.message import Author, Choice, Message
from omnibot.domain.promise import Happening
from omnibot.domain.surge.incident import Incident, Membership, State, in_language, known, untold
from omnibot.flow.desk import Desk
from omnibot.flow.owe import first_due, happened
from omnibot.flow.say import announce, say
from omnibot.store import conversations, incidents, outbox, users
from omnibot.texts import Words


async def step(desk: Desk, now: datetime) -> None:
    """Tell everybody attached what they have not been told."""
    for id, conversation_id in await desk.store.read(partial(incidents.behind, now=now)):
        telling = partial(_tell, desk=desk, id=id, conversation_id=conversation_id, now=now)
        said = await desk.store.run(telling, lock=conversation_id)
        if said is not None:
            announce(desk, conversation_id, [said])


def answer(
    tx: Connection, desk: Desk, id: int, following: Conversation, *, seq: int, now: datetime
) -> tuple[str, tuple[Choice, ...]]:
    """What somebody hears who has just asked the same (in message `seq`), and is attached by it."""
    words, incident = desk.texts.of(following.language), incidents.get(tx, id)
    incidents.attach(tx, id, following.id, seq=seq, now=now)
    before = known(tuple(incidents.members(tx, id, contact_id=following.contact_id)))
    assert incident is not None
    incidents.told(tx, id, following.id, incident.news)
    if before:
        again = words("We know about this and are at it. As soon as there is news, you hear it right here.")
        return again, (_person(words),)
    return _text(tx, incident, 0, following), _choices(words, incident)


def _tell(tx: Connection, desk: Desk, id: int, conversation_id: int, now: datetime) -> Message | None:
    """Tell one; nothing if somebody else has, or if the same customer hears it elsewhere."""
    current = conversations.lock(tx, conversation_id)
    incident = incidents.lock(tx, id)
    if current is None or incident is None:
        return None
    own = tuple(incidents.members(tx, id, contact_id=current.contact_id))
    member = next((one for one in own if one.conversation_id == conversation_id), None)
    if member is None or member.state is not Membership.ATTACHED or member.told >= incident.news:
        return None
    incidents.told(tx, id, conversation_id, incident.news)
    before = known(own)
    if before >= incident.news:
        return None
    words = desk.texts.of(current.language)
    text, choices = _text(tx, incident, before, current), _choices(words, incident)
    said = say(tx, desk, current, author=Author.SYSTEM, text=text, choices=choices, now=now)
    if before == 0:
        _answered(tx, desk, incident, current, now)
    return said


def _answered(tx: Connection, desk: Desk, incident: Incident, waiting: Conversation, now: datetime) -> None:
    """Whoever waited because the bot had no answer has one now, and a button to go on waiting. Who asked for a person keeps
    the place in the queue; what an agent has stays with the agent."""
    if waiting.status is not Status.QUEUED or waiting.reason is HandoffReason.ASKED:
        return
    by = users.get(tx, incident.decided_by) if incident.decided_by is not None else None
    happened(tx, Happening.REPLIED, conversation_id=waiting.id, by=by, now=now)
    following = replace(waiting.handed_back(), due_at=first_due(tx, waiting.id))
    conversations.save(tx, waiting, following, now=now)
    outbox.cancel_bots(tx, waiting.id, now)


def _text(tx: Connection, incident: Incident, told: int, to: Conversation) -> str:
    texts = {one.n: one.texts for one in incidents.news(tx, incident.id)}
    return "\n\n".join(in_language(texts[n], to.language) for n in untold(told, incident.news))


def _choices(words: Words, incident: Incident) -> tuple[Choice, ...]:
    """While it lasts, a person instead; once it is over, whether all is well."""
    if incident.state is State.CLOSED:
        return Choice(id=HELPED, label=words("All is well again")), Choice(
            id=PERSON, label=words("Not for me: a person")
        )
    return (_person(words),)


def _person(words: Words) -> Choice:
    return Choice(id=PERSON, label=words("A person instead"))
