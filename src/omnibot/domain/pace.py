"""How fast a platform may be talked to: a bucket per account and per chat, which grows smaller where the platform protests.

A bucket is one instant, the one up to which its messages are spoken for (the generic cell rate algorithm,
https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm), so that workers share it as one row.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from omnibot.domain.value import dataclass

SLOWEST = 16.0  # times slower than published; more would be a platform that is down
HALVES_IN = timedelta(minutes=5)  # after a protest, half of the caution is gone after so long
CHAT_CAUTION, ACCOUNT_CAUTION = 2.0, 1.1  # a protest is mostly about the chat; one account hears those of all its chats


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One message in each `every`, and `burst` at once after a rest."""

    every: timedelta
    burst: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What an account may send in all, and to each chat."""

    account: Rate
    chat: Callable[[str], Rate]  # by the platform's id of the chat: a group may have another rate than a person

    def times(self, factor: float) -> "Rates":
        """The same at another speed; above 1 is faster."""
        return Rates(account=_times(self.account, factor), chat=lambda chat: _times(self.chat(chat), factor))


def _times(rate: Rate, factor: float) -> Rate:
    return replace(rate, every=rate.every / factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a bucket remembers."""

    spoken_for: datetime  # up to then
    caution: float = 1.0  # how many times slower than published, when it was last changed
    cautious_since: datetime

    def caution_at(self, now: datetime) -> float:
        """What is left of it."""
        halved: float = self.caution * 0.5 ** ((now - self.cautious_since) / HALVES_IN)
        return max(1.0, halved)


def begin(now: datetime) -> Pace:
    """A bucket that nobody has used."""
    return Pace(spoken_for=now, cautious_since=now)


def room(pace: Pace, rate: Rate, now: datetime) -> int:
    """How many messages may be sent at this instant."""
    slack = (rate.burst - 1) * rate.every - max(pace.spoken_for - now, timedelta(0))
    return 0 if slack < timedelta(0) else 1 + int(slack / (rate.every * pace.caution_at(now)) + 1e-9)


def ready_at(pace: Pace, rate: Rate) -> datetime:
    """From when on the next one may be sent."""
    return pace.spoken_for - (rate.burst - 1) * rate.every


def after_sending(pace: Pace, rate: Rate, count: int, now: datetime) -> Pace:
    """That many are sent now."""
    spoken_for = max(pace.spoken_for, now) + count * rate.every * pace.caution_at(now)
    return replace(pace, spoken_for=spoken_for)


def after_protest(pace: Pace, rate: Rate, now: datetime, *, retry_after: timedelta) -> Pace:
    """The chat was to be left alone for that long: it is, and written to more slowly afterwards, without a burst."""
    spoken_for = max(pace.spoken_for, now + retry_after + (rate.burst - 1) * rate.every)
    return replace(_more_cautious(pace, CHAT_CAUTION, now), spoken_for=spoken_for)


def after_a_chats_protest(pace: Pace, now: datetime) -> Pace:
    """One of the account's chats was to be left alone: all a little slower, and soon a lot if all of them protest."""
    return _more_cautious(pace, ACCOUNT_CAUTION, now)


def _more_cautious(pace: Pace, times: float, now: datetime) -> Pace:
    return replace(pace, caution=min(SLOWEST, pace.caution_at(now) * times), cautious_since=now)
