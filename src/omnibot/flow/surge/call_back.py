"""Offers whoever has a long wait before them to be called or written to instead, and promises the window that is picked. The
place in the queue is kept: the clock of the first reply stands still, and its due time orders the queue as before."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain import fact
from omnibot.domain.conversation import Conversation, Status
from omnibot.domain.message import Author, Choice, Message
from omnibot.domain.policy import Policy
from omnibot.domain.promise import PromiseKind
from omnibot.domain.surge import call_back as domain
from omnibot.domain.surge.call_back import LENGTH, CallBack, How
from omnibot.domain.surge.wait import Wait
from omnibot.flow import word
from omnibot.flow.desk import Desk
from omnibot.flow.guards import MovedOn
from omnibot.flow.owe import agree
from omnibot.flow.say import say, tell_staff
from omnibot.flow.surge import tell_wait
from omnibot.store import conversations, facts
from omnibot.texts import Words


def offers(words: Words, policy: Policy, waits: Wait) -> tuple[Choice, ...]:
    """The buttons under a long wait; none where it is short or not known."""
    least = policy.surge.call_back_from
    if not least or waits.expected is None or waits.expected < least:
        return ()
    return (
        Choice(id=domain.button(How.WRITE), label=words("Write to me when it is my turn")),
        Choice(id=domain.button(How.CALL), label=words("Call me back")),
    )


def press(tx: Connection, desk: Desk, pressed: CallBack, following: Conversation, *, now: datetime) -> list[Message]:
    """Offer windows, or promise the one that was picked. Raises MovedOn."""
    current = conversations.lock(tx, following.id)
    if current is None:
        raise MovedOn
    words = desk.texts.of(following.language)
    text, choices = _answer(tx, desk, pressed, current, words, now)
    return [say(tx, desk, current, author=Author.SYSTEM, text=text, choices=choices, now=now)]


def _answer(
    tx: Connection, desk: Desk, pressed: CallBack, current: Conversation, words: Words, now: datetime
) -> tuple[str, tuple[Choice, ...]]:
    if current.status is not Status.QUEUED:
        return words("You do not wait in the line at present; just write here."), ()
    if pressed.begin is None:
        return _windows(tx, desk, pressed.how, current, words, now)
    if not domain.may_pick(desk.policy.calendar, pressed.begin, now):
        text, choices = _windows(tx, desk, pressed.how, current, words, now)
        return f"{words('This time is no longer free.')} {text}", choices
    return _promise(tx, desk, pressed.how, pressed.begin, current, words, now), ()


def _windows(
    tx: Connection, desk: Desk, how: How, current: Conversation, words: Words, now: datetime
) -> tuple[str, tuple[Choice, ...]]:
    waits = tell_wait.look(tx, desk.stopwatch, desk.policy, desk.rules, current, now)
    policy = desk.policy
    begins = domain.windows(policy.calendar, now, waits.expected or policy.surge.call_back_from)
    if not begins:
        return words("There is no time that we could promise. You keep your place in the line."), ()
    labels = ((begin, _window(words, desk, begin, now)) for begin in begins)
    return words("When does it suit you? You keep your place in the line."), tuple(
        Choice(id=domain.button(how, begin), label=label) for begin, label in labels
    )


def _promise(
    tx: Connection, desk: Desk, how: How, begin: datetime, current: Conversation, words: Words, now: datetime
) -> str:
    kind = PromiseKind.SPOKEN if how is How.CALL else PromiseKind.WRITE_BACK
    window, staff = _window(words, desk, begin, now), desk.texts.of(desk.staff_language)
    what = words("a call") if how is How.CALL else words("a message")
    agree(tx, desk, kind, current.id, text=what, begin=begin, end=begin + LENGTH, now=now)
    phone = next((one.value for one in facts.of_contact(tx, current.contact_id) if one.key == fact.PHONE), None)
    tell_staff(tx, current.id, _note(staff, how, _window(staff, desk, begin, now), phone), now)
    if how is How.WRITE:
        return words("Agreed: we write to you here {window}. You keep your place and need not wait.", window=window)
    agreed = words("Agreed: we call you {window}. You keep your place and need not wait.", window=window)
    if phone is None:
        return f"{agreed} {words('Please write here under which number.')}"
    return (
        f"{agreed} {words('We call the number that ends with {end}; write here if it is another one.', end=phone[-3:])}"
    )


def _note(words: Words, how: How, window: str, phone: str | None) -> str:
    """For staff."""
    if how is How.WRITE:
        return words("Wants to be written to: {window}. Keeps the place in the queue.", window=window)
    return words(
        "Wants to be called: {window}. Number: {phone}. Keeps the place in the queue.",
        window=window,
        phone=phone or "?",
    )


def _window(words: Words, desk: Desk, begin: datetime, now: datetime) -> str:
    """ "today at 14:00 (UTC) to 16:00"."""
    zone = desk.policy.calendar.zone
    until = f"{(begin + LENGTH).astimezone(zone):%H:%M}"
    return words("{when} until {until}", when=word.moment(words, begin, now, zone), until=until)
