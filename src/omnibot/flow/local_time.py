"""By whose clock times are told: where somebody comes to the customer, that of the place."""

from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.flow.desk import Desk
from omnibot.store import dealer_cases, dealers

UNSET = "UTC"  # what a dealer has whose time zone nobody named


def of_dealer(tx: Connection, desk: Desk, dealer_id: int | None) -> ZoneInfo:
    """The dealer's clock; ours where there is none."""
    dealer = dealers.get(tx, dealer_id) if dealer_id is not None else None
    if dealer is None or dealer.profile.timezone == UNSET:
        return desk.policy.calendar.zone
    return ZoneInfo(dealer.profile.timezone)


def of_case(tx: Connection, desk: Desk, ticket_id: int) -> ZoneInfo:
    """That of the dealer who has the case: it is near the customer."""
    case = dealer_cases.get(tx, ticket_id)
    return of_dealer(tx, desk, case.dealer_id if case else None)
