"""One thing known about a contact or a case, and where it comes from: what nobody has to be asked again."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from omnibot.domain.appliance import names_another
from omnibot.domain.purchase import Purchase, warranty
from omnibot.domain.value import dataclass

# Keys that omnibot itself reads; operators add their own.
PHONE, ADDRESS, REGION, POSTCODE, TIER = "phone", "address", "region", "postcode", "tier"
PROBLEM = "problem"  # what is wrong, where a form asks for it
PRODUCT, SERIAL, WARRANTY_ENDS_ON = "product", "serial", "warranty_ends_on"
OF_PRODUCT = (PRODUCT, SERIAL, WARRANTY_ENDS_ON, "bought_on", "warranty_end")  # true of one appliance only

LONGEST_VALUE = 500  # characters
KEY = r"^[a-z][a-z0-9_]{0,39}\Z"


class Source(StrEnum):
    """Who said it."""

    CUSTOMER = "customer"  # in a form, or in so many words
    STAFF = "staff"  # an agent wrote it down
    IMPORT = "import"  # a CSV file
    LOOK_UP = "look_up"  # the operator's own system, over HTTP
    DERIVED = "derived"  # worked out from other facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`ticket_id` where it is true of one case only."""

    contact_id: int
    key: str
    value: str
    source: Source
    at: datetime
    ticket_id: int | None = None


def is_key(text: str) -> bool:
    return re.match(KEY, text) is not None


def by_key(known: Iterable[Fact]) -> dict[str, Fact]:
    """One fact for each key: what is known of the case itself, before what is known of its contact; what
    somebody said before what was worked out; then the newest."""
    return {fact.key: fact for fact in sorted(known, key=_weight)}


def _weight(fact: Fact) -> tuple[bool, bool, datetime]:
    return fact.ticket_id is not None, fact.source is not Source.DERIVED, fact.at


def of_purchases(contact_id: int, bought: Iterable[Purchase], today: date, now: datetime) -> list[Fact]:
    """What follows where somebody has one product only: which, its serial number and its warranty."""
    owned = list(bought)
    if len({one.product.id for one in owned}) != 1:
        return []
    newest = max(owned, key=lambda one: one.bought_on)
    ends_on = warranty(newest, today).ends_on
    values = {
        PRODUCT: newest.product.sku,
        SERIAL: newest.serial if len(owned) == 1 else "",
        WARRANTY_ENDS_ON: ends_on.isoformat() if ends_on else "",
    }
    return [
        Fact(contact_id=contact_id, key=key, value=value, source=Source.DERIVED, at=now)
        for key, value in values.items()
        if value
    ]


def fits(words: str, product: str | None, bought: Iterable[Purchase]) -> bool:
    """Whether the appliance that is known of somebody may be the one that words are about. `product` is known by its SKU or
    by name; without one it is what was bought."""
    owned = {one.product.sku: one.product.name for one in bought}
    names = [owned.get(product, product)] if product else list(owned.values())
    return not any(names_another(words, name) for name in names)
