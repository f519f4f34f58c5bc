"""Contacts' addresses: taken together, parted, and where a conversation goes on."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.channel import Channel
from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.contact import Proof
from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Message
from omnibot.flow import link, look_up
from omnibot.flow.continue_at import continue_at
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.problem import Problem
from omnibot.store import contacts, conversations, links
from omnibot.web.api import rating_view
from omnibot.web.api.conversations import detail as conversation_detail
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, required
from omnibot.web.api.people import detail
from omnibot.web.api.view import ContactDetail, ConversationDetail, Id

Name = Annotated[str, Meta(min_length=1, max_length=400)]


class Merging(Struct, frozen=True, forbid_unknown_fields=True):
    """`contact_id` is the contact whose addresses are given away."""

    contact_id: Id


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    channel: Name
    chat: Name


class Addresses:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            act(
                "/contacts/{id}/merge",
                Role.SUPERVISOR,
                self.merge,
                "Take another contact's addresses together with this one's",
            ),
            act(
                "/contacts/{id}/unlink",
                Role.SUPERVISOR,
                self.unlink,
                "Give an address back to the contact it came with",
            ),
            act(
                "/conversations/{id}/continue-at",
                Role.AGENT,
                self.go_on,
                "Go on at another address of the same contact",
            ),
        ]

    async def merge(self, call: Call[Merging, Nothing]) -> ContactDetail:
        into, other, now = call.id(), call.body.contact_id, self._clock.now()

        def merge(tx: Connection) -> ContactDetail:
            for id in (into, other):
                required(contacts.get(tx, id), "contact")
            if into == other:
                raise Problem(422, "contact_id: that is the same contact")
            links.merge(tx, into, other, proof=Proof.STAFF, by_id=call.user.id, now=now)
            return detail(tx, into)

        try:
            merged = await self._desk.store.run(merge)
        except links.TwoPeople:
            why = "the site vouches for that contact: merge the other way round, unless it vouches for both"
            raise Problem(409, why, kind="urn:omnibot:two-people") from None
        self._announce(merged)
        return merged

    async def unlink(self, call: Call[Place, Nothing]) -> ContactDetail:
        id, place, now = call.id(), call.body, self._clock.now()

        def part(tx: Connection) -> ContactDetail:
            found = detail(tx, id)
            own = link.part(tx, self._desk, id, place.channel, place.chat, by_id=call.user.id, now=now)
            if own is None:
                raise Problem(409, "this address was not linked to this contact", kind="urn:omnibot:not-linked")
            self._announce(found)
            return detail(tx, id)

        parted = await self._desk.store.run(part)
        self._announce(parted)
        return parted

    async def go_on(self, call: Call[Place, Nothing]) -> ConversationDetail:
        now, place = self._clock.now(), call.body
        there_id = call.id()

        def go_on(tx: Connection) -> tuple[int, dict[int, list[Message]]]:
            there, here = self._both(tx, there_id, place)
            if there.agent_id not in (None, call.user.id) or here.agent_id not in (None, call.user.id):
                raise Problem(409, "a colleague has one of the conversations", kind="urn:omnibot:held")
            return here.id, continue_at(tx, self._desk, there, here, now)

        here_id, said = await self._desk.store.run(go_on)
        for id in (there_id, here_id):
            announce(self._desk, id, said.get(id, []))
            announce(self._desk, id, [])
        found = await self._desk.store.read(partial(look_up.overview, id=here_id))
        assert found is not None
        rated = await self._desk.store.read(partial(rating_view.views, found=found.ratings))
        return conversation_detail(found, rated, now, self._channels)

    def _both(self, tx: Connection, id: int, place: Place) -> tuple[Conversation, Conversation]:
        """The conversation and the one in which it goes on, locked. Raises Problem."""
        there = required(conversations.get(tx, id), "conversation")
        known = {(one.channel, one.chat): one.conversation_id for one in links.addresses(tx, there.contact_id)}
        here_id = known.get((place.channel, place.chat))
        if here_id is None or (place.channel, place.chat) == (there.address.channel, there.address.chat):
            raise Problem(422, "that is no other address of this contact")
        locked = {id: required(conversations.lock(tx, id), "conversation") for id in sorted((there.id, here_id))}
        return locked[there.id], locked[here_id]

    def _announce(self, contact: ContactDetail) -> None:
        for address in contact.addresses:
            announce(self._desk, address.conversation_id, [])
