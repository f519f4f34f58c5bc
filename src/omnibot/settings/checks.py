"""What types cannot say of the settings."""

import ipaddress
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omnibot.domain.language import Language
from omnibot.domain.ticket import Priority
from omnibot.settings import accounts, hours
from omnibot.settings.derived import calendars, own_calendar
from omnibot.settings.sections import PLATFORMS, Settings, several

Wrong = Callable[[str, str], Exception]  # makes the error of what is wrong with which key, in words


def check(settings: Settings, wrong: Wrong) -> None:
    """Raise what `wrong` makes of the first setting that cannot be as it is."""
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
    for platform in PLATFORMS:
        accounts.check(platform, several(getattr(settings, platform)), wrong)
    service = settings.service
    for key, read in (
        ("hours", lambda: own_calendar(settings)),
        ("quiet_hours", lambda: hours.quiet(service.quiet_hours)),
        ("calendars", lambda: calendars(settings)),
        ("tiers", lambda: hours.tiers(service.tiers)),
        ("policies", lambda: hours.dated(service.policies)),
        ("promise_calendars", lambda: hours.calendars_of(service.promise_calendars, calendars(settings))),
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


def _zone(name: str, wrong: Wrong) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong("server.timezone", f"{name!r} is not a time zone such as Europe/Berlin") from None
