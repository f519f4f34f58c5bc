"""Dealers' groups on systems that only can be told things: registered by their address, which is a secret, and tried out."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.channel import (
    AddressFault,
    AddressFaultKind,
    Channel,
    NamesGroups,
    OpenChannel,
)
from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.group import Group, GroupRole
from omnibot.domain.message import Address
from omnibot.flow.desk import Desk
from omnibot.flow.try_group import try_group
from omnibot.problem import Problem
from omnibot.store import audit, dealers, groups, one_way_groups
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, required
from omnibot.web.api.groups import GroupView, group_view
from omnibot.web.api.view import Id

Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$(?!\n)")]
Url = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x1f]*$(?!\n)")]

_FAULTS = {
    AddressFaultKind.NO_ADDRESS: "url: begins with the system's name and ://, such as feishu://TOKEN",
    AddressFaultKind.UNKNOWN_SYSTEM: "url: Apprise knows no such system",
    AddressFaultKind.WRONG_FORM: "url: the system is known, but its addresses look otherwise",
    AddressFaultKind.THIS_MACHINE: "url: that would show messages on the server itself",
}


class NewOneWayGroup(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`name`: what we call the group. `url`: an Apprise URL; it is a secret, and is shown to nobody any more."""

    dealer_id: Id
    name: Name
    url: Url


class NewAddress(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    url: Url


class Tried(Struct, frozen=True, kw_only=True):
    """`why` it was not sent."""

    is_sent: bool
    why: str | None


class OneWayGroups:
    """The handlers."""

    def __init__(
        self, desk: Desk, clock: Clock, channels: Mapping[str, Channel], open_channel: OpenChannel | None
    ) -> None:
        self._desk = desk
        self._store = desk.store
        self._clock = clock
        self._channels = channels
        self._open_channel = open_channel

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                "POST",
                "/groups/one-way",
                Role.ADMIN,
                self.register,
                "Tell a dealer of its cases in a group on another system, by the group's Apprise URL",
                status=201,
                conflicts=True,
            ),
            Endpoint(
                "PUT",
                "/groups/{id}/address",
                Role.ADMIN,
                self.move,
                "Give a group that was registered by its Apprise URL another one",
                conflicts=True,
            ),
            act("/groups/{id}/test", Role.ADMIN, self.try_out, "Send the group a test message now, past the outbox"),
        ]

    async def register(self, call: Call[NewOneWayGroup, Nothing]) -> GroupView:
        body, now = call.body, self._clock.now()
        url, name = await self._checked(body.url), body.name.strip()
        address = Address(channel=one_way_groups.CHANNEL, chat=name)

        def register(tx: Connection) -> GroupView:
            dealer = required(dealers.get(tx, body.dealer_id), "dealer")
            if groups.at(tx, address) is not None:
                raise Problem(409, "a group has that name already", kind="urn:omnibot:name-taken")
            _refuse_known(tx, url)
            made = groups.register(
                tx, address, GroupRole.DEALER, dealer_id=dealer.id, language=dealer.profile.language, by=call.user.id,
                now=now,
            )  # fmt: skip
            one_way_groups.keep(tx, name, url)
            audit.write(tx, user_id=call.user.id, action="register_group", subject=f"group:{made.id}", now=now)
            return group_view(made, one_way_groups.addresses(tx))

        return await self._store.run(register)

    async def move(self, call: Call[NewAddress, Nothing]) -> GroupView:
        id, now = call.id(), self._clock.now()
        url = await self._checked(call.body.url)

        def move(tx: Connection) -> GroupView:
            group = _required(tx, id)
            if group.address.channel != one_way_groups.CHANNEL:
                raise Problem(409, "this group was not registered by an address")
            if one_way_groups.addresses(tx).get(group.address.chat) != url:
                _refuse_known(tx, url)
            one_way_groups.keep(tx, group.address.chat, url)
            audit.write(tx, user_id=call.user.id, action="move_group", subject=f"group:{id}", now=now)
            return group_view(group, one_way_groups.addresses(tx))

        return await self._store.run(move)

    async def try_out(self, call: Call[Nothing, Nothing]) -> Tried:
        id, now = call.id(), self._clock.now()

        def look(tx: Connection) -> Group:
            audit.write(tx, user_id=call.user.id, action="test_group", subject=f"group:{id}", now=now)
            return _required(tx, id)

        group = await self._store.run(look)
        channel = self._channels.get(group.address.channel)
        if channel is None and group.address.channel == one_way_groups.CHANNEL:
            channel = await self._open()
        if channel is None:
            raise Problem(409, "the channel of this group is not open here", kind="urn:omnibot:no-channel")
        why = await try_group(channel, group, self._desk.texts.of(group.language), now)
        return Tried(is_sent=why is None, why=why)

    async def _open(self) -> Channel | None:
        return await self._open_channel() if self._open_channel is not None else None

    async def _checked(self, url: str) -> str:
        """Raises Problem with what to mend; the address is not in it."""
        channel = await self._open()
        if not isinstance(channel, NamesGroups):
            raise Problem(409, "Apprise is not installed: pip install 'omnibot[notify]'", kind="urn:omnibot:no-apprise")
        fault = await channel.fault(url)
        if fault is not None:
            raise _problem(fault)
        return url.strip()


def _problem(fault: AddressFault) -> Problem:
    detail = _FAULTS[fault.kind] + (f": {fault.example}" if fault.example else "")
    is_similar = fault.kind is AddressFaultKind.UNKNOWN_SYSTEM and fault.system
    return Problem(
        422,
        detail,
        kind=f"urn:omnibot:{'similar-system' if is_similar else fault.kind.value}",
        system=fault.system,
        example=fault.example,
        page=fault.page,
    )


def _refuse_known(tx: Connection, url: str) -> None:
    if url in one_way_groups.addresses(tx).values():
        raise Problem(409, "another group has that address already", kind="urn:omnibot:address-taken")


def _required(tx: Connection, id: int) -> Group:
    group = groups.get(tx, id)
    if group is None or group.gone_at is not None:
        raise Problem(404, "there is no such group")
    return group
