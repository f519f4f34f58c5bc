"""Reminds staff groups, and whoever owns an entry, of dates of what customers get: to be read again, about to end.

Each date is told once, kept in the transaction that queues the notices. Where nobody can be told yet it waits; the
console's list shows it meanwhile. Drafts remind of nothing: somebody works on them.
"""

from datetime import date, datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain import reminder
from omnibot.domain.group import GroupRole
from omnibot.domain.knowledge import Content
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.reminder import Occasion, Reminder
from omnibot.faq import shelf
from omnibot.faq.entry import KnowledgeBase
from omnibot.flow.desk import Desk
from omnibot.flow.word import plain
from omnibot.store import faq_entries, faq_reminders, groups, members, notices, users
from omnibot.texts import mark

LINES = 20  # the rest is a number: a message has its limits
QUESTION = 120  # characters of it


async def step(desk: Desk, now: datetime) -> int:
    """Returns of how many dates people were told."""
    calendar = desk.policy.calendar
    if not reminder.is_time(calendar, now):
        return 0
    today = now.astimezone(calendar.zone).date()
    due = reminder.due(_dated(desk.knowledge.base), today)
    if not due or not await desk.store.read(partial(faq_reminders.untold, reminders=due)):
        return 0
    return await desk.store.run(partial(_tell, desk=desk, due=due, today=today, now=now))


def _dated(base: KnowledgeBase) -> dict[str, Content]:
    """Entries with a date of which somebody might be reminded, in all their languages."""
    ids = {entry.id for entry in base.entries if entry.review_by or entry.valid_until}
    return shelf.contents_of(KnowledgeBase(tuple(entry for entry in base.entries if entry.id in ids), base.version))


def _tell(tx: Connection, *, desk: Desk, due: list[Reminder], today: date, now: datetime) -> int:
    """Claimed one by one before anything is said: what another process tells at this moment is its to tell."""
    staff = groups.in_force(tx, GroupRole.STAFF)
    owners = faq_entries.owners(tx, [one.entry_id for one in due])
    chats = {id: found for id in sorted(set(owners.values())) if (found := _chats(tx, desk, id))}
    heard = due if staff else [one for one in due if owners.get(one.entry_id) in chats]
    claimed = [one for one in heard if faq_reminders.claim(tx, one, now)]
    listeners = [(group.address, group.language, claimed) for group in staff]
    for id, places in chats.items():
        own = [one for one in claimed if owners.get(one.entry_id) == id]
        listeners += [(address, language, own) for address, language in places]
    for address, language, reminders in listeners:
        if reminders:
            notices.add(tx, address, _said(desk, language, reminders, today), now=now)
    return len(claimed)


def _chats(tx: Connection, desk: Desk, id: int) -> list[tuple[Address, Language]]:
    """Where a colleague is told things in private, and in which language; nowhere if the account was disabled."""
    person = users.get(tx, id)
    if person is None:
        return []
    language = Language(person.language) if person.language else desk.staff_language
    enrolled = members.listing(tx, user_id=id)
    return [(Address(channel=one.channel, chat=one.chat), language) for one in enrolled if one.chat is not None]


def _said(desk: Desk, language: Language, reminders: list[Reminder], today: date) -> str:
    words = desk.texts.of(language)
    lines = [words("📚 **FAQ answers to look at: {n}**", n=len(reminders))]
    for one in reminders[:LINES]:
        question = plain(_question(one.content, language))
        lines.append(f"{question} · {words(_sentence(one, today), day=one.day.isoformat())}")
    if len(reminders) > LINES:
        lines.append(words("and {n} more", n=len(reminders) - LINES))
    lines.append(words("All of them: {link}", link=f"{desk.public_url}/console/knowledge?state=due"))
    return "\n\n".join(lines)


def _question(content: Content, language: Language) -> str:
    """In the reader's language, if there is one."""
    near = (language, Language.ZH_HANS) if language.is_chinese else (language,)
    text = next((content.wordings[one].question for one in near if one in content.wordings), content.question)
    return text if len(text) <= QUESTION else text[: QUESTION - 1] + "…"


def _sentence(one: Reminder, today: date) -> str:
    if one.occasion is Occasion.REVIEW:
        return mark("was to be read again by {day}")
    return mark("ends on {day}") if one.day >= today else mark("ended on {day}")
