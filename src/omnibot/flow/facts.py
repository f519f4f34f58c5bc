"""What is known of a contact in words for the contact, which fill the blanks of answers (`domain.blank`)."""

from collections.abc import Callable, Mapping
from datetime import date

from sqlalchemy.engine import Connection

from omnibot.domain import fact
from omnibot.domain.language import Language
from omnibot.domain.purchase import warranty
from omnibot.store import facts, purchases

# Tells facts of a contact by name: {"product": "Dryer 7000", "warranty_end": "31 March 2027"}. In a language.
FactSource = Callable[[Connection, int, Language], Mapping[str, str]]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def of_contact(tx: Connection, contact_id: int, language: Language) -> Mapping[str, str]:
    """Every fact under its key and, of who has one product only, `product`, `serial`, `bought_on` and `warranty_end`. Of two
    products nobody knows which one a question is about."""
    told = {one.key: one.value for one in facts.of_contact(tx, contact_id)}
    for named in purchases.by_skus(tx, [told.get(fact.PRODUCT, "")]).values():
        told[fact.PRODUCT] = named.name
    owned = purchases.of_contact(tx, contact_id)
    if len({one.product.id for one in owned}) == 1:
        newest = owned[0]
        ends_on = warranty(newest, newest.bought_on).ends_on
        told = {
            fact.PRODUCT: newest.product.name,
            fact.SERIAL: newest.serial if len(owned) == 1 else "",
            "bought_on": newest.bought_on.isoformat(),
            fact.WARRANTY_ENDS_ON: ends_on.isoformat() if ends_on else "",
        } | told
    told["warranty_end"] = told.get("warranty_end") or told.get(fact.WARRANTY_ENDS_ON, "")
    return {key: _spoken(value, language) for key, value in told.items() if value}


def _spoken(value: str, language: Language) -> str:
    """A day as one says it; anything else as it stands."""
    try:
        day = date.fromisoformat(value) if len(value) == len("2027-03-31") else None
    except ValueError:
        day = None
    if day is None:
        return value
    if language.is_chinese:
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
