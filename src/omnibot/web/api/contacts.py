"""`/contacts/{id}/…` and `/products`: what is known of a customer, so that nobody asks again."""

from datetime import date, datetime
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.fact import LONGEST_VALUE, Fact, Source
from omnibot.domain.purchase import Product, Purchase, warranty
from omnibot.problem import Problem
from omnibot.store import contacts, conversations, facts, purchases, together
from omnibot.store.purchases import NewProduct, NewPurchase
from omnibot.store.transactions import Store
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, cut, required
from omnibot.web.api.view import Cursor, Id, Limit, ShortText

Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]
Value = Annotated[str, Meta(min_length=1, max_length=LONGEST_VALUE, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Serial = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")]


class FactView(Struct, frozen=True, kw_only=True):
    key: str
    value: str
    source: str
    at: datetime


class FactList(Struct, frozen=True):
    items: list[FactView]


class NewFact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`conversation_id` says where it was learnt: of contacts that are taken together, it is known of the one who spoke
    there."""

    key: Key
    value: Value
    conversation_id: Id | None = None


class ProductView(Struct, frozen=True, kw_only=True):
    id: int
    sku: str
    name: str
    warranty_months: int | None


class ProductPage(Struct, frozen=True):
    items: list[ProductView]
    next_cursor: str | None


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 50
    cursor: Cursor | None = None


class GivenProduct(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    sku: ShortText
    name: ShortText
    warranty_months: Annotated[int, Meta(ge=0, le=600)] | None = None


class WarrantyView(Struct, frozen=True, kw_only=True):
    """`cover` is valid, expired or unknown; `ends_on` its last day."""

    cover: str
    ends_on: date | None


class PurchaseView(Struct, frozen=True, kw_only=True):
    id: int
    product: ProductView
    serial: str
    bought_on: date
    warranty: WarrantyView


class PurchaseList(Struct, frozen=True):
    items: list[PurchaseView]


class OwnedProduct(Struct, frozen=True, kw_only=True):
    product: ProductView
    purchases: int
    under_warranty: bool


class OwnedList(Struct, frozen=True):
    items: list[OwnedProduct]


class GivenPurchase(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`warranty_ends_on` where it is not the product's usual one."""

    sku: ShortText
    bought_on: date
    serial: Serial = ""
    warranty_ends_on: date | None = None


class CustomerFacts:
    """The handlers."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                "GET", "/contacts/{id}/facts", Role.AGENT, self.facts, "What is known of a customer, and from where"
            ),
            Endpoint("POST", "/contacts/{id}/facts", Role.AGENT, self.learn, "Write down what an agent has learnt"),
            Endpoint("GET", "/contacts/{id}/products", Role.AGENT, self.owned, "The products a customer has"),
            Endpoint(
                "GET", "/contacts/{id}/purchases", Role.AGENT, self.bought, "What a customer bought, with its warranty"
            ),
            Endpoint("POST", "/contacts/{id}/purchases", Role.AGENT, self.buy, "Write down a purchase", status=201),
            Endpoint("GET", "/products", Role.AGENT, self.catalogue, "Products, the oldest first"),
            Endpoint(
                "POST", "/products", Role.SUPERVISOR, self.add_product, "Add a product, or change the one with that SKU"
            ),
        ]

    async def facts(self, call: Call[Nothing, Nothing]) -> FactList:
        return await self._store.read(partial(_facts, id=call.id()))

    async def learn(self, call: Call[NewFact, Nothing]) -> FactList:
        id, body, now = call.id(), call.body, self._clock.now()

        def learn(tx: Connection) -> FactList:
            _required(tx, id)
            of = _who_spoke(tx, id, body.conversation_id)
            learnt = Fact(contact_id=of, key=body.key, value=body.value.strip(), source=Source.STAFF, at=now)
            facts.learn(tx, [learnt])
            return _facts(tx, id)

        return await self._store.run(learn)

    async def bought(self, call: Call[Nothing, Nothing]) -> PurchaseList:
        return await self._store.read(partial(self._purchases, id=call.id()))

    async def owned(self, call: Call[Nothing, Nothing]) -> OwnedList:
        bought = (await self._store.read(partial(self._purchases, id=call.id()))).items
        by_id: dict[int, list[PurchaseView]] = {}
        for one in bought:
            by_id.setdefault(one.product.id, []).append(one)
        return OwnedList(
            [
                OwnedProduct(
                    product=same[0].product,
                    purchases=len(same),
                    under_warranty=any(one.warranty.cover == "valid" for one in same),
                )
                for same in by_id.values()
            ]
        )

    async def buy(self, call: Call[GivenPurchase, Nothing]) -> PurchaseList:
        id, body, now = call.id(), call.body, self._clock.now()
        if body.bought_on > now.date():
            raise Problem(422, "bought_on lies in the future")

        def buy(tx: Connection) -> PurchaseList:
            _required(tx, id)
            product = purchases.by_skus(tx, [body.sku]).get(body.sku)
            if product is None:
                raise Problem(422, "there is no product with that sku")
            new = NewPurchase(id, product.id, body.serial.strip(), body.bought_on, body.warranty_ends_on)
            purchases.save(tx, [new], source=Source.STAFF, now=now)
            return self._purchases(tx, id)

        return await self._store.run(buy)

    async def catalogue(self, call: Call[Nothing, ListQuery]) -> ProductPage:
        query = call.query
        found = await self._store.read(
            partial(purchases.catalogue, after=int(query.cursor or 0), limit=query.limit + 1)
        )
        shown, more = cut(found, query.limit, lambda one: one.id)
        return ProductPage([_product(one) for one in shown], more)

    async def add_product(self, call: Call[GivenProduct, Nothing]) -> ProductView:
        body = call.body

        def add(tx: Connection) -> Product:
            purchases.save_products(tx, [NewProduct(body.sku, body.name, body.warranty_months)])
            return purchases.by_skus(tx, [body.sku])[body.sku]

        return _product(await self._store.run(add))

    def _purchases(self, tx: Connection, id: int) -> PurchaseList:
        _required(tx, id)
        today = self._clock.now().date()
        return PurchaseList([_purchase(one, today) for one in purchases.of_contact(tx, id)])


def _required(tx: Connection, id: int) -> None:
    required(contacts.get(tx, id), "contact")


def _who_spoke(tx: Connection, contact_id: int, conversation_id: int | None) -> int:
    if conversation_id is None:
        return contact_id
    there = conversations.get(tx, conversation_id)
    if there is None or there.contact_id != contact_id:
        raise Problem(422, "conversation_id: that is no conversation of this contact")
    return together.own_contact(tx, there.address, contact_id)


def _facts(tx: Connection, id: int) -> FactList:
    _required(tx, id)
    return FactList(
        [
            FactView(key=fact.key, value=fact.value, source=fact.source.value, at=fact.at)
            for fact in facts.of_contact(tx, id)
        ]
    )


def _product(found: Product) -> ProductView:
    return ProductView(id=found.id, sku=found.sku, name=found.name, warranty_months=found.warranty_months)


def _purchase(found: Purchase, today: date) -> PurchaseView:
    cover = warranty(found, today)
    return PurchaseView(
        id=found.id,
        product=_product(found.product),
        serial=found.serial,
        bought_on=found.bought_on,
        warranty=WarrantyView(cover=cover.cover.value, ends_on=cover.ends_on),
    )
