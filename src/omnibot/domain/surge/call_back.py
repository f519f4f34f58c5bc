"""Instead of waiting in the chat: to be called or written to in a time window that the customer picks. Pure."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from omnibot.domain.calendar import Calendar, NeverOpen, next_opening, open_time
from omnibot.domain.value import dataclass

BACK = "back:"  # begins the id of a button; how, and the window's begin in seconds since 1970: "back:call:1790000000"
LENGTH = timedelta(hours=2)
GRID = timedelta(minutes=30)
OFFERED = 4
AHEAD = timedelta(days=8)  # a window further away was never offered


class How(StrEnum):
    CALL = "call"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """The decision to offer windows, or to take the one that was picked."""

    how: How
    begin: datetime | None = None


def pressed(choice: str | None) -> CallBack | None:
    """What a button means; None for any other."""
    if choice is None or not choice.startswith(BACK):
        return None
    how, _, seconds = choice.removeprefix(BACK).partition(":")
    if how not in list(How):
        return None
    begin = datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() and len(seconds) < 12 else None
    return CallBack(how=How(how), begin=begin)


def button(how: How, begin: datetime | None = None) -> str:
    """The id of a button."""
    return f"{BACK}{how.value}" if begin is None else f"{BACK}{how.value}:{int(begin.timestamp())}"


def windows(calendar: Calendar, now: datetime, wait: timedelta) -> tuple[datetime, ...]:
    """The begins of the next windows that lie wholly in open hours, none before the wait is over."""
    found: list[datetime] = []
    begin = _on_grid(now + wait)
    try:
        while len(found) < OFFERED and begin < now + AHEAD:
            begin = _on_grid(next_opening(calendar, begin))
            if fits(calendar, begin):
                found.append(begin)
                begin += LENGTH
            else:
                begin += GRID
    except NeverOpen:
        pass
    return tuple(found)


def fits(calendar: Calendar, begin: datetime) -> bool:
    return open_time(begin, begin + LENGTH, calendar) == LENGTH


def may_pick(calendar: Calendar, begin: datetime, now: datetime) -> bool:
    """Whether a window can still be promised."""
    return now < begin < now + AHEAD and fits(calendar, begin)


def _on_grid(instant: datetime) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + -(-(instant - epoch) // GRID) * GRID
