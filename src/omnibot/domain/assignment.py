"""Which agent gets what waits: by skill, language, duty and room; the one who knows the customer first. Pure."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from omnibot.domain.calendar import NeverOpen, is_open
from omnibot.domain.hours import calendar_of
from omnibot.domain.rules import AGENT_CAPACITY, Rules, Team, lane
from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Somebody of staff. `is_away`: takes nothing new, whatever the hours say."""

    id: int
    email: str
    name: str
    load: int  # conversations and open tickets
    is_away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A conversation in the queue. `known_agent_id` last talked to the customer."""

    conversation_id: int
    epoch: int = 0
    due_at: datetime | None
    waiting_since: datetime
    language: str
    category: str | None = None
    tier: str | None = None
    team: str | None = None
    known_agent_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """`why` is for the person who gets it, `why_not` for whoever asks."""

    agent: Agent | None
    why: str
    why_not: Mapping[str, str]  # by e-mail address


def in_turn(waiting: Iterable[Waiting], rules: Rules, now: datetime) -> list[Waiting]:
    """Who is next: the best lane, in which nobody starves, then the oldest promise."""
    return sorted(
        waiting,
        key=lambda one: (
            lane(rules, one.tier, one.waiting_since, now),
            one.due_at or one.waiting_since,
            one.conversation_id,
        ),
    )


def choose(
    one: Waiting, rules: Rules, agents: Iterable[Agent], now: datetime, offered: Container[int] = frozenset()
) -> Given:
    """Who gets it; nobody while nobody can. A team without anybody who can hands on to its overflow team: one with a limit
    only what is beyond it (`offered`, ids of conversations)."""
    people = {agent.email.casefold(): agent for agent in agents}
    why_not: dict[str, str] = {}
    for team in _teams(one, rules, one.conversation_id in offered):
        able = []
        for member in team.members:
            agent = people.get(member.casefold())
            reason = "has no account" if agent is None else _why_not(agent, one, team, rules, now)
            if agent is not None and reason is None:
                able.append(agent)
            elif reason is not None:
                why_not[member] = reason
        if able:
            chosen = min(able, key=lambda agent: (agent.id != one.known_agent_id, _fullness(agent, rules), agent.id))
            why = "knows the customer" if chosen.id == one.known_agent_id else f"has most room in {team.name}"
            others = {agent.email: f"{chosen.name} {why}" for agent in able if agent is not chosen}
            return Given(agent=chosen, why=why, why_not=why_not | others)
    return Given(agent=None, why="nobody on duty can take it", why_not=why_not)


def drain(
    waiting: Iterable[Waiting],
    rules: Rules,
    agents: Iterable[Agent],
    now: datetime,
    offered: Container[int] = frozenset(),
) -> list[tuple[Waiting, Given]]:
    """Who gets what, as long as somebody has room."""
    people = {agent.id: agent for agent in agents}
    given = []
    for one in in_turn(waiting, rules, now):
        found = choose(one, rules, people.values(), now, offered)
        if found.agent is not None:
            people[found.agent.id] = replace(found.agent, load=found.agent.load + 1)
            given.append((one, found))
    return given


def _teams(one: Waiting, rules: Rules, is_offered: bool) -> Iterable[Team]:
    """The case's team, then those that it overflows to; without one, all."""
    if one.team is None:
        yield from rules.teams
        return
    seen: set[str] = set()
    name: str | None = one.team
    while name is not None and name not in seen:
        seen.add(name)
        team = rules.team(name)
        if team is not None:
            yield team
        if team is None or (has_limit(team) and not is_offered):
            return
        name = team.overflow


def has_limit(team: Team) -> bool:
    """Whether the team keeps its queue to itself up to a length or an age."""
    return team.overflow_length is not None or team.overflow_minutes is not None


def _why_not(agent: Agent, one: Waiting, team: Team, rules: Rules, now: datetime) -> str | None:
    profile = rules.agent(agent.email)
    if agent.is_away:
        return "is away"
    if not is_on_duty(agent, team, rules, now):
        return "is off duty"
    if agent.load >= (profile.capacity if profile else AGENT_CAPACITY):
        return f"has {agent.load} already"
    if profile and profile.skills and one.category is not None and one.category not in profile.skills:
        return f"does not do {one.category}"
    if profile and profile.languages and one.language not in profile.languages:
        return f"does not speak {one.language}"
    return None


def is_on_duty(agent: Agent, team: Team, rules: Rules, now: datetime) -> bool:
    profile = rules.agent(agent.email)
    try:
        if profile is not None and profile.hours is not None:
            return is_open(calendar_of(profile.hours, zone=profile.timezone), now)
        return is_open(team.calendar, now)
    except (ValueError, NeverOpen):
        return False


def _fullness(agent: Agent, rules: Rules) -> float:
    profile = rules.agent(agent.email)
    return agent.load / max(1, profile.capacity if profile else AGENT_CAPACITY)
