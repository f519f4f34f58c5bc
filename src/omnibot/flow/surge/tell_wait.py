"""What somebody who waits is told: the place, and how long it takes as far as that is known."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain import calendar
from omnibot.domain.assignment import Agent, Waiting, in_turn
from omnibot.domain.conversation import Conversation
from omnibot.domain.policy import Policy
from omnibot.domain.rules import Rules, lane
from omnibot.domain.surge import line
from omnibot.domain.surge import wait as domain
from omnibot.domain.surge.overflow import offered
from omnibot.domain.surge.wait import WINDOW, Wait, Waited
from omnibot.flow.surge.line_up import look_along
from omnibot.store import contacts, conversation_lists, staffing
from omnibot.store import waits as stored
from omnibot.texts import Words

FRESH = timedelta(seconds=10)  # a pace that was measured so lately is measured no better now
LINED_UP = timedelta(seconds=2)  # with teams, the line is read no more often for those who stood in it
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # any instant: who has not waited yet is in his own lane


@dataclass(slots=True)
class Stopwatch:
    """Measures the queue for whoever asks, and not more often than it changes."""

    _waits: list[Waited] = field(default_factory=list)
    _away: frozenset[int] = frozenset()
    _agents: list[Agent] = field(default_factory=list)
    _measured_at: datetime | None = None
    _line: dict[int, Waiting] = field(default_factory=dict)  # by conversation
    _horizon: datetime | None = None  # when the last of a line is due that is longer than anybody looks
    _lined_up_at: datetime | None = None

    def wait(self, tx: Connection, rules: Rules, waiting: Conversation, now: datetime) -> Wait:
        """Place and wait of a conversation, as if we were open."""
        self._measure(tx, rules, now)
        if not rules.teams:
            place = conversation_lists.place_in_queue(tx, waiting)
            return Wait(place=place, expected=domain.expected(domain.pace(self._waits, self._away, now), place))
        queue = self._queue(tx, rules, waiting, now)
        one = queue.get(waiting.id)
        if one is None:  # further back than anybody looks
            return Wait(place=conversation_lists.place_in_queue(tx, waiting))
        return self._in_line(rules, one, list(queue.values()), now)

    def _in_line(self, rules: Rules, one: Waiting, everybody: list[Waiting], now: datetime) -> Wait:
        teams = line.crew(rules, one.team)
        beside = line.in_line_with(one, everybody, rules, offered(everybody, rules, now))
        place = in_turn(beside, rules, now).index(one) + 1
        waits = line.measured(self._waits, beside, self._agents, teams)
        away = line.absent(self._agents, teams, rules, now)
        found = domain.pace(waits, away, now, lane=_lane(rules, one.tier))
        return Wait(place=place, expected=domain.expected(found, place))

    def _measure(self, tx: Connection, rules: Rules, now: datetime) -> None:
        if _is_fresh(self._measured_at, now, FRESH):
            return
        waits = stored.recent(tx, now - WINDOW)
        if rules.teams:
            tiers = contacts.tiers(tx, {contact_id for _, contact_id in waits})
            self._waits = [replace(one, lane=_lane(rules, tiers.get(contact_id))) for one, contact_id in waits]
            self._agents = staffing.agents(tx)
        else:
            self._waits = [one for one, _ in waits]
        self._away = stored.away(tx)
        self._measured_at = now

    def _queue(self, tx: Connection, rules: Rules, waiting: Conversation, now: datetime) -> dict[int, Waiting]:
        """What this caller has read: another thread may read again meanwhile, and not see what is not committed."""
        queue, horizon = self._line, self._horizon
        known = queue.get(waiting.id)
        stands = known is not None and known.epoch == waiting.epoch
        # Who is due after all who were looked at is not among them if they are read again: in a long line that is nearly
        # everybody, each of whose messages would read it.
        is_behind = None not in (horizon, waiting.due_at) and waiting.due_at > horizon  # type: ignore[operator]  # neither is None
        if not (stands or is_behind) or not _is_fresh(self._lined_up_at, now, LINED_UP):
            line, horizon = look_along(tx, rules, now)
            queue = {one.conversation_id: one for one in line}
            self._line, self._horizon, self._lined_up_at = queue, horizon, now
        return queue


def _is_fresh(at: datetime | None, now: datetime, long: timedelta) -> bool:
    return at is not None and at <= now < at + long


def _lane(rules: Rules, tier: str | None) -> int:
    return lane(rules, tier, waiting_since=EPOCH, now=EPOCH)


def look(
    tx: Connection, stopwatch: Stopwatch, policy: Policy, rules: Rules, waiting: Conversation, now: datetime
) -> Wait:
    """The place of a conversation among those who wait for the same people, and the wait while people are there."""
    found = stopwatch.wait(tx, rules, waiting, now)
    return found if calendar.is_open(policy.calendar, now) else replace(found, expected=None)


def length(words: Words, of: timedelta) -> str:
    """ "about 25 minutes", "about 2.5 hours": never more exact than it was measured."""
    minutes = int(of / timedelta(minutes=1))
    if minutes < 120:
        return words("about {minutes} minutes", minutes=minutes)
    return words("about {hours} hours", hours=f"{minutes / 60:g}")
