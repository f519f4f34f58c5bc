"""What can be set, section by section, with its defaults. `omnibot.example.toml` shows each with its unit."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, Struct

from omnibot.domain.policy import PRESETS, Thresholds
from omnibot.settings import accounts
from omnibot.settings.accounts import Account, EmailAccount, NotifyAccount, SlackAccount, TelegramAccount
from omnibot.settings.hours import CalendarSettings

SECRETS = {
    ("webchat", "identity_secret"),
    ("database", "url"),
    ("redis", "url"),
    ("service", "lookup_token"),
} | accounts.SECRETS

PLATFORMS = ("telegram", "slack", "email", "notify")

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
        configured = [account for section in PLATFORMS for account in several(getattr(self, section))]
        return [account.filled() for account in configured if account.is_on]


def several(section: Account | list[Account]) -> list[Account]:
    return section if isinstance(section, list) else [section]


def keys() -> dict[tuple[str, str], Any]:
    """Each section and key with its type; for accounts, those of one account."""
    return {
        (section.name, key.name): key.type
        for section in msgspec.structs.fields(Settings)
        for key in msgspec.structs.fields(next(iter(get_args(section.type)), section.type))
    }
