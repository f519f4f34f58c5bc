"""How long somebody in the queue has to wait: measured, or not said at all. Pure.

What is measured is how fast the queue moves: first replies by people in the last two hours, against the time in which
anybody waited. With half of those people on duty it moves half as fast. For a lane, the replies to better ones do not count:
whoever comes later in one of these is answered first as well.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass

WINDOW = timedelta(hours=2)
LEAST = 5  # replies; fewer tell nothing
LONGEST = timedelta(hours=6)  # beyond it the figure is no more than a guess
STEP, LONG_STEP, LONG = timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """One customer's wait for a first reply; it has not ended where `ended_at` is empty."""

    started_at: datetime
    ended_at: datetime | None
    agent_id: int | None = None  # who replied; nobody where it ended otherwise
    conversation_id: int | None = None
    lane: int = 1  # that of the customer's tier; 1 goes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time between two replies as long as somebody waits."""

    each: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Where somebody stands. `expected` is empty where too little is known."""

    place: int  # 1 is next
    expected: timedelta | None = None


def pace(waits: Iterable[Waited], away: frozenset[int], now: datetime, lane: int = 1) -> Pace | None:
    """How fast the queue moves for a lane, as far as the last two hours tell; None where they tell too little, or nobody is
    there."""
    known = list(waits)
    since = now - WINDOW
    replied = [one for one in known if one.agent_id is not None and one.ended_at and one.ended_at >= since]
    served = sum(one.lane >= lane for one in replied)
    people = {one.agent_id for one in replied}
    here = people - away
    if served < LEAST or not here:
        return None
    busy = _covered([(max(one.started_at, since), one.ended_at or now) for one in known])
    return Pace(each=busy / served * len(people) / len(here))


def expected(found: Pace | None, place: int) -> timedelta | None:
    """Until it is the turn of that place, rounded up; None where nothing honest can be said."""
    if found is None or found.each * place > LONGEST:
        return None
    length = found.each * place
    step = LONG_STEP if length > LONG else STEP
    return max(step, -(-length // step) * step)


def _covered(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """How much time lies in any of the spans."""
    total, until = timedelta(0), None
    for begin, end in sorted(spans):
        start = begin if until is None else max(begin, until)
        if end > start:
            total += end - start
            until = end
    return total


@dataclass(frozen=True, slots=True)
class HowLong:
    """Somebody in the queue asks how long it takes."""


@dataclass(frozen=True, slots=True)
class TellWait:
    """The decision to say so."""


_ASKS = regex(
    r"(?:(?:hi|hello|hey|ok|okay|so|and|well|please|sorry|about|roughly|just) )*"
    r"(?:how (?:much )?long(?:er)?(?: (?:will|does|do|must|should|is|are)(?: (?:it|this|that|i|we|the wait|the queue|the line))?"
    r"(?: (?:still|have to|need to))?(?: (?:take|last|wait|be|need))?)?"
    r"|how many (?:people )?(?:are )?(?:before|ahead of|in front of) (?:me|us)"
    r"|when (?:is it|will it be) my turn|what(?:'?s| is) my (?:place|position)(?: in (?:the )?(?:line|queue))?"
    r"|(?:am i|are we) next|is (?:anybody|anyone|somebody|someone) (?:there|coming))"
    r"(?: (?:still|now|please|yet|more|again|to wait))*"
    r"|(?:请问|你好|那|大概|大约|到底|我|我们|还|需要|要|得|等|再|的话)*(?:多久|多长时间|多少时间|几分钟)(?:啊|呀|呢|才能|能|到我|轮到我|有人|回复|接入|时间)*"
    r"|(?:我)?(?:现在)?排(?:到|在)?第?几(?:位|个|名)?(?:了)?(?:啊|呀|呢)?|前面还?有?(?:几个|多少)人(?:啊|呀|呢)?|(?:什么时候|啥时候|何时)(?:才)?(?:能)?(?:轮到我|到我)(?:了)?(?:啊|呀|呢)?"
)
_MARKS = re.compile(r"[\s.,!?;:…~。，！？、]+")


def asks_how_long(normalised: str) -> bool:
    """Whether a normalised text (`faq.normalize`) asks for the wait and nothing else."""
    return len(normalised) <= 80 and bool(_ASKS.fullmatch(_MARKS.sub(" ", normalised).strip()))
