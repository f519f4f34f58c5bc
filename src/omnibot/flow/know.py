"""What is known to fill the blanks of an answer with (`domain.blank`)."""

from itertools import groupby

from sqlalchemy.engine import Connection

from omnibot.domain import fact
from omnibot.domain.appliance import names_another
from omnibot.domain.blank import FACT
from omnibot.domain.calendar import Calendar, Hours
from omnibot.domain.conversation import Conversation
from omnibot.domain.language import Language
from omnibot.domain.message import Message
from omnibot.flow.desk import Desk
from omnibot.flow.look_up import known_tickets
from omnibot.flow.word import WEEKDAYS, spoken_number
from omnibot.store import contacts, message_details
from omnibot.texts import Words


def known_facts(
    tx: Connection, desk: Desk, message: Message, conversation: Conversation, language: Language
) -> dict[str, str]:
    """By the names of blanks; what is not known is absent. What is known of a contact is told only to a writer for whom the
    platform vouches."""
    words = desk.texts.of(language)
    facts = {"opening_hours": opening_hours(words, desk.policy.calendar), "team": words(desk.policy.team)}
    newest = next(iter(known_tickets(tx, message, conversation)), None)
    if newest is not None:
        facts["ticket_number"] = spoken_number(newest.number)
    if not message_details.get(tx, message.conversation_id, message.seq).is_verified:
        return facts
    contact = contacts.get(tx, conversation.contact_id)
    if contact is not None and contact.name:
        facts["name"] = contact.name
    told = desk.facts(tx, conversation.contact_id, language)
    if names_another(message.text, told.get(fact.PRODUCT, "")):
        told = {name: value for name, value in told.items() if name not in fact.OF_PRODUCT}
    return facts | {FACT + name: value for name, value in told.items()}


def opening_hours(words: Words, calendar: Calendar) -> str:
    """The business hours in a sentence: "Monday to Friday 09:00–17:30, Saturday 10:00–14:00"."""
    if all(_is_whole_day(day) for day in calendar.week):
        return words("around the clock")
    parts = []
    days = [(words(WEEKDAYS[number]), hours) for number, hours in enumerate(calendar.week)]
    for hours, group in groupby(days, key=lambda day: day[1]):
        names = [name for name, _ in group]
        if not hours:
            continue
        open_ = ", ".join(f"{one.opening:%H:%M}–{one.closing:%H:%M}" for one in hours).replace("–00:00", "–24:00")
        if len(names) == 1:
            parts.append(f"{names[0]} {open_}")
        else:
            parts.append(words("{first} to {last} {hours}", first=names[0], last=names[-1], hours=open_))
    return "; ".join(parts)


def _is_whole_day(hours: tuple[Hours, ...]) -> bool:
    return len(hours) == 1 and hours[0].opening == hours[0].closing
