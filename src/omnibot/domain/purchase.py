"""Products, who bought them, and until when their warranty lasts."""

from calendar import monthrange
from datetime import date
from enum import StrEnum

from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """`sku` is the operator's own number of the model."""

    id: int
    sku: str
    name: str
    warranty_months: int | None = None  # None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """`warranty_ends_on` where it is not the product's usual one: prolonged, or of a used machine."""

    id: int
    contact_id: int
    product: Product
    serial: str  # empty: not known
    bought_on: date
    warranty_ends_on: date | None = None


class Cover(StrEnum):
    """Whether the maker still answers for it."""

    VALID = "valid"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warranty:
    cover: Cover
    ends_on: date | None  # the last day on which it is valid


def warranty(purchase: Purchase, today: date) -> Warranty:
    """A warranty of n months ends with the day before the same day n months on; that day may not exist (31 January and one
    month: 28 February)."""
    ends_on = purchase.warranty_ends_on
    if ends_on is None and purchase.product.warranty_months is not None:
        ends_on = _months_after(purchase.bought_on, purchase.product.warranty_months)
    if ends_on is None:
        return Warranty(cover=Cover.UNKNOWN, ends_on=None)
    return Warranty(cover=Cover.VALID if today <= ends_on else Cover.EXPIRED, ends_on=ends_on)


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if day.day > last:
        return date(year, month + 1, last)
    return date.fromordinal(date(year, month + 1, day.day).toordinal() - 1)
