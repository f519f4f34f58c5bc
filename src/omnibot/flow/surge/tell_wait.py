"""What somebody who waits is told: the place, and how long it takes as far as that is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain import calendar
from omnibot.domain.conversation import Conversation
from omnibot.domain.policy import Policy
from omnibot.domain.surge import wait as domain
from omnibot.domain.surge.wait import WINDOW, Pace, Wait
from omnibot.store import conversations, waits
from omnibot.texts import Words

FRESH = timedelta(seconds=10)  # a pace that was measured so lately is measured no better now


@dataclass(slots=True)
class Stopwatch:
    """Measures the pace of the queue for whoever asks, and not more often than it changes."""

    _pace: Pace | None = None
    _at: datetime | None = None

    def pace(self, tx: Connection, now: datetime) -> Pace | None:
        if self._at is None or not self._at <= now < self._at + FRESH:
            self._pace = domain.pace(waits.recent(tx, now - WINDOW), waits.away(tx), now)
            self._at = now
        return self._pace


def look(tx: Connection, stopwatch: Stopwatch, policy: Policy, waiting: Conversation, now: datetime) -> Wait:
    """The place of a conversation in the queue, and the wait while people are there."""
    place = conversations.place_in_queue(tx, waiting)
    is_open = calendar.is_open(policy.calendar, now)
    return Wait(place=place, expected=domain.expected(stopwatch.pace(tx, now), place) if is_open else None)


def length(words: Words, of: timedelta) -> str:
    """ "about 25 minutes", "about 2.5 hours": never more exact than it was measured."""
    minutes = int(of / timedelta(minutes=1))
    if minutes < 120:
        return words("about {minutes} minutes", minutes=minutes)
    return words("about {hours} hours", hours=f"{minutes / 60:g}")
