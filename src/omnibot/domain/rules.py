"""Who gets which case: categories, teams, tiers and rules, as an operator wrote them down. The first rule that matches wins."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import date, datetime, timedelta

from omnibot.domain.calendar import Calendar, is_open
from omnibot.domain.dealers.dealer import covers_product
from omnibot.domain.form import TAG, Form, Texts
from omnibot.domain.hours import Week, calendar_of
from omnibot.domain.promise import PromiseKind
from omnibot.domain.ticket import Priority
from omnibot.domain.value import dataclass

AGENT_CAPACITY = 5  # conversations at a time
STARVING_AFTER = timedelta(minutes=30)  # one lane up for each of these that somebody waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """What a case is about. It is known by a form, the FAQ entry that came before, words in the text, or the product."""

    name: str
    keywords: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()  # ids of FAQ entries
    products: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    title: Texts = field(default_factory=dict)  # for people; without one, the name


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A class of customers. Lane 1 goes first; how soon they are answered is the settings' (`service.tiers`)."""

    name: str
    lane: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """`members` are e-mail addresses of accounts. While nobody of it has room, `overflow` gets the work; with a limit, only
    what lies beyond it."""

    name: str
    members: tuple[str, ...] = ()
    overflow: str | None = None
    lead: str | None = None  # the e-mail address of an account: the second rung of the ladder
    supervisors: tuple[str, ...] = ()  # the third; empty: all supervisors
    overflow_length: int | None = None  # that many may wait for this team alone
    overflow_minutes: int | None = None  # that long
    timezone: str = "UTC"
    hours: Week = field(default_factory=dict)

    @property
    def calendar(self) -> Calendar:
        """Raises ValueError in words."""
        return calendar_of(self.hours, zone=self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """A line of the duty calendar: the last rung of the ladder, in these hours (none: always) of these days, both included."""

    email: str
    timezone: str = "UTC"
    hours: Week = field(default_factory=dict)
    since: date | None = None
    until: date | None = None

    @property
    def calendar(self) -> Calendar:
        """Raises ValueError in words."""
        return calendar_of(self.hours, zone=self.timezone)


def on_duty(duties: Iterable[OnCall], now: datetime) -> tuple[str, ...]:
    """The addresses of whoever is on call, each once."""
    return tuple(dict.fromkeys(duty.email for duty in duties if _is_on(duty, now)))


def _is_on(duty: OnCall, now: datetime) -> bool:
    today = now.astimezone(duty.calendar.zone).date()
    return (duty.since or today) <= today <= (duty.until or today) and is_open(duty.calendar, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    """What an agent can do and when. Somebody without a profile takes anything, within his teams' hours."""

    email: str
    skills: tuple[str, ...] = ()  # categories; empty: all
    languages: tuple[str, ...] = ()  # empty: all
    capacity: int = AGENT_CAPACITY
    timezone: str = "UTC"
    hours: Week | None = None  # None: the team's


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """All that is named has to be so; of several values, one."""

    category: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    product: tuple[str, ...] = ()  # SKUs; a last * stands for whatever follows
    tier: tuple[str, ...] = ()
    language: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One of `team`, `dealer` (by name) and `dealers` (whichever fits best). `team` beside a dealer keeps an eye on it."""

    name: str
    when: When = field(default_factory=When)
    team: str | None = None
    dealer: str | None = None
    dealers: bool = False
    priority: Priority | None = None
    dealer_reply_hours: int | None = None  # None: as for every case
    dealer_plan_days: int | None = None
    dealer_closing_days: int | None = None
    since: date | None = None  # of cases that come on these days, both included
    until: date | None = None


def own_time(rule: Rule, kind: PromiseKind) -> timedelta | None:
    """What a rule has for a dealer's promise; None: as for every case."""
    match kind:
        case PromiseKind.DEALER_REPLY if rule.dealer_reply_hours:
            return timedelta(hours=rule.dealer_reply_hours)
        case PromiseKind.DEALER_PLAN if rule.dealer_plan_days:
            return timedelta(days=rule.dealer_plan_days)
        case PromiseKind.DEALER_CLOSING if rule.dealer_closing_days:
            return timedelta(days=rule.dealer_closing_days)
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The whole file. `version` is the operator's own and is kept with each decision."""

    version: str = ""
    categories: tuple[Category, ...] = ()
    tiers: tuple[Tier, ...] = ()
    teams: tuple[Team, ...] = ()
    agents: tuple[AgentProfile, ...] = ()
    on_call: tuple[OnCall, ...] = ()
    rules: tuple[Rule, ...] = ()
    forms: tuple[Form, ...] = ()
    starving_after: timedelta = STARVING_AFTER

    def form(self, name: str | None) -> Form | None:
        return next((form for form in self.forms if form.name == name), None)

    def rule(self, name: str | None) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def team(self, name: str | None) -> Team | None:
        return next((team for team in self.teams if team.name == name), None)

    def tier(self, name: str | None) -> Tier | None:
        return next((tier for tier in self.tiers if tier.name == name), None)

    def agent(self, email: str) -> AgentProfile | None:
        return next((agent for agent in self.agents if agent.email.casefold() == email.casefold()), None)


NO_RULES = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is known of a case when it is decided who gets it."""

    category: str | None = None
    region: str | None = None
    postcode: str | None = None
    product: str | None = None
    tier: str | None = None
    language: str = "en"


def categorise(
    rules: Rules, *, text: str, entry: str | None = None, product: str | None = None, form: str | None = None
) -> tuple[str | None, str]:
    """The category of a case and how it is known: the surest sign first."""
    for category in rules.categories:
        if form is not None and form in category.forms:
            return category.name, f"form {form}"
    for category in rules.categories:
        if entry is not None and entry in category.entries:
            return category.name, f"FAQ entry {entry}"
    words = text.casefold()
    hits = {
        category.name: found
        for category in rules.categories
        if (found := [word for word in category.keywords if word.casefold() in words])
    }
    if hits:
        best = max(hits, key=lambda name: (len(hits[name]), sum(map(len, hits[name]))))
        return best, f"words: {', '.join(hits[best])}"
    for category in rules.categories:
        if product is not None and covers_product(category.products, product):
            return category.name, f"product {product}"
    return None, "nothing tells its category"


def form_of(rules: Rules, *, entry: str | None = None, tags: Iterable[str] = (), text: str = "") -> Form | None:
    """The form that an FAQ entry leads to, by its tag or its category; where there is no entry, the one that words lead to."""
    for tag in tags:
        if tag.startswith(TAG) and (tagged := rules.form(tag.removeprefix(TAG))):
            return tagged
    words = text.casefold()
    for category in rules.categories:
        is_about = entry in category.entries if entry else any(word.casefold() in words for word in category.keywords)
        if is_about and (found := next(filter(None, map(rules.form, category.forms)), None)):
            return found
    return None


def mismatch(when: When, matter: Matter) -> str | None:
    """Why a condition does not hold; None: it does."""
    for name, wanted, given in _compared(when, matter):
        if not wanted:
            continue
        if given is None:
            return f"its {name} is not known"
        fits = covers_product(wanted, given) if name == "product" else given.casefold() in _folded(wanted)
        if not fits:
            return f"its {name} is {given}, not {' or '.join(wanted)}"
    return None


def covers(wide: When, narrow: When) -> bool:
    """Whether everything that matches `narrow` matches `wide`, too."""
    for name in ("category", "region", "product", "tier", "language"):
        allowed, asked = getattr(wide, name), getattr(narrow, name)
        if not allowed:
            continue
        if not asked:
            return False
        if name == "product":
            if not all(_covers_pattern(allowed, one) for one in asked):
                return False
        elif not _folded(asked) <= _folded(allowed):
            return False
    return True


def _covers_pattern(allowed: Iterable[str], asked: str) -> bool:
    wanted = asked.casefold()
    for pattern in (one.casefold() for one in allowed):
        if pattern == wanted or (pattern.endswith("*") and wanted.removesuffix("*").startswith(pattern[:-1])):
            return True
    return False


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _compared(when: When, matter: Matter) -> Iterator[tuple[str, tuple[str, ...], str | None]]:
    yield "category", when.category, matter.category
    yield "region", when.region, matter.region
    yield "product", when.product, matter.product
    yield "tier", when.tier, matter.tier
    yield "language", when.language, matter.language


def lane(rules: Rules, tier: str | None, waiting_since: datetime, now: datetime) -> int:
    """Which lane somebody waits in: his tier's, and one further up for each while he has waited, so that nobody starves."""
    found = rules.tier(tier)
    start = found.lane if found else 2
    return start - int((now - waiting_since) / rules.starving_after)
