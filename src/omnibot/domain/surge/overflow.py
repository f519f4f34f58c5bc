"""Which of those who wait for a team are offered to the team that it overflows to. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from omnibot.domain.assignment import Waiting, in_turn
from omnibot.domain.rules import Rules


class Why(StrEnum):
    LENGTH = "length"  # more wait for the team than it is to have
    AGE = "age"  # this one has waited too long


def offered(waiting: Iterable[Waiting], rules: Rules, now: datetime) -> dict[int, Why]:
    """By conversation. Of a long queue, those behind the team's limit; of an old one, those who have waited for too long."""
    found: dict[int, Why] = {}
    by_team: dict[str, int] = {}
    for one in in_turn(waiting, rules, now):
        team = rules.team(one.team) if one.team is not None else None
        if team is None or team.overflow is None:
            continue
        place = by_team[team.name] = by_team.get(team.name, 0) + 1
        if team.overflow_minutes is not None and now - one.waiting_since >= timedelta(minutes=team.overflow_minutes):
            found[one.conversation_id] = Why.AGE
        elif team.overflow_length is not None and place > team.overflow_length:
            found[one.conversation_id] = Why.LENGTH
    return found
