"""How a message arrives where the platform lets us choose: without a sound at night, and not to be passed on."""

from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from omnibot.domain.masking import names_a_person
from omnibot.domain.value import dataclass


class Protects(StrEnum):
    """Which messages a platform is asked not to let anybody forward, copy or save."""

    NONE = "none"
    PERSONAL = "personal"  # those with a mail address, a phone number or a file
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretion:
    """What the operator wants."""

    quiet: tuple[time, time] | None = None  # from, until, on the service's clock; may go over midnight
    protects: Protects = Protects.NONE


def is_quiet(discretion: Discretion, now: datetime, zone: ZoneInfo) -> bool:
    """Whether nobody is to be woken by what a machine says."""
    if discretion.quiet is None:
        return False
    begin, end = discretion.quiet
    at = now.astimezone(zone).time()
    return begin <= at < end if begin <= end else at >= begin or at < end


def is_protected(discretion: Discretion, text: str, *, has_files: bool) -> bool:
    """Whether a message stays where it arrives."""
    match discretion.protects:
        case Protects.NONE:
            return False
        case Protects.PERSONAL:
            return has_files or names_a_person(text)
        case Protects.ALL:
            return True
