"""Instants in words. Relative up to a day, exact beyond; a clock towards a promise says what is left, then what is over.
`static/clock.js` says the same while the page stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from omnibot.domain.hours import WEEKDAYS, Week
from omnibot.texts import Words

SOON = timedelta(minutes=5)
SOON_TICKET = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Left:
    """How a promise stands: "ok", "soon" or "over", and in words."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Times:
    words: Words
    zone: ZoneInfo
    now: datetime

    def ago(self, at: datetime) -> str:
        passed = self.now - at
        if passed < timedelta(minutes=1):
            return self.words("now")
        return self.span(passed) if passed < timedelta(days=1) else self.date(at)

    def left(self, due: datetime, soon: timedelta = SOON) -> Left:
        remaining = due - self.now
        if remaining <= timedelta(0):
            return Left("over", self.words("{span} over", span=self.span(-remaining)))
        return Left("soon" if remaining <= soon else "ok", self.words("{span} left", span=self.span(remaining)))

    def span(self, length: timedelta) -> str:
        minutes = int(length / timedelta(minutes=1))
        if minutes < 1:
            return self.words("<1 min")
        if minutes < 60:
            return self.words("{n} min", n=minutes)
        if minutes < 48 * 60:
            return self.words("{n} h", n=minutes // 60)
        return self.words("{n} d", n=minutes // (24 * 60))

    def length(self, length: timedelta) -> str:
        """A length to the minute: "45 min", "7 h 30 min", "2 d"."""
        minutes = round(length / timedelta(minutes=1))
        hours, minutes = divmod(minutes, 60)
        if hours >= 48 and hours % 24 == 0 and not minutes:
            return self.words("{n} d", n=hours // 24)
        said = [self.words("{n} h", n=hours)] if hours else []
        return " ".join([*said, *([self.words("{n} min", n=minutes)] if minutes or not hours else [])])

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"

    def exact(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def moment(self, at: datetime) -> str:
        """Date and time of day, for time lines."""
        return f"{self.date(at)} {self.clock(at)}"

    def date(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        month = self.words(_MONTHS[local.month - 1])
        if local.year == self.now.astimezone(self.zone).year:
            return self.words("{day} {month}", day=local.day, month=month)
        return self.words("{day} {month} {year}", day=local.day, month=month, year=local.year)

    def day(self, at: datetime) -> str:
        """The name of a day, above what was said on it."""
        local = at.astimezone(self.zone).date()
        days = (self.now.astimezone(self.zone).date() - local).days
        if days == 0:
            return self.words("Today")
        if days == 1:
            return self.words("Yesterday")
        return self.words("{weekday}, {date}", weekday=self.words(_WEEKDAYS[local.weekday()]), date=self.date(at))

    def week(self, hours: Week) -> str:
        """Opening hours, days in a row that are alike together; empty where there are none."""
        runs: list[tuple[int, int, tuple[str, ...]]] = []
        for place, day in enumerate(WEEKDAYS):
            intervals = hours.get(day, ())
            if runs and runs[-1][1:] == (place - 1, intervals):
                runs[-1] = (runs[-1][0], place, intervals)
            elif intervals:
                runs.append((place, place, intervals))
        return self.words("; ").join(f"{self._days(first, last)} {' '.join(open)}" for first, last, open in runs)

    def _days(self, first: int, last: int) -> str:
        one, other = self.words(_WEEKDAYS[first]), self.words(_WEEKDAYS[last])
        return one if first == last else self.words("{day} to {other}", day=one, other=other)


def mark(sentence: str) -> str:
    """Marks a sentence for the catalogue where it is written; it is looked up where it is said."""
    return sentence


_MONTHS = (
    mark("Jan"),
    mark("Feb"),
    mark("Mar"),
    mark("Apr"),
    mark("May"),
    mark("Jun"),
    mark("Jul"),
    mark("Aug"),
    mark("Sep"),
    mark("Oct"),
    mark("Nov"),
    mark("Dec"),
)
_WEEKDAYS = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
