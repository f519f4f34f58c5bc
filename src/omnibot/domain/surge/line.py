"""Who stands in one line with somebody, and who answers it: of several teams, only what concerns his own counts. Pure."""

from collections.abc import Container, Iterable
from datetime import datetime

from omnibot.domain.assignment import Agent, Waiting, has_limit, is_on_duty
from omnibot.domain.rules import Rules, Team
from omnibot.domain.surge.wait import Waited


def crew(rules: Rules, team: str | None) -> tuple[Team, ...]:
    """The team and those that share people with it, through however many hands: whom one of them answers keeps the others
    waiting. All teams for somebody whom no rule gives to one."""
    own = rules.team(team)
    if own is None:
        return rules.teams
    found, people = {own.name: own}, _emails(own)
    while joining := [one for one in rules.teams if one.name not in found and _emails(one) & people]:
        found |= {one.name: one for one in joining}
        people = people.union(*map(_emails, joining))
    return tuple(found.values())


def in_line_with(
    one: Waiting, waiting: Iterable[Waiting], rules: Rules, offered: Container[int] = frozenset()
) -> list[Waiting]:
    """Those who wait for the same people, `one` among them."""
    names = {team.name for team in crew(rules, one.team)}
    return [other for other in waiting if _may_go_to(other, rules, other.conversation_id in offered) & names]


def measured(
    waits: Iterable[Waited], line: Iterable[Waiting], agents: Iterable[Agent], teams: tuple[Team, ...]
) -> list[Waited]:
    """Of all waits those that tell how fast a line moves: answered by its people, or going on in it."""
    members = frozenset[str]().union(*map(_emails, teams))
    own = {agent.id for agent in agents if agent.email.casefold() in members}
    standing = {one.conversation_id for one in line}
    return [one for one in waits if (one.agent_id in own if one.ended_at else one.conversation_id in standing)]


def absent(agents: Iterable[Agent], teams: tuple[Team, ...], rules: Rules, now: datetime) -> frozenset[int]:
    """Who takes nothing of these teams at present."""
    return frozenset(
        agent.id
        for agent in agents
        if agent.is_away
        or not any(agent.email.casefold() in _emails(team) and is_on_duty(agent, team, rules, now) for team in teams)
    )


def _may_go_to(one: Waiting, rules: Rules, is_offered: bool) -> set[str]:
    """The teams to one of whose people it may be given."""
    if rules.team(one.team) is None:
        return {team.name for team in rules.teams}
    found: set[str] = set()
    name = one.team
    while name is not None and name not in found and (team := rules.team(name)) is not None:
        found.add(name)
        name = None if has_limit(team) and not is_offered else team.overflow
    return found


def _emails(team: Team) -> frozenset[str]:
    return frozenset(member.casefold() for member in team.members)
