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
from omnibot.store.transactions import ALONE
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
    return await desk.store.run(partial(_tell, desk=desk, due=due, today=today, now=now), lock=ALONE)


def _dated(base: KnowledgeBase) -> dict[str, Content]:
    """Entries with a date of which somebody might be reminded, in all their languages."""
    ids = {entry.id for entry in base.entries if entry.review_by or entry.valid_until}
    return shelf.contents_of(KnowledgeBase(tuple(entry for entry in base.entries if entry.id in ids), base.version))


def _tell(tx: Connection, *, desk: Desk, due: list[Reminder], today: date, now: datetime) -> int:
    """What another process has told meanwhile is not told again."""
    untold = faq_reminders.untold(tx, due)
    staff = groups.in_force(tx, GroupRole.STAFF) if untold else []
    for group in staff:
        notices.add(tx, group.address, _said(desk, group.language, untold, today), now=now)
    owned = _tell_owners(tx, desk, untold, today, now)
    told = untold if staff else owned
    for one in told:
        faq_reminders.keep(tx, one, now)
    return len(told)


def _tell_owners(tx: Connection, desk: Desk, untold: list[Reminder], today: date, now: datetime) -> list[Reminder]:
    """Each in the private chats in which he is enrolled; returns what somebody was told of."""
    told: list[Reminder] = []
    owners = faq_entries.owners(tx, [one.entry_id for one in untold])
    for id in sorted(set(owners.values())):
        person = users.get(tx, id)
        chats = [member for member in members.listing(tx, user_id=id) if member.chat is not None]
        if person is None or not chats:
            continue
        own = [one for one in untold if owners.get(one.entry_id) == id]
        language = Language(person.language) if person.language else desk.staff_language
        for member in chats:
            to = Address(channel=member.channel, chat=member.chat or "")
            notices.add(tx, to, _said(desk, language, own, today), now=now)
        told += own
    return told


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
