"""Of which days of FAQ entries people have been told."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.reminder import Reminder
from omnibot.store.schema import faq_reminders
from omnibot.store.upsert import insert


def untold(tx: Connection, reminders: list[Reminder]) -> list[Reminder]:
    """Those of which nobody has been told, in their order."""
    ids = {reminder.entry_id for reminder in reminders}
    query = select(faq_reminders.c.entry_id, faq_reminders.c.occasion, faq_reminders.c.day)
    told = {tuple(row) for row in tx.execute(query) if row.entry_id in ids}
    return [one for one in reminders if (one.entry_id, one.occasion.value, one.day.isoformat()) not in told]


def claim(tx: Connection, reminder: Reminder, now: datetime) -> bool:
    """Whether it is ours to tell: nobody has, and from the commit on it has been told."""
    row = {
        "entry_id": reminder.entry_id,
        "occasion": reminder.occasion.value,
        "day": reminder.day.isoformat(),
        "told_at": now,
    }
    claiming = insert(tx.dialect.name, faq_reminders).values(row).on_conflict_do_nothing()
    return tx.execute(claiming.returning(faq_reminders.c.day)).one_or_none() is not None
