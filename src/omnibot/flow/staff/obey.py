"""Does what an agent asks for in a conversation's thread: the same verbs as the console's, under the same rules."""

from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from sqlalchemy.engine import Connection

from omnibot.domain import staff_command as command
from omnibot.domain import ticket as domain
from omnibot.domain.access import User
from omnibot.domain.conversation import Status
from omnibot.domain.group import Group
from omnibot.domain.message import Attachment
from omnibot.domain.promise import Holder
from omnibot.domain.staff_command import SUBJECT_LENGTH, StaffCommand
from omnibot.domain.ticket import Priority, Refused, Ticket
from omnibot.domain.value import dataclass
from omnibot.flow import attend, change_ticket, find_owner, look_up, vow_in_chat
from omnibot.flow.attend import Done, Held, NotOwned, Result, Stale
from omnibot.flow.dealers import ask_hq, hand_to_dealer
from omnibot.flow.desk import Desk
from omnibot.flow.fetch import Fetched
from omnibot.flow.place import storable
from omnibot.flow.staff.card import PREFIX, own_tickets
from omnibot.flow.word import spoken_number
from omnibot.store import cards, conversations, files
from omnibot.store.cards import Card
from omnibot.texts import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an agent wants of a conversation. Without a command the text is a note."""

    conversation_id: int
    group: Group
    agent: User
    command: StaffCommand | None
    text: str
    is_press: bool
    event: str  # its id: the same one again says nothing twice
    seen_seq: int  # the newest message that the agent had before him
    files: tuple[Fetched, ...]
    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of it. `why` is for the agent; lines with the seqs `told` stand in the thread already."""

    outcome: str
    why: str | None = None
    told: frozenset[int] = frozenset()


def obey(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Answer:
    """Do it, or say why not."""
    id, agent = asked.conversation_id, asked.agent
    match asked.command:
        case None | command.Remark():
            return _note(tx, desk, words, asked, now)
        case command.Take():
            return _take(tx, desk, words, asked, now)
        case command.Reply(text=text):
            return _reply(tx, desk, words, asked, text, now)
        case command.HandBack():
            return _answer(words, attend.hand_back(tx, desk, id, agent, now=now), "hand back")
        case command.Release():
            return _answer(words, attend.release(tx, desk, id, agent, now=now), "release")
        case command.Close():
            return _answer(words, attend.close(tx, desk, id, agent, now=now), "close")
        case command.OpenTicket(subject=subject):
            return _open_ticket(tx, desk, words, asked, subject, now)
        case command.Resolve(text=text):
            return _resolve(tx, desk, words, asked, text, now)
        case command.Snooze(minutes=minutes):
            return _snooze(tx, words, asked, minutes, now)
        case command.Vow(offer_id=offer_id):
            return _vow(tx, desk, words, asked, offer_id, now)
        case command.Kept(promise_id=promise_id):
            why = vow_in_chat.kept(tx, desk, words, asked.card, agent, promise_id, now)
            return Answer(outcome="promise kept" if why is None else "no promise", why=why)
        case command.Help():
            return Answer(outcome="help", why=help_text(words))
        case command.Unknown(word=word):
            why = words("I do not know the command {word}; nothing was done.", word=word)
            return Answer(outcome="unknown command", why=f"{why}\n\n{help_text(words)}")
    assert_never(asked.command)


def help_text(words: Words) -> str:
    """What can be said in a conversation's thread; one short line, for it may have to fit into a whisper."""
    return words(
        "/r text: reply · /take · /ticket · /resolve · /back · /release · /close · /snooze 30 · /promise · /kept · else: a note"
    )


def _note(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Answer:
    text = asked.command.text if isinstance(asked.command, command.Remark) else asked.text
    if not text.strip():
        return Answer(outcome="nothing", why=words("There is nothing in it to note."))
    result = attend.note(tx, asked.conversation_id, asked.agent, storable(text), now=now)
    told = frozenset({result.note.seq}) if isinstance(result, Done) and result.note else frozenset()
    ask_hq.answer(tx, desk, asked.conversation_id, asked.agent, text, now)
    return Answer(outcome="note", told=told)


def _take(tx: Connection, desk: Desk, words: Words, asked: Asked, now: datetime) -> Answer:
    current = conversations.lock(tx, asked.conversation_id)
    if asked.is_press and current and not current.is_with_people:
        return Answer(outcome="stale", why=words("This has changed meanwhile: nobody waits here any more."))
    return _answer(words, attend.take(tx, desk, asked.conversation_id, asked.agent, now=now), "take")


def _reply(tx: Connection, desk: Desk, words: Words, asked: Asked, text: str, now: datetime) -> Answer:
    missing = [file for file in asked.files if file.kept is None]
    if missing:
        why = words("Not sent: {name} could not be fetched from here.", name=missing[0].name)
        return Answer(outcome="file missing", why=why)
    if not (text or asked.files):
        return Answer(outcome="nothing", why=words("Write the reply behind the word: /r Hello!"))
    conversation_id = asked.conversation_id
    attached = tuple(_keep(tx, file, conversation_id, asked.agent.id, now) for file in asked.files)
    result = attend.reply(
        tx,
        desk,
        conversation_id,
        asked.agent,
        storable(text),
        client_id=asked.event,
        seen_seq=asked.seen_seq,
        files=attached,
        now=now,
    )
    if isinstance(result, Done):
        _offer_promise(tx, desk, words, asked, text, now)
    return _answer(words, result, "reply")


def _offer_promise(tx: Connection, desk: Desk, words: Words, asked: Asked, text: str, now: datetime) -> None:
    button = partial(_button, "vow", asked.conversation_id)
    zone, holder_id = desk.policy.calendar.zone, asked.agent.id
    vow_in_chat.offer(
        tx,
        words,
        asked.group,
        asked.card,
        text,
        holder=Holder.AGENT,
        holder_id=holder_id,
        zone=zone,
        button=button,
        now=now,
    )


def _vow(tx: Connection, desk: Desk, words: Words, asked: Asked, offer_id: int | None, now: datetime) -> Answer:
    button = partial(_button, "kept", asked.conversation_id)
    why = vow_in_chat.vow_of_agent(
        tx, desk, words, asked.group, asked.card, asked.agent, offer_id, button=button, now=now
    )
    return Answer(outcome="promised" if why is None else "not promised", why=why)


def _button(name: str, conversation_id: int, id: int) -> str:
    return f"{PREFIX}:{name}-{id}:{conversation_id}"


def _keep(tx: Connection, file: Fetched, conversation_id: int, agent_id: int, now: datetime) -> Attachment:
    assert file.kept is not None
    return files.add(
        tx,
        conversation_id=conversation_id,
        name=storable(file.name),
        media_type=file.media_type,
        size=file.size,
        sha256=file.kept.sha256,
        key=file.kept.key,
        uploaded_by=agent_id,
        now=now,
    )


def _open_ticket(tx: Connection, desk: Desk, words: Words, asked: Asked, subject: str, now: datetime) -> Answer:
    found = look_up.overview(tx, asked.conversation_id)
    if found is None:
        return _answer(words, None, "ticket")
    known = next((ticket for ticket in own_tickets(found) if ticket.is_open), None)
    if known and not subject:  # a second press, or a colleague was quicker
        why = words("Ticket {number} is open already.", number=spoken_number(known.number))
        return Answer(outcome="ticket is there", why=why)
    question = found.question or ""
    default = " ".join(question.split())[:SUBJECT_LENGTH] or words("Conversation {n}", n=asked.conversation_id)
    opened, _ = change_ticket.open_ticket(
        tx,
        desk,
        contact_id=found.contact.id,
        conversation_id=asked.conversation_id,
        subject=storable(subject) or default,
        category=None,
        priority=Priority.NORMAL,
        description=question,
        agent=asked.agent,
        now=now,
    )
    find_owner.route(tx, desk, opened, text=question, now=now)
    return Answer(outcome="ticket")


def _resolve(tx: Connection, desk: Desk, words: Words, asked: Asked, text: str, now: datetime) -> Answer:
    found = look_up.overview(tx, asked.conversation_id)
    ticket = next((ticket for ticket in own_tickets(found) if ticket.is_open), None) if found else None
    if ticket is None:
        return Answer(outcome="no ticket", why=words("There is no open ticket here."))
    made = domain.Resolved(text=storable(text))
    changed, _ = change_ticket.change(tx, desk, ticket.number, made, agent=asked.agent, now=now)
    if isinstance(changed, Ticket):
        hand_to_dealer.settle(tx, desk, changed, made, now=now)
    return Answer(outcome="resolve", why=changed.why if isinstance(changed, Refused) else None)


def _snooze(tx: Connection, words: Words, asked: Asked, minutes: int, now: datetime) -> Answer:
    current = conversations.lock(tx, asked.conversation_id)
    if current is None or current.status is not Status.QUEUED:
        return Answer(outcome="not waiting", why=words("Nobody waits here; there is nothing to put off."))
    cards.snooze(tx, asked.card.id, now + timedelta(minutes=minutes), asked.agent.name)
    return Answer(outcome="snooze")


def _answer(words: Words, result: Result, outcome: str) -> Answer:
    match result:
        case Done():
            return Answer(outcome=outcome)
        case Held(agent_name=name):
            return Answer(outcome="held", why=words("{name} has this conversation.", name=name))
        case Stale():
            why = words(
                "Not sent: somebody has spoken meanwhile. Read it in the thread and send yours again if it still fits."
            )
            return Answer(outcome="stale", why=why)
        case NotOwned():
            return Answer(outcome="not held", why=words("Nobody holds this conversation."))
        case None:
            return Answer(outcome="gone", why=words("There is no such conversation any more."))
    assert_never(result)
