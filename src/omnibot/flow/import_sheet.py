"""Takes in what the operator exports from other systems: contacts, products, purchases, dealers. All of a file, or nothing.

The same file again changes nothing. An empty cell leaves what is known.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain import fact, sheet
from omnibot.domain.dealers.dealer import CAPACITY, Profile
from omnibot.domain.fact import Fact, Source
from omnibot.domain.hours import calendar_of, week_of
from omnibot.domain.language import parse_tag
from omnibot.domain.sheet import Problem, Row, Sheet
from omnibot.store import contacts, dealers, facts, purchases
from omnibot.store.purchases import NewProduct, NewPurchase, Saved

KINDS = ("contacts", "products", "purchases", "dealers")

MAX_WARRANTY_MONTHS = 600
MAX_CAPACITY = 100_000

_CONTACT_FACTS = (fact.PHONE, fact.ADDRESS, fact.REGION, fact.POSTCODE, fact.TIER)
_OWN_FACT = "fact_"  # a column "fact_boiler_room" is the fact "boiler_room"

# Writes what a file says, or says what is wrong in it and leaves everything as it was.
Result = Saved | list[Problem]
Body = Callable[[Connection], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A file that was read: what is wrong with it, or the transaction body that takes it in."""

    encoding: str
    problems: list[Problem]
    body: Body


def prepare(kind: str, raw: bytes, *, encoding: str | None, now: datetime) -> Prepared:
    """Read a file of one of KINDS."""
    read, take_in = {
        "contacts": (_read_contacts, _take_in_contacts),
        "products": (_read_products, _take_in_products),
        "purchases": (_read_purchases, _take_in_purchases),
        "dealers": (_read_dealers, _take_in_dealers),
    }[kind]
    found = read(raw, encoding)
    wrong = [*found.problems, *_wrong_rows(kind, found, now)] if found.rows else found.problems
    return Prepared(
        encoding=found.encoding,
        problems=sorted(wrong, key=lambda problem: problem.row),
        body=partial(take_in, rows=found.rows, now=now),
    )


def _read_contacts(raw: bytes, encoding: str | None) -> Sheet:
    return sheet.read(
        raw,
        required=["id"],
        optional=["name", "email", "language", *_CONTACT_FACTS],
        more=lambda name: name.startswith(_OWN_FACT) and fact.is_key(name.removeprefix(_OWN_FACT)),
        encoding=encoding,
    )


def _read_products(raw: bytes, encoding: str | None) -> Sheet:
    return sheet.read(raw, required=["sku", "name"], optional=["warranty_months"], encoding=encoding)


def _read_purchases(raw: bytes, encoding: str | None) -> Sheet:
    return sheet.read(
        raw, required=["contact", "sku", "bought_on"], optional=["serial", "warranty_ends_on"], encoding=encoding
    )


def _read_dealers(raw: bytes, encoding: str | None) -> Sheet:
    optional = ["regions", "postcodes", "products", "skills", "language", "capacity", "timezone", "hours"]
    return sheet.read(raw, required=["name"], optional=optional, encoding=encoding)


def _wrong_rows(kind: str, found: Sheet, now: datetime) -> Iterator[Problem]:
    """What is wrong in single cells, and keys that stand there twice."""
    today = now.astimezone(UTC).date()
    for row in found.rows:
        cells = row.cells
        match kind:
            case "contacts":
                if cells["email"] and not _is_address(cells["email"]):
                    yield Problem(row.number, f"email: {cells['email']!r} is not an address")
                for name, value in cells.items():
                    if len(value) > fact.LONGEST_VALUE:
                        yield Problem(row.number, f"{name}: has more than {fact.LONGEST_VALUE} characters")
            case "products":
                if cells["warranty_months"] and not _is_number(cells["warranty_months"], MAX_WARRANTY_MONTHS):
                    yield Problem(
                        row.number, f"warranty_months: has to be a number of months, 0 to {MAX_WARRANTY_MONTHS}"
                    )
            case "purchases":
                for name in ("bought_on", "warranty_ends_on"):
                    day = sheet.to_date(cells[name])
                    if cells[name] and day is None:
                        yield Problem(row.number, f"{name}: {cells[name]!r} is not a date such as 2026-03-04")
                    elif day and (day.year < 1950 or (name == "bought_on" and day > today)):
                        yield Problem(row.number, f"{name}: {day} cannot be right")
            case "dealers":
                yield from _wrong_dealer(row)
    yield from _twice(kind, found.rows)


def _wrong_dealer(row: Row) -> Iterator[Problem]:
    cells = row.cells
    if cells["capacity"] and not _is_number(cells["capacity"], MAX_CAPACITY):
        yield Problem(row.number, f"capacity: has to be a number of cases, 0 to {MAX_CAPACITY}")
    try:
        calendar_of(week_of(cells["hours"]), zone=cells["timezone"] or "UTC")
    except ValueError as error:
        yield Problem(row.number, f"hours: {error}")


def _twice(kind: str, rows: list[Row]) -> list[Problem]:
    match kind:
        case "contacts":
            return sheet.duplicates(rows, lambda row: row.cells["id"] or None, "this id")
        case "products":
            return sheet.duplicates(rows, lambda row: row.cells["sku"] or None, "this sku")
        case "dealers":
            return sheet.duplicates(rows, lambda row: row.cells["name"] or None, "this name")
        case _:
            return [
                *sheet.duplicates(rows, _device, "this serial number of this sku"),
                *sheet.duplicates(rows, _unnumbered, "the same purchase without a serial number"),
            ]


def _device(row: Row) -> tuple[str, str] | None:
    return (row.cells["sku"], row.cells["serial"]) if row.cells["serial"] else None


def _unnumbered(row: Row) -> tuple[str, str, str] | None:
    cells = row.cells
    return None if cells["serial"] else (cells["contact"], cells["sku"], str(sheet.to_date(cells["bought_on"])))


def _take_in_contacts(tx: Connection, rows: list[Row], now: datetime) -> Result:
    people = [
        contacts.Imported(
            row.cells["id"],
            row.cells["name"] or None,
            row.cells["email"] or None,
            parse_tag(row.cells["language"]) if row.cells["language"] else None,
        )
        for row in rows
    ]
    saved = contacts.save_imported(tx, people, now)
    ids = purchases.contacts_by_ref(tx, [row.cells["id"] for row in rows])
    learnt = [
        Fact(contact_id=ids[row.cells["id"]], key=key, value=value, source=Source.IMPORT, at=now)
        for row in rows
        for key, value in _contact_facts(row)
    ]
    facts.learn(tx, learnt)
    return saved


def _contact_facts(row: Row) -> Iterator[tuple[str, str]]:
    for name, value in row.cells.items():
        if value and (name in _CONTACT_FACTS or name.startswith(_OWN_FACT)):
            yield name.removeprefix(_OWN_FACT), value


def _take_in_products(tx: Connection, rows: list[Row], now: datetime) -> Result:
    given = [
        NewProduct(
            row.cells["sku"],
            row.cells["name"],
            int(row.cells["warranty_months"]) if row.cells["warranty_months"] else None,
        )
        for row in rows
    ]
    return purchases.save_products(tx, given)


def _take_in_purchases(tx: Connection, rows: list[Row], now: datetime) -> Result:
    people = purchases.contacts_by_ref(tx, [row.cells["contact"] for row in rows])
    products = purchases.by_skus(tx, [row.cells["sku"] for row in rows])
    problems, given = [], []
    for row in rows:
        cells = row.cells
        if cells["contact"] not in people:
            problems.append(Problem(row.number, f"contact: nobody has the id {cells['contact']!r}"))
        if cells["sku"] not in products:
            problems.append(Problem(row.number, f"sku: there is no product {cells['sku']!r}"))
        bought_on = sheet.to_date(cells["bought_on"])
        if not problems and bought_on is not None:
            given.append(
                NewPurchase(
                    people[cells["contact"]],
                    products[cells["sku"]].id,
                    cells["serial"],
                    bought_on,
                    sheet.to_date(cells["warranty_ends_on"]),
                )
            )
    return problems or purchases.save(tx, given, source=Source.IMPORT, now=now)


def _take_in_dealers(tx: Connection, rows: list[Row], now: datetime) -> Result:
    return dealers.save_by_name(tx, [(row.cells["name"], _profile(row)) for row in rows], now)


def _profile(row: Row) -> Profile:
    cells = row.cells
    return Profile(
        regions=sheet.several(cells["regions"]),
        postcodes=sheet.several(cells["postcodes"]),
        products=sheet.several(cells["products"]),
        skills=sheet.several(cells["skills"]),
        language=parse_tag(cells["language"] or "en"),
        capacity=int(cells["capacity"]) if cells["capacity"] else CAPACITY,
        timezone=cells["timezone"] or "UTC",
        hours=week_of(cells["hours"]),
    )


def _is_address(text: str) -> bool:
    before, at, domain = text.rpartition("@")
    return bool(before and at and domain) and not any(character.isspace() for character in text)


def _is_number(text: str, largest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= largest
