"""The settings: one frozen object, built once from a file plus the environment, checked before anything starts."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from omnibot.domain import retention as domain
from omnibot.domain.calendar import Calendar
from omnibot.domain.discretion import Discretion, Protects
from omnibot.domain.language import Language
from omnibot.domain.policy import PRESETS, Policy, Thresholds
from omnibot.domain.promise import PromiseKind
from omnibot.domain.rating import RatingPolicy
from omnibot.domain.surge.policy import SurgePolicy
from omnibot.domain.ticket import Priority
from omnibot.settings import accounts, hours
from omnibot.settings.accounts import Account, EmailAccount, NotifyAccount, SlackAccount, TelegramAccount
from omnibot.settings.hours import CalendarSettings

__all__ = [
    "Account",
    "EmailAccount",
    "NotifyAccount",
    "Settings",
    "SlackAccount",
    "TelegramAccount",
    "WrongConfiguration",
    "load",
]

PREFIX = "OMNIBOT_"
SECRETS = {
    ("webchat", "identity_secret"),
    ("database", "url"),
    ("redis", "url"),
    ("service", "lookup_token"),
} | accounts.SECRETS

Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 365)]
Days = Annotated[int, Meta(ge=1, le=3650)]
KeptDays = Annotated[int, Meta(ge=0, le=36500)]  # 0: for ever
ShareOrPreset = Annotated[float, Meta(ge=-1.0, le=1.0)]  # below 0: as the preset has it


_LADDER_MINUTES = {"assignee": 10, "team_lead": 15, "supervisor": 30, "on_call": 60}
_KEPT_TYPES = ("image/*", "audio/*", "video/*", "application/pdf", "application/zip", "text/plain")


class WrongConfiguration(Exception):
    """One line: where, which key, what is wrong, what is allowed."""


class Server(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    public_url: str = ""
    trusted_proxies: list[str] = []
    data_dir: str = "var"
    language: str = "en"
    timezone: str = "UTC"
    api_requests_per_minute: Annotated[int, Meta(ge=1)] = 6_000
    log_level: Annotated[str, Meta(pattern=r"^(debug|info|warning|error)\Z")] = "info"


class Database(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    url: str = ""


class Redis(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    url: str = ""


class Webchat(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    enabled: bool = True
    allowed_origins: list[str] = []
    identity_secret: str = ""
    require_identity: bool = False
    messages_per_minute: Annotated[int, Meta(ge=1)] = 60
    sessions_per_minute: Annotated[int, Meta(ge=1)] = 30
    read_marks: bool = True
    transcripts_per_hour: Annotated[int, Meta(ge=0)] = 60


class Faq(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    path: str = ""
    answer_threshold: ShareOrPreset = -1.0
    suggest_threshold: ShareOrPreset = -1.0
    semantic: bool = False
    encoder_vocabulary: str = ""
    preset: Annotated[str, Meta(pattern=r"^(balanced|strict)\Z")] = "balanced"
    answer_margin: ShareOrPreset = -1.0
    fallback_languages: list[str] = msgspec.field(default_factory=lambda: ["en", "zh-Hans", "zh-Hant"])
    must_not_answer: str = ""

    @property
    def thresholds(self) -> Thresholds:
        """The preset's, but for what is set."""
        preset = PRESETS[self.preset]
        return Thresholds(
            answer=preset.answer if self.answer_threshold < 0 else self.answer_threshold,
            suggest=preset.suggest if self.suggest_threshold < 0 else self.suggest_threshold,
            margin=preset.margin if self.answer_margin < 0 else self.answer_margin,
        )


class Files(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    size_limit: Annotated[int, Meta(ge=1)] = 20_000_000
    types: list[str] = msgspec.field(default_factory=lambda: list(_KEPT_TYPES))
    clean_pictures: bool = True


class Retention(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    conversation_days: KeptDays = 730
    raw_days: KeptDays = 14
    original_days: KeptDays = 90
    dead_days: KeptDays = 90


class Service(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str = "Customer service"
    team: str = "our service team"
    hours: dict[str, list[str]] = {}
    holidays: list[date] = []
    first_reply_minutes: Minutes = 10
    next_reply_minutes: Minutes = 30
    resolution_minutes: dict[str, Minutes] = {}
    reopen_days: Days = 14
    close_days: Days = 14
    automatic_per_hour: Annotated[int, Meta(ge=1)] = 30
    quiet_hours: str = ""
    protect: Annotated[str, Meta(pattern=r"^(none|personal|all)\Z")] = "none"
    holiday_country: str = ""
    special_days: dict[str, list[str]] = {}
    calendars: dict[str, CalendarSettings] = {}
    promise_calendars: dict[str, str] = {}
    tiers: dict[str, dict[str, Minutes]] = msgspec.field(default_factory=lambda: {"vip": {"first_reply_minutes": 3}})
    policies: dict[str, dict[str, Minutes]] = {}
    dealer_reply_hours: Annotated[int, Meta(ge=1, le=8760)] = 12
    dealer_plan_days: Days = 5
    dealer_closing_days: Days = 15
    escalation_minutes: dict[str, Minutes] = msgspec.field(default_factory=lambda: dict(_LADDER_MINUTES))
    acknowledged_minutes: Minutes = 60
    rules: str = ""
    lookup_url: str = ""
    lookup_token: str = ""
    lookup_seconds: Annotated[int, Meta(ge=1, le=30)] = 2
    unowned_minutes: Minutes = 15
    report_photos: Annotated[int, Meta(ge=0, le=20)] = 1


class Rating(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    enabled: bool = True
    delay_minutes: Annotated[int, Meta(ge=0, le=60 * 24)] = 5
    every_days: Annotated[int, Meta(ge=0, le=3650)] = 30
    change_hours: Annotated[int, Meta(ge=0, le=8760)] = 24


class Surge(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    incident_least: Annotated[int, Meta(ge=0, le=1000)] = 5
    incident_minutes: Annotated[int, Meta(ge=1, le=60 * 24)] = 60
    call_back_minutes: Annotated[int, Meta(ge=0, le=60 * 24)] = 30


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every setting. `omnibot.example.toml` shows each with its unit; a test compares the two."""

    server: Server = Server()
    database: Database = Database()
    redis: Redis = Redis()
    telegram: TelegramAccount | list[TelegramAccount] = TelegramAccount()
    slack: SlackAccount | list[SlackAccount] = SlackAccount()
    email: EmailAccount | list[EmailAccount] = EmailAccount()
    notify: NotifyAccount | list[NotifyAccount] = NotifyAccount()
    webchat: Webchat = Webchat()
    faq: Faq = Faq()
    files: Files = Files()
    retention: Retention = Retention()
    service: Service = Service()
    rating: Rating = Rating()
    surge: Surge = Surge()

    @property
    def data_dir(self) -> Path:
        return Path(self.server.data_dir)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir / 'omnibot.sqlite3'}"

    @property
    def public_url(self) -> str:
        return self.server.public_url.rstrip("/") or f"http://{self.server.host}:{self.server.port}"

    @property
    def is_scaled(self) -> bool:
        return bool(self.redis.url)

    @property
    def accounts(self) -> list[Account]:
        """The accounts that are on, with what follows from the rest written out."""
        configured = [account for section in _PLATFORMS for account in _several(getattr(self, section))]
        return [account.filled() for account in configured if account.is_on]


_PLATFORMS = ("telegram", "slack", "email", "notify")


def _several(section: Account | list[Account]) -> list[Account]:
    return section if isinstance(section, list) else [section]


# Open minutes until a ticket of each priority is resolved, unless the operator says otherwise.
RESOLUTION_MINUTES = {
    Priority.URGENT: 8 * 60,
    Priority.HIGH: 24 * 60,
    Priority.NORMAL: 3 * 24 * 60,
    Priority.LOW: 5 * 24 * 60,
}


def load(path: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `path` (or $OMNIBOT_CONFIG, or ./omnibot.toml where it exists) and the environment, which wins.

    Raises WrongConfiguration with one line to print.
    """
    environ = os.environ if environ is None else environ
    source = path or (Path(environ["OMNIBOT_CONFIG"]) if environ.get("OMNIBOT_CONFIG") else None)
    if source is None and Path("omnibot.toml").exists():
        source = Path("omnibot.toml")
    raw = _read_file(source) if source else {}
    origins = _overlay(raw, environ)
    settings = _convert(raw, source, origins)
    _check(settings, source, origins)
    return settings


def known_environment() -> set[str]:
    """The environment variables that are settings (secrets also as `..._FILE`)."""
    names = {f"{PREFIX}{section}__{key}".upper() for section, key in keys()}
    return names | {f"{PREFIX}{section}__{key}_FILE".upper() for section, key in SECRETS} | {"OMNIBOT_CONFIG"}


def policy(settings: Settings) -> Policy:
    """The part that decisions read. Raises WrongConfiguration."""
    service = settings.service
    calendars = _calendars(settings)
    return Policy(
        answer_threshold=settings.faq.thresholds.answer,
        suggest_threshold=settings.faq.thresholds.suggest,
        answer_margin=settings.faq.thresholds.margin,
        team=service.team,
        calendar=_calendar(settings),
        first_reply=timedelta(minutes=service.first_reply_minutes),
        next_reply=timedelta(minutes=service.next_reply_minutes),
        resolution={
            priority: timedelta(minutes=service.resolution_minutes.get(priority.value, minutes))
            for priority, minutes in RESOLUTION_MINUTES.items()
        },
        reopen_window=timedelta(days=service.reopen_days),
        close_after=timedelta(days=service.close_days),
        automatic_per_hour=service.automatic_per_hour,
        dealer={
            PromiseKind.DEALER_REPLY: timedelta(hours=service.dealer_reply_hours),
            PromiseKind.DEALER_PLAN: timedelta(days=service.dealer_plan_days),
            PromiseKind.DEALER_CLOSING: timedelta(days=service.dealer_closing_days),
        },
        tiers=hours.tiers(service.tiers),
        calendars=calendars,
        calendar_of=hours.calendars_of(service.promise_calendars, calendars),
        ladder=hours.ladder(service.escalation_minutes, service.acknowledged_minutes),
        report_photos=service.report_photos,
        discretion=_discretion(settings),
        rating=RatingPolicy(
            is_on=settings.rating.enabled,
            delay=timedelta(minutes=settings.rating.delay_minutes),
            every=timedelta(days=settings.rating.every_days),
            change_within=timedelta(hours=settings.rating.change_hours),
        ),
        surge=SurgePolicy(
            least=settings.surge.incident_least,
            window=timedelta(minutes=settings.surge.incident_minutes),
            call_back_from=timedelta(minutes=settings.surge.call_back_minutes),
        ),
        dated=hours.dated(service.policies),
    )


def _discretion(settings: Settings) -> Discretion:
    service = settings.service
    try:
        quiet = hours.quiet(service.quiet_hours)
    except ValueError as error:
        raise WrongConfiguration(f"service.quiet_hours: {error}") from None
    return Discretion(quiet=quiet, protects=Protects(service.protect))


def retention(settings: Settings) -> domain.Retention:
    """How long what is kept for."""
    kept = settings.retention
    return domain.Retention(
        conversations=_kept(kept.conversation_days),
        raw=_kept(kept.raw_days),
        originals=_kept(kept.original_days),
        dead=_kept(kept.dead_days),
    )


def _kept(days: int) -> timedelta | None:
    return timedelta(days=days) if days else None


def keys() -> dict[tuple[str, str], Any]:
    """Each section and key with its type; for accounts, those of one account."""
    return {
        (section.name, key.name): key.type
        for section in msgspec.structs.fields(Settings)
        for key in msgspec.structs.fields(next(iter(get_args(section.type)), section.type))
    }


def _read_file(source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongConfiguration(f"{source}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongConfiguration(f"{source}: is not valid TOML: {error}") from None


def _overlay(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the environment over `raw`; returns which variable set which `section.key`."""
    known = keys()
    origins: dict[str, str] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if (section, key) in known:
            text = value
        elif key.endswith("_file") and (section, key.removesuffix("_file")) in SECRETS:
            key = key.removesuffix("_file")
            text = _read_secret(name, value)
        else:
            raise WrongConfiguration(f"{name}: is not a setting; the settings stand in omnibot.example.toml")
        table = raw.setdefault(section, {})
        if isinstance(table, list):
            raise WrongConfiguration(
                f"{name}: [[{section}]] has several accounts; the environment sets the keys of a single one"
            )
        if not isinstance(table, dict):
            raise WrongConfiguration(f"[{section}]: has to be a table")
        table[key] = _parse_environment(text, known[section, key])
        origins[f"{section}.{key}"] = name
    return origins


def _read_secret(name: str, value: str) -> str:
    try:
        return Path(value).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise WrongConfiguration(f"{name}: names a file that cannot be read") from None


def _parse_environment(text: str, kind: Any) -> Any:
    """Text stays text where the setting is text; everything else is written as in TOML (`8081`, `true`, `["a"]`)."""
    if kind is str or getattr(kind, "__origin__", None) is str:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _convert(raw: dict[str, Any], source: Path | None, origins: dict[str, str]) -> Settings:
    try:
        return msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        key = where.strip("`.").replace("[...]", "")
        place = origins.get(key, str(source) if source else "settings")
        known = "" if "unknown field" not in message else "; the settings stand in omnibot.example.toml"
        raise WrongConfiguration(f"{place}: {key or 'top level'}: {message[0].lower()}{message[1:]}{known}") from None


def _check(settings: Settings, source: Path | None, origins: dict[str, str]) -> None:
    """What types cannot say."""

    def wrong(key: str, what: str) -> WrongConfiguration:
        return WrongConfiguration(f"{origins.get(key, str(source) if source else 'settings')}: {key}: {what}")

    _zone(settings.server.timezone, wrong)
    if settings.server.language not in ("en", "zh-Hans", "zh-Hant"):
        raise wrong("server.language", "has to be en, zh-Hans or zh-Hant")
    if settings.server.public_url and _parts(settings.server.public_url).scheme not in ("http", "https"):
        raise wrong("server.public_url", "has to start with http:// or https://")
    if _parts(settings.database_url).scheme not in ("sqlite", "postgresql"):
        raise wrong("database.url", "has to start with postgresql:// or sqlite:///")
    for network in settings.server.trusted_proxies:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise wrong("server.trusted_proxies", f"{network!r} is not a network such as 172.16.0.0/12") from None
    if settings.redis.url and _parts(settings.redis.url).scheme not in ("redis", "rediss", "unix"):
        raise wrong("redis.url", "has to start with redis://, rediss:// or unix://")
    for origin in settings.webchat.allowed_origins:
        parts = _parts(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise wrong("webchat.allowed_origins", f"{origin!r} is not an origin such as https://www.example.com")
    if 0 < len(settings.webchat.identity_secret) < 32:
        raise wrong("webchat.identity_secret", "has to have at least 32 characters")
    if settings.webchat.require_identity and not settings.webchat.identity_secret:
        raise wrong("webchat.require_identity", "needs webchat.identity_secret, or nobody could chat")
    if settings.faq.thresholds.suggest > settings.faq.thresholds.answer:
        raise wrong("faq.suggest_threshold", "must not be above faq.answer_threshold")
    for language in settings.faq.fallback_languages:
        if language not in list(Language):
            raise wrong("faq.fallback_languages", f"{language!r} is not one of {', '.join(Language)}")
    for priority in settings.service.resolution_minutes:
        if priority not in list(Priority):
            raise wrong("service.resolution_minutes", f"{priority!r} is not one of {', '.join(Priority)}")
    if settings.service.lookup_url and _parts(settings.service.lookup_url).scheme not in ("http", "https"):
        raise wrong("service.lookup_url", "has to start with http:// or https://")
    for platform in _PLATFORMS:
        accounts.check(platform, _several(getattr(settings, platform)), wrong)
    service = settings.service
    for key, read in (
        ("hours", lambda: _calendar(settings)),
        ("calendars", lambda: _calendars(settings)),
        ("tiers", lambda: hours.tiers(service.tiers)),
        ("policies", lambda: hours.dated(service.policies)),
        ("promise_calendars", lambda: hours.calendars_of(service.promise_calendars, _calendars(settings))),
        ("escalation_minutes", lambda: hours.ladder(service.escalation_minutes, service.acknowledged_minutes)),
    ):
        try:
            read()
        except ValueError as error:
            raise wrong(f"service.{key}", str(error)) from None


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # not an address at all
        return urlsplit("")


def _zone(name: str, wrong: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong("server.timezone", f"{name!r} is not a time zone such as Europe/Berlin") from None


def _calendar(settings: Settings) -> Calendar:
    """Business hours; without any, the service is always open. Raises ValueError in words."""
    service = settings.service
    own = CalendarSettings(
        hours=service.hours,
        holidays=service.holidays,
        holiday_country=service.holiday_country,
        special_days=service.special_days,
    )
    return hours.calendar(own, name="default", timezone=settings.server.timezone)


def _calendars(settings: Settings) -> dict[str, Calendar]:
    """Those beside the team's own. Raises ValueError in words."""
    found = {}
    for name, written in settings.service.calendars.items():
        try:
            found[name] = hours.calendar(written, name=name, timezone=settings.server.timezone)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found
