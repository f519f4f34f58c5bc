"""What is wrong in a set of rules that each part by itself does not show: contradictions, loops, rules that never match."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from omnibot.domain.calendar import NeverOpen, next_opening
from omnibot.domain.dealers.dealer import Dealer
from omnibot.domain.hours import calendar_of
from omnibot.domain.language import Language
from omnibot.domain.rules import Rule, Rules, covers
from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`where` is a key of the file, or a dealer."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def check(
    rules: Rules,
    now: datetime,
    *,
    accounts: Collection[str] | None = None,
    dealers: Collection[Dealer] = (),
    with_group: Collection[int] | None = None,
) -> list[Finding]:
    """Every finding. `accounts` are the addresses of staff, `with_group` the dealers that can be told; None: not known."""
    return [
        *_doubles(rules),
        *_unknown_names(rules, {dealer.name for dealer in dealers}),
        *_forms(rules),
        *_shadowed(rules),
        *_loops(rules),
        *_calendars(rules, dealers, now),
        *_people(rules, accounts),
        *_groups(rules, dealers, with_group),
    ]


def _doubles(rules: Rules) -> Iterator[Finding]:
    for kind, names in (
        ("categories", [one.name for one in rules.categories]),
        ("tiers", [one.name for one in rules.tiers]),
        ("teams", [one.name for one in rules.teams]),
        ("agents", [one.email for one in rules.agents]),
        ("rules", [one.name for one in rules.rules]),
        ("forms", [one.name for one in rules.forms]),
    ):
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                yield Finding(where=kind, what=f"{name!r} stands there {names.count(name)} times")


def _unknown_names(rules: Rules, dealers: Collection[str]) -> Iterator[Finding]:
    teams = {team.name for team in rules.teams}
    for team in rules.teams:
        if team.overflow is not None and team.overflow not in teams:
            yield Finding(where=f"teams.{team.name}.overflow", what=_not_one(team.overflow, teams))
    known = {
        "category": {one.name for one in rules.categories},
        "tier": {one.name for one in rules.tiers},
        "language": {language.value for language in Language},
    }
    for rule in rules.rules:
        where = f"rules.{rule.name}"
        yield from _targets(rule, where, teams, dealers)
        for name, allowed in known.items():
            for value in getattr(rule.when, name):
                if value not in allowed:
                    yield Finding(where=f"{where}.when.{name}", what=f"can never match: {_not_one(value, allowed)}")


def _forms(rules: Rules) -> Iterator[Finding]:
    names = {form.name for form in rules.forms}
    for category in rules.categories:
        for name in category.forms:
            if name not in names:
                yield Finding(where=f"categories.{category.name}.forms", what=_not_one(name, names))
    for name in sorted(names - {name for category in rules.categories for name in category.forms}):
        yield Finding(where=f"forms.{name}", what="belongs to no category, so its cases have none")


def _targets(rule: Rule, where: str, teams: Collection[str], dealers: Collection[str]) -> Iterator[Finding]:
    if rule.team is None and rule.dealer is None and not rule.dealers:
        yield Finding(where=where, what="names nobody; give it a team, a dealer or dealers = true")
    if rule.dealer is not None and rule.dealers:
        yield Finding(where=where, what="contradicts itself: dealer names one, dealers = true asks for any")
    if rule.team is not None and rule.team not in teams:
        yield Finding(where=f"{where}.team", what=_not_one(rule.team, teams))
    if rule.dealer is not None and dealers and rule.dealer not in dealers:
        yield Finding(where=f"{where}.dealer", what=_not_one(rule.dealer, dealers))


def _shadowed(rules: Rules) -> Iterator[Finding]:
    for n, rule in enumerate(rules.rules):
        for earlier in rules.rules[:n]:
            if earlier.since or earlier.until or not covers(earlier.when, rule.when):
                continue
            if covers(rule.when, earlier.when) and _target(rule) != _target(earlier):
                what = f"contradicts {earlier.name!r}: the same conditions, another target; the first one wins"
            else:
                what = f"can never match: {earlier.name!r} above it takes all of it"
            yield Finding(where=f"rules.{rule.name}", what=what)
            break


def _target(rule: Rule) -> tuple[str | None, str | None, bool]:
    return rule.team, rule.dealer, rule.dealers


def _loops(rules: Rules) -> Iterator[Finding]:
    told: set[str] = set()
    for team in rules.teams:
        path = [team.name]
        following = team.overflow
        while following is not None and following not in path:
            path.append(following)
            found = rules.team(following)
            following = found.overflow if found else None
        if following is not None and not told & set(path):
            told |= set(path)
            way = " -> ".join([*path[path.index(following) :], following])
            yield Finding(where=f"teams.{team.name}.overflow", what=f"runs in a circle: {way}")


def _calendars(rules: Rules, dealers: Iterable[Dealer], now: datetime) -> Iterator[Finding]:
    weeks = [
        *((f"teams.{team.name}.hours", team.hours, team.timezone) for team in rules.teams),
        *((f"agents.{one.email}.hours", one.hours, one.timezone) for one in rules.agents if one.hours is not None),
        *((f"dealer {dealer.name}: hours", dealer.profile.hours, dealer.profile.timezone) for dealer in dealers),
    ]
    for where, week, zone in weeks:
        try:
            next_opening(calendar_of(week, zone=zone), now)
        except (ValueError, NeverOpen) as error:
            yield Finding(where=where, what=str(error))


def _people(rules: Rules, accounts: Collection[str] | None) -> Iterator[Finding]:
    known = None if accounts is None else {address.casefold() for address in accounts}
    for team in rules.teams:
        if not team.members:
            yield Finding(where=f"teams.{team.name}.members", what="nobody is in it")
        for member in team.members:
            if known is not None and member.casefold() not in known:
                yield Finding(where=f"teams.{team.name}.members", what=f"{member} has no account")
        for key, people in (("lead", (team.lead,) if team.lead else ()), ("supervisors", team.supervisors)):
            for one in people:
                if known is not None and one.casefold() not in known:
                    yield Finding(where=f"teams.{team.name}.{key}", what=f"{one} has no account")
    for duty in rules.on_call:
        if known is not None and duty.email.casefold() not in known:
            yield Finding(where="on_call", what=f"{duty.email} has no account")
    members = {member.casefold() for team in rules.teams for member in team.members}
    for agent in rules.agents:
        if agent.email.casefold() not in members:
            yield Finding(where=f"agents.{agent.email}", what="is in no team and so gets nothing")


def _groups(rules: Rules, dealers: Collection[Dealer], with_group: Collection[int] | None) -> Iterator[Finding]:
    wanted = [rule for rule in rules.rules if rule.dealer is not None or rule.dealers]
    if wanted and not dealers:
        yield Finding(where=f"rules.{wanted[0].name}", what="asks for a dealer, and there is none")
    for dealer in dealers:
        if dealer.retired_at is None and with_group is not None and dealer.id not in with_group:
            yield Finding(where=f"dealer {dealer.name}", what="has no group, so it cannot be told of a case")


def _not_one(value: str, allowed: Collection[str]) -> str:
    return f"{value!r} is not one of {', '.join(sorted(allowed)) or 'those that the file names: there is none'}"
