"""How a visit stands, in words. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from omnibot.domain.booking import Booking, Stage
from omnibot.flow.word import moment
from omnibot.texts import Words


def line(words: Words, made: Booking, now: datetime, zone: ZoneInfo) -> str:
    """How a visit stands, for a dealer's card; "" where there is nothing to say."""
    when = moment(words, made.slot.starts_at, now, zone) if made.slot else ""
    if made.stage is Stage.NOT_COME:
        return words("⚠️ Nobody came {when}: the customer waits for other times", when=when)
    if made.wanted_at is not None:
        return words("🗓 The customer waits for other times")
    match made.stage:
        case Stage.BOOKED:
            return words("🗓 Visit booked: {when}", when=when)
        case Stage.OFFERED:
            return words("🗓 {n} times are offered to the customer", n=len(made.slots))
        case Stage.CANCELLED:
            return words("🗓 The visit is cancelled")
        case Stage.MISSED:
            return words("🗓 Nobody was there: the customer is asked for another time")
        case _:
            return ""


def standing(words: Words, made: Booking, now: datetime, zone: ZoneInfo) -> str:
    """The same for the customer who asks where the case is; "" where there is nothing to say."""
    when = moment(words, made.slot.starts_at, now, zone) if made.slot else ""
    is_booked = made.stage is Stage.BOOKED and made.slot is not None and made.slot.ends_at > now
    if is_booked:
        return words("the visit is booked {when}", when=when)
    if made.wanted_at is not None:
        return words("other times for the visit have been asked for")
    match made.stage:
        case Stage.OFFERED:
            return words("times for a visit wait for your choice")
        case Stage.MISSED:
            return words("nobody was there at the visit {when}; please pick another time", when=when)
        case _:
            return ""
