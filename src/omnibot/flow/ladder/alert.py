"""Tells people of the ladder: in their private chats with the bot, with a button to take the promise up, and by mail."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage
from omnibot.domain.access import User
from omnibot.domain.language import Language
from omnibot.domain.message import Address, Choice
from omnibot.domain.promise import Promise
from omnibot.flow import owe
from omnibot.flow.desk import Desk
from omnibot.flow.owe import Decided
from omnibot.flow.staff.answer_in_group import Attended, answer_privately, finish
from omnibot.flow.word import spoken_number
from omnibot.store import members, notices, tickets
from omnibot.store.inbox import Waiting
from omnibot.texts import Words

PREFIX = "vow:"  # of the button's id; the promise's id follows


def alert(
    tx: Connection, desk: Desk, people: list[User], promise: Promise, text: Callable[[Words], str], now: datetime
) -> None:
    """Everybody who is enrolled, in each private chat of theirs, and everybody by mail, where there is an account for it; each
    in the language in which the person reads the console."""
    for person in people:
        words = _words_of(desk, person)
        about = _about(words, promise)
        told = f"**{about}**\n\n{text(words)}"
        take_up = (Choice(id=f"{PREFIX}{promise.id}", label=words("I take it up")),)
        for member in members.listing(tx, user_id=person.id):
            if member.chat is not None:
                to = Address(channel=member.channel, chat=member.chat)
                notices.add(tx, to, told, choices=take_up, now=now)
        if desk.post is not None:
            # A button needs the platform's word for who pressed it, which mail does not give.
            link = words("Take it up here: {link}", link=f"{desk.public_url}/console/promises")
            title = words("{about}: a promise is broken", about=about)
            to = Address(channel=desk.post, chat=person.email)
            notices.add(tx, to, f"{told}\n\n{link}", opens=title, now=now)


def try_out(tx: Connection, desk: Desk, person: User, now: datetime) -> int:
    """A test message wherever an alert would go; returns how many places that are."""
    words = _words_of(desk, person)
    text = words("This is a test. If a promise breaks and it comes to you, you are told here.")
    places = reached_at(tx, desk, person)
    for place in places:
        notices.add(tx, place, text, opens=words("Test of the alerts") if place.channel == desk.post else None, now=now)
    return len(places)


def reached_at(tx: Connection, desk: Desk, person: User) -> list[Address]:
    """Each private chat in which the person is known, and the mail address, where there is an account for mail."""
    chats = [
        Address(channel=member.channel, chat=member.chat)
        for member in members.listing(tx, user_id=person.id)
        if member.chat is not None
    ]
    return chats + ([Address(channel=desk.post, chat=person.email)] if desk.post is not None else [])


def is_answer(parsed: InboundMessage) -> bool:
    """Whether somebody presses the button. Pure."""
    return parsed.choice is not None and parsed.choice.startswith(PREFIX) and not parsed.is_group


def take_up(
    tx: Connection, desk: Desk, head: Waiting, parsed: InboundMessage, can_whisper: bool, now: datetime
) -> Attended | None:
    """The ladder waits for whoever pressed; None where that is nobody of ours."""
    sender = parsed.sender or parsed.address.chat
    person = members.user_of(tx, parsed.address.channel, sender)
    id = (parsed.choice or "").removeprefix(PREFIX)
    if person is None or parsed.is_forwarded or not (id.isascii() and id.isdigit() and len(id) < 16):
        return None
    words = _words_of(desk, person)
    done = owe.acknowledge(tx, desk, int(id), person, now=now)
    text = words("It is over already.")
    if isinstance(done, Decided):
        text = words("You have it now; nobody else is told for a while.")
    if not can_whisper:
        answer_privately(tx, parsed, text, now)
    conversation_id = done.conversation_id if isinstance(done, Decided) else None
    return finish(tx, head, "staff: took a promise up", Attended(whisper=text, conversation_id=conversation_id))


def _words_of(desk: Desk, person: User) -> Words:
    return desk.texts.of(Language(person.language) if person.language else desk.staff_language)


def _about(words: Words, promise: Promise) -> str:
    if promise.ticket_id is not None:
        return words("Case {number}", number=spoken_number(tickets.number_of(promise.ticket_id)))
    return words("Conversation {id}", id=promise.conversation_id or 0)
