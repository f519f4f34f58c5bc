"""Products, and who bought which. Of contacts that are taken together, each keeps its own purchases."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.fact import Source
from omnibot.domain.purchase import Product, Purchase
from omnibot.store import together
from omnibot.store.schema import contacts, products, purchases
from omnibot.store.upsert import insert

T = TypeVar("T")

_CHUNK = 2_000


class Saved(NamedTuple):
    """How many rows of each kind there were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class NewProduct(NamedTuple):
    sku: str
    name: str
    warranty_months: int | None


class NewPurchase(NamedTuple):
    contact_id: int
    product_id: int
    serial: str
    bought_on: date
    warranty_ends_on: date | None


def save_products(tx: Connection, given: list[NewProduct]) -> Saved:
    """Add what is new, change what is known by its SKU."""
    known = {product.sku: product for product in by_skus(tx, [new.sku for new in given]).values()}
    added = [new for new in given if new.sku not in known]
    changed = [new for new in given if new.sku in known and _of_new(known[new.sku].id, new) != known[new.sku]]
    for chunk in _chunks(added + changed):
        statement = insert(tx.dialect.name, products)
        new_row = statement.excluded
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["sku"], set_={"name": new_row.name, "warranty_months": new_row.warranty_months}
            ),
            [new._asdict() for new in chunk],
        )
    return Saved(len(added), len(changed), len(given) - len(added) - len(changed))


def by_skus(tx: Connection, skus: Iterable[str]) -> dict[str, Product]:
    found = {}
    for chunk in _chunks(list(dict.fromkeys(skus))):
        for row in tx.execute(select(products).where(products.c.sku.in_(chunk))).mappings():
            found[row["sku"]] = Product(**row)
    return found


def catalogue(tx: Connection, *, after: int = 0, limit: int = 50) -> list[Product]:
    """Every product, the oldest first."""
    query = select(products).where(products.c.id > after).order_by(products.c.id).limit(limit)
    return [Product(**row) for row in tx.execute(query).mappings()]


def contacts_by_ref(tx: Connection, refs: Iterable[str]) -> dict[str, int]:
    """The ids of contacts by the operator's own customer numbers."""
    found = {}
    for chunk in _chunks(list(dict.fromkeys(refs))):
        query = select(contacts.c.external_ref, contacts.c.id).where(contacts.c.external_ref.in_(chunk))
        found.update({row[0]: row[1] for row in tx.execute(query)})
    return found


def save(tx: Connection, given: list[NewPurchase], *, source: Source, now: datetime) -> Saved:
    """Add what is new. What is known by its serial number, or where there is none by its day, is brought up to date."""
    known: dict[tuple[int, int, str], list[sa.RowMapping]] = {}
    for chunk in _chunks(list({new.contact_id for new in given})):
        for row in tx.execute(select(purchases).where(purchases.c.contact_id.in_(chunk))).mappings():
            known.setdefault((row["contact_id"], row["product_id"], row["serial"]), []).append(row)
    added, changed = [], 0
    for new in given:
        same = [
            row
            for row in known.get((new.contact_id, new.product_id, new.serial), [])
            if new.serial or row["bought_on"] == new.bought_on
        ]
        if not same:
            added.append({**new._asdict(), "source": source.value, "at": now})
        elif (same[0]["bought_on"], same[0]["warranty_ends_on"]) != (new.bought_on, new.warranty_ends_on):
            changed += 1
            tx.execute(
                sa.update(purchases)
                .where(purchases.c.id == same[0]["id"])
                .values(bought_on=new.bought_on, warranty_ends_on=new.warranty_ends_on, source=source.value, at=now)
            )
    for rows in _chunks(added):
        tx.execute(purchases.insert(), rows)
    return Saved(len(added), changed, len(given) - len(added) - changed)


def of_contact(tx: Connection, contact_id: int) -> list[Purchase]:
    """The newest first; what several of those taken together have bought stands there once."""
    query = (
        select(purchases, products.c.sku, products.c.name, products.c.warranty_months)
        .join(products, products.c.id == purchases.c.product_id)
        .where(purchases.c.contact_id.in_(together.people(contact_id)))
        .order_by(purchases.c.bought_on.desc(), purchases.c.id.desc())
    )
    bought = [_of_row(row) for row in tx.execute(query).mappings()]
    return list({(one.product.id, one.serial, one.bought_on): one for one in bought}.values())


def _of_new(id: int, new: NewProduct) -> Product:
    return Product(id=id, **new._asdict())


def _of_row(row: sa.RowMapping) -> Purchase:
    product = Product(id=row["product_id"], sku=row["sku"], name=row["name"], warranty_months=row["warranty_months"])
    return Purchase(
        id=row["id"],
        contact_id=row["contact_id"],
        product=product,
        serial=row["serial"],
        bought_on=row["bought_on"],
        warranty_ends_on=row["warranty_ends_on"],
    )


def _chunks(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
