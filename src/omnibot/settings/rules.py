"""Reads the file of teams and rules (`service.rules`): one line for each mistake, naming the file, the key and what is allowed."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from omnibot.domain import rules as domain
from omnibot.domain.hours import calendar_of
from omnibot.domain.rules import AGENT_CAPACITY, Rules, When
from omnibot.domain.ticket import Priority
from omnibot.settings.forms import FormTable, Texts, form_mistakes, form_of, wrong_languages

S = TypeVar("S", bound=Struct)

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 365)]


class BrokenRules(Exception):
    """The mistakes, one a line."""


class _Category(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Name
    keywords: tuple[Name, ...] = ()
    entries: tuple[Name, ...] = ()
    products: tuple[Name, ...] = ()
    forms: tuple[Name, ...] = ()
    title: Texts = {}


class _Tier(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Name
    lane: Annotated[int, Meta(ge=1, le=9)] = 2


class _Team(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Name
    members: tuple[Name, ...] = ()
    overflow: Name | None = None
    lead: Name | None = None
    supervisors: tuple[Name, ...] = ()
    overflow_length: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    overflow_minutes: Minutes | None = None
    timezone: str = "UTC"
    hours: dict[str, tuple[str, ...]] = {}


class _OnCall(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    email: Name
    timezone: str = "UTC"
    hours: dict[str, tuple[str, ...]] = {}
    since: date | None = None
    until: date | None = None


class _Agent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    email: Name
    skills: tuple[Name, ...] = ()
    languages: tuple[Name, ...] = ()
    capacity: Annotated[int, Meta(ge=0, le=1000)] = AGENT_CAPACITY
    timezone: str = "UTC"
    hours: dict[str, tuple[str, ...]] | None = None


class _When(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    category: tuple[Name, ...] = ()
    region: tuple[Name, ...] = ()
    product: tuple[Name, ...] = ()
    tier: tuple[Name, ...] = ()
    language: tuple[Name, ...] = ()


class _Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Name
    when: _When = _When()
    team: Name | None = None
    dealer: Name | None = None
    dealers: bool = False
    priority: Priority | None = None
    dealer_reply_hours: Annotated[int, Meta(ge=1, le=24 * 30)] | None = None
    dealer_plan_days: Annotated[int, Meta(ge=1, le=365)] | None = None
    dealer_closing_days: Annotated[int, Meta(ge=1, le=365)] | None = None
    since: date | None = None
    until: date | None = None


_PARTS: dict[str, type[Struct]] = {
    "categories": _Category,
    "tiers": _Tier,
    "teams": _Team,
    "agents": _Agent,
    "on_call": _OnCall,
    "rules": _Rule,
    "forms": FormTable,
}
_PLAIN = {"version": str, "starving_minutes": Minutes}


def load(path: Path) -> Rules:
    """Raises BrokenRules."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenRules(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenRules(f"{path}: is not valid TOML: {error}") from None
    mistakes: list[str] = []
    rules = _read(raw, mistakes)
    if mistakes:
        raise BrokenRules("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return rules


def _read(raw: dict[str, Any], mistakes: list[str]) -> Rules:
    allowed = (*_PLAIN, *_PARTS)
    mistakes += [f"{key}: is not a key; there may be {', '.join(allowed)}" for key in raw if key not in allowed]
    version = _plain(raw, "version", mistakes) or ""
    starving: int | None = _plain(raw, "starving_minutes", mistakes)
    parts = {key: _tables(raw.get(key, []), key, kind, mistakes) for key, kind in _PARTS.items()}
    for team in [*parts["teams"], *parts["agents"], *parts["on_call"]]:
        _check_hours(team, mistakes)
    for category in parts["categories"]:
        mistakes += wrong_languages(f"categories.{category.name}.title", category.title, may_be_empty=True)  # type: ignore[attr-defined]  # a _Category
    for form in parts["forms"]:
        mistakes += form_mistakes(form)  # type: ignore[arg-type]  # a FormTable
    if mistakes:
        return domain.NO_RULES
    return Rules(
        version=version,
        categories=tuple(domain.Category(**_fields(one)) for one in parts["categories"]),
        tiers=tuple(domain.Tier(**_fields(one)) for one in parts["tiers"]),
        teams=tuple(domain.Team(**_fields(one)) for one in parts["teams"]),
        agents=tuple(domain.AgentProfile(**_fields(one)) for one in parts["agents"]),
        on_call=tuple(domain.OnCall(**_fields(one)) for one in parts["on_call"]),
        rules=tuple(
            domain.Rule(**{**_fields(one), "when": When(**_fields(one.when))})  # type: ignore[attr-defined]  # a _Rule
            for one in parts["rules"]
        ),
        forms=tuple(form_of(one) for one in parts["forms"]),  # type: ignore[arg-type]  # a FormTable
        starving_after=timedelta(minutes=starving) if starving else domain.STARVING_AFTER,
    )


def _plain(raw: dict[str, Any], key: str, mistakes: list[str]) -> Any:
    if key not in raw:
        return None
    try:
        return msgspec.convert(raw[key], _PLAIN[key])
    except msgspec.ValidationError as error:
        mistakes.append(f"{key}: {_in_words(error)[1]}")
        return None


def _tables(given: Any, key: str, kind: type[S], mistakes: list[str]) -> list[S]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        mistakes.append(f"{key}: is to be written as [[{key}]]")
        return []
    read = []
    for n, one in enumerate(given, start=1):
        name = one.get("name") or one.get("email")
        where = f"{key}.{name}" if isinstance(name, str) and name else f"{key}, number {n}"
        try:
            read.append(msgspec.convert(one, kind))
        except msgspec.ValidationError as error:
            inside, what = _in_words(error)
            mistakes.append(f"{'.'.join(filter(None, (where, inside)))}: {what}{_allowed(what, inside, kind)}")
    return read


def _allowed(what: str, inside: str, kind: type[Struct]) -> str:
    if "unknown field" in what:
        inner = _When if inside == "when" else kind
        return f"; there may be {', '.join(inner.__struct_fields__)}"
    return f"; allowed is {', '.join(Priority)}" if "enum value" in what else ""


def _check_hours(one: Any, mistakes: list[str]) -> None:
    kind = "on_call" if isinstance(one, _OnCall) else "agents"
    key = f"teams.{one.name}" if isinstance(one, _Team) else f"{kind}.{one.email}"
    try:
        calendar_of(one.hours or {}, zone=one.timezone)
    except ValueError as error:
        mistakes.append(f"{key}.hours: {error}")


def _in_words(error: msgspec.ValidationError) -> tuple[str, str]:
    """The key inside, and what is wrong with it."""
    message, _, where = str(error).partition(" - at `$")
    return where.strip("`.").replace("[...]", ""), message[0].lower() + message[1:]


def _fields(one: Struct) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}
