"""Which team or dealer gets a case, and why not the others. Pure; the answer is kept with the ticket."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from omnibot.domain.calendar import NeverOpen, is_open
from omnibot.domain.dealers.dealer import Dealer, covers_product, territory
from omnibot.domain.rules import Matter, Rule, Rules, mismatch
from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """A rule or a dealer that did not get it."""

    candidate: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`team` alone: our own people. With a dealer: who keeps an eye on it. Neither: the queue of all."""

    team: str | None = None
    dealer_id: int | None = None
    dealer_name: str | None = None
    rule: str | None = None
    version: str = ""
    why: str
    why_not: tuple[WhyNot, ...] = ()


def matching_rule(rules: Rules, matter: Matter, now: datetime) -> tuple[Rule | None, tuple[WhyNot, ...]]:
    """The first rule that matches, and why those before it do not."""
    refused: list[WhyNot] = []
    for rule in rules.rules:
        reason = _not_today(rules, rule, now) or mismatch(rule.when, matter)
        if reason is None:
            return rule, tuple(refused)
        refused.append(WhyNot(candidate=f"rule {rule.name}", reason=reason))
    return None, tuple(refused)


def _not_today(rules: Rules, rule: Rule, now: datetime) -> str | None:
    """By the calendar of its team."""
    team = rules.team(rule.team)
    today = now.astimezone(team.calendar.zone if team else UTC).date()
    if rule.since is not None and today < rule.since:
        return f"holds from {rule.since} on"
    return f"held until {rule.until}" if rule.until is not None and today > rule.until else None


def choose(
    matter: Matter,
    rules: Rules,
    dealers: Iterable[Dealer],
    loads: Mapping[int, int],
    now: datetime,
    *,
    tried: frozenset[int] = frozenset(),
    without_group: frozenset[int] = frozenset(),
) -> Choice:
    """Who gets it. `loads` are the dealers' open cases; `tried` have said no, or nothing, to this very case."""
    rule, refused = matching_rule(rules, matter, now)
    if rule is None:
        return Choice(version=rules.version, why="no rule matches", why_not=refused)
    if rule.dealer is None and not rule.dealers:
        why = f"rule {rule.name}"
        return Choice(team=rule.team, rule=rule.name, version=rules.version, why=why, why_not=refused)
    best: tuple[tuple[float, ...], Dealer, str] | None = None
    others: list[WhyNot] = []
    for dealer in dealers:
        reason = _why_not(dealer, rule, matter, loads, tried, without_group)
        if reason is not None:
            others.append(WhyNot(candidate=dealer.name, reason=reason))
            continue
        rank, words = _rank(dealer, matter, loads, now)
        if best is None or rank < best[0]:
            if best is not None:
                others.append(WhyNot(candidate=best[1].name, reason=f"{dealer.name} fits better: {words}"))
            best = rank, dealer, words
        else:
            others.append(WhyNot(candidate=dealer.name, reason=f"{best[1].name} fits better: {best[2]}"))
    why_not = (*refused, *others)
    if best is None:
        return Choice(
            team=rule.team,
            rule=rule.name,
            version=rules.version,
            why=f"rule {rule.name}, and no dealer can take it",
            why_not=why_not,
        )
    _, chosen, words = best
    return Choice(
        team=rule.team,
        dealer_id=chosen.id,
        dealer_name=chosen.name,
        rule=rule.name,
        version=rules.version,
        why=f"rule {rule.name}; {words}",
        why_not=why_not,
    )


def _why_not(
    dealer: Dealer,
    rule: Rule,
    matter: Matter,
    loads: Mapping[int, int],
    tried: frozenset[int],
    without_group: frozenset[int],
) -> str | None:
    """Why this dealer cannot have it; None: it can."""
    profile = dealer.profile
    if rule.dealer is not None and dealer.name.casefold() != rule.dealer.casefold():
        return f"rule {rule.name} names {rule.dealer}"
    if dealer.retired_at is not None:
        return "gets no more cases"
    if dealer.id in tried:
        return "has said no, or did not answer in time"
    if dealer.id in without_group:
        return "has no group to be told in"
    if territory(profile, region=matter.region, postcode=matter.postcode) is None:
        return f"{matter.postcode or matter.region or 'an unknown place'} is not its territory"
    if profile.products and (matter.product is None or not covers_product(profile.products, matter.product)):
        return f"{matter.product or 'an unknown product'} is none of its products"
    if profile.skills and matter.category is not None and matter.category not in profile.skills:
        return f"{matter.category} is none of its skills"
    if loads.get(dealer.id, 0) >= profile.capacity:
        return f"has {loads[dealer.id]} open cases of {profile.capacity}"
    return None


def _rank(dealer: Dealer, matter: Matter, loads: Mapping[int, int], now: datetime) -> tuple[tuple[float, ...], str]:
    """The smaller the better: nearest place, same language, open now, most room, longest known."""
    profile = dealer.profile
    near = territory(profile, region=matter.region, postcode=matter.postcode) or 0
    speaks = profile.language.value == matter.language
    load = loads.get(dealer.id, 0) / max(1, profile.capacity)
    opened = _is_open(dealer, now)
    words = [
        f"its territory matches {matter.postcode if near > 1 else matter.region}" if near else "it works everywhere",
        f"speaks {profile.language.value}",
        "open now" if opened else "closed now",
        f"{loads.get(dealer.id, 0)} open cases of {profile.capacity}",
    ]
    return (-near, not speaks, not opened, load, dealer.id), ", ".join(words)


def _is_open(dealer: Dealer, now: datetime) -> bool:
    try:
        return is_open(dealer.profile.calendar, now)
    except (ValueError, NeverOpen):  # a calendar that the linter complains about closes nobody out
        return True
