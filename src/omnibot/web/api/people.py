"""`/contacts`: who the customers are."""

from collections.abc import Collection
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.contact import Contact
from omnibot.domain.language import parse_tag
from omnibot.problem import Problem
from omnibot.store import contacts, links
from omnibot.store.transactions import Store
from omnibot.web.api import view
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, cut, required
from omnibot.web.api.staff import Email
from omnibot.web.api.view import ContactDetail, ContactView, Cursor, Limit, ShortText


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 50
    cursor: Cursor | None = None


class ContactPage(Struct, frozen=True):
    items: list[ContactView]
    next_cursor: str | None


class NewContact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: ShortText | None = None
    email: Email | None = None
    language: Annotated[str, Meta(max_length=35)] = "en"


class ContactChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays. `tier` is one of the settings' tiers, or "standard"."""

    name: ShortText | None = None
    email: Email | None = None
    tier: ShortText | None = None


class Contacts:
    """The handlers."""

    def __init__(self, store: Store, clock: Clock, tiers: Collection[str] = ()) -> None:
        self._tiers = tiers
        self._store = store
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", "/contacts", Role.AGENT, self.browse, "Contacts, the oldest first"),
            Endpoint("POST", "/contacts", Role.AGENT, self.add, "Add a contact", status=201),
            Endpoint("GET", "/contacts/{id}", Role.AGENT, self.get, "A contact with all addresses"),
            Endpoint("PATCH", "/contacts/{id}", Role.AGENT, self.change, "Change a contact", conflicts=True),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> ContactPage:
        query = call.query
        found = await self._store.read(partial(contacts.listing, after=int(query.cursor or 0), limit=query.limit + 1))
        shown, more = cut(found, query.limit, lambda one: one.id)
        return ContactPage([view.contact(contact) for contact in shown], more)

    async def add(self, call: Call[NewContact, Nothing]) -> ContactView:
        body = call.body
        added = await self._store.run(
            partial(
                contacts.add,
                language=parse_tag(body.language),
                name=body.name,
                email=body.email,
                now=self._clock.now(),
            )
        )
        return view.contact(added)

    async def get(self, call: Call[Nothing, Nothing]) -> ContactDetail:
        return await self._store.read(partial(detail, id=call.id()))

    async def change(self, call: Call[ContactChange, Nothing]) -> ContactView:
        id, body = call.id(), call.body

        def change(tx: Connection) -> Contact | None:
            contacts.update(tx, id, name=body.name, email=body.email)
            if body.tier is not None:
                contacts.set_tier(tx, id, body.tier if body.tier in self._tiers else None)
            return contacts.get(tx, id)

        if body.tier is not None and body.tier not in {*self._tiers, "standard"}:
            raise Problem(409, f"tier has to be one of standard, {', '.join(self._tiers)}")
        return view.contact(required(await self._store.run(change), "contact"))


def detail(tx: Connection, id: int) -> ContactDetail:
    """A contact with all addresses. Raises Problem."""
    found = required(contacts.get(tx, id), "contact")
    return view.contact_detail(found, links.addresses(tx, id), links.merged_into(tx, id))
