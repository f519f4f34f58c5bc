"""A partner organisation that handles cases: where, for which products, when, and how many at once."""

from dataclasses import field
from datetime import datetime, time, timedelta

from omnibot.domain.calendar import Calendar, is_open
from omnibot.domain.hours import Week, calendar_of
from omnibot.domain.language import Language
from omnibot.domain.value import dataclass

CAPACITY = 20  # open cases, where a dealer names no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What decides which cases a dealer gets. A list that is empty excludes nothing."""

    regions: tuple[str, ...] = ()  # as the operator's facts name them: "DE-BE", "上海"
    postcodes: tuple[str, ...] = ()  # prefixes
    products: tuple[str, ...] = ()  # SKUs; a last * stands for whatever follows
    skills: tuple[str, ...] = ()  # categories it takes
    language: Language = Language.EN  # of its group
    capacity: int = CAPACITY  # open cases
    timezone: str = "UTC"
    hours: Week = field(default_factory=dict)  # empty: always open

    @property
    def calendar(self) -> Calendar:
        """Raises ValueError in words."""
        return calendar_of(self.hours, zone=self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealer:
    """`retired_at`: gets no more cases; those it has stay."""

    id: int
    name: str
    profile: Profile
    created_at: datetime
    retired_at: datetime | None = None


def covers_product(products: tuple[str, ...], sku: str) -> bool:
    """Whether a list of SKUs and prefixes ("WM-*") has this one. The case of letters does not matter."""
    wanted = sku.casefold()
    return any(
        wanted.startswith(pattern[:-1].casefold()) if pattern.endswith("*") else wanted == pattern.casefold()
        for pattern in products
    )


def territory(profile: Profile, *, region: str | None, postcode: str | None) -> int | None:
    """How near the place is: the length of the postcode's prefix that matches, 1 for the region, 0 for a dealer without a
    territory; None: the place is not the dealer's."""
    if not profile.regions and not profile.postcodes:
        return 0
    if postcode:
        plain = _plain(postcode)
        matching = [len(_plain(prefix)) for prefix in profile.postcodes if plain.startswith(_plain(prefix))]
        if matching:
            return 1 + max(matching)
    if region and region.casefold() in (name.casefold() for name in profile.regions):
        return 1
    return None


def _plain(postcode: str) -> str:
    return postcode.replace(" ", "").replace("-", "").casefold()


DIGEST_FROM = 8  # o'clock, for a dealer that is always open
MANY = 10  # open cases; then the digest comes again in the course of the day
AGAIN = timedelta(hours=4)


def wants_digest(
    profile: Profile, told_at: datetime | None, open_cases: int, oldest: datetime | None, now: datetime
) -> bool:
    """Whether it is time to tell a dealer of all its open cases: once a morning in its hours, of what was there before that
    morning (`oldest`: since when it has the first of them); again while they are many."""
    calendar = profile.calendar
    local = now.astimezone(calendar.zone)
    if open_cases == 0 or oldest is None or not is_open(calendar, now):
        return False
    if told_at is None or told_at.astimezone(calendar.zone).date() < local.date():
        morning = _morning(profile, local)
        return oldest < morning <= now
    return open_cases >= MANY and now - told_at >= AGAIN


def _morning(profile: Profile, local: datetime) -> datetime:
    """When the dealer's day begins."""
    hours = profile.calendar.week[local.weekday()] if profile.hours else ()
    opening = min((one.opening for one in hours), default=time(DIGEST_FROM))
    return local.replace(hour=opening.hour, minute=opening.minute, second=0, microsecond=0)
