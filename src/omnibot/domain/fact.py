"""One thing known about a contact or a case, and where it comes from: what nobody has to be asked again."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Keys that omnibot itself reads; operators add their own.
PHONE, ADDRESS, REGION, POSTCODE, TIER = "phone", "address", "region", "postcode", "tier"
PRODUCT, SERIAL, WARRANTY_ENDS_ON = "product", "serial", "warranty_ends_on"

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
    """One fact for each key: what is known of the case itself, before what is known of its contact; then the newest."""
    return {fact.key: fact for fact in sorted(known, key=lambda fact: (fact.ticket_id is not None, fact.at))}
