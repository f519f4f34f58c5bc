"""What people are told of FAQ entries' dates: that one is to be read again, that one ends soon. Each date once. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum

from omnibot.domain.calendar import Calendar, is_open
from omnibot.domain.knowledge import Content
from omnibot.domain.value import dataclass

REMIND_FROM = 8  # o'clock, where the service is always open


class Occasion(StrEnum):
    """Why somebody should look."""

    REVIEW = "review"  # the day by which it was to be read again is over
    ENDING = "ending"  # its last day is near, or over


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One date of one entry."""

    entry_id: str
    occasion: Occasion
    day: date  # `review_by` or `valid_until`
    content: Content


def due(entries: Mapping[str, Content], today: date) -> list[Reminder]:
    """Whatever is to be told by that day, told before or not; the earliest date first."""
    found = [reminder for id, content in entries.items() for reminder in _of(id, content, today)]
    return sorted(found, key=lambda reminder: (reminder.day, reminder.entry_id, reminder.occasion))


def is_time(calendar: Calendar, now: datetime) -> bool:
    """Whether people may be told now: in the service's hours, not in the night."""
    return is_open(calendar, now) and now.astimezone(calendar.zone).hour >= REMIND_FROM


def _of(id: str, content: Content, today: date) -> Iterator[Reminder]:
    if content.valid_until is not None and content.ends_soon(today):
        yield Reminder(entry_id=id, occasion=Occasion.ENDING, day=content.valid_until, content=content)
    if content.review_by is not None and content.review_by < today:
        yield Reminder(entry_id=id, occasion=Occasion.REVIEW, day=content.review_by, content=content)
