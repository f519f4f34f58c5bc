"""`/groups` and `/members`: where people work in their chat, and who of them is who. Both are proved by one-time codes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.code import CodePurpose, spelled
from omnibot.domain.group import Group, Member, masked
from omnibot.domain.language import Language
from omnibot.problem import Problem
from omnibot.store import audit, codes, groups, members, one_way_groups, users
from omnibot.store.transactions import Store
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, required
from omnibot.web.api.view import Id

CODE_LIFE = timedelta(hours=1)


class GroupView(Struct, frozen=True, kw_only=True):
    """`thread` is empty where the whole chat is meant; `registered_by` where the settings name it."""

    id: int
    channel: str
    chat: str
    thread: str
    role: str
    dealer_id: int | None
    address: str | None  # masked, of a group that was registered by it
    language: str
    registered_by: int | None
    registered_at: datetime
    gone_at: datetime | None
    gone_why: str | None


class GroupList(Struct, frozen=True):
    items: list[GroupView]
    next_cursor: str | None = None


class NewGroupCode(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`dealer_id` for a dealer's group, and only there."""

    role: Literal["staff", "dealer"]
    dealer_id: Id | None = None


class GroupChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    language: Annotated[str, Meta(pattern=r"^(en|zh-Hans|zh-Hant)$(?!\n)")]


class NewMemberCode(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """With `dealer_id` for one of a dealer's people, with `user_id` for a colleague (admins only), else for whoever asks."""

    dealer_id: Id | None = None
    user_id: Id | None = None


class CodeView(Struct, frozen=True, kw_only=True):
    """`say` is what to write to the bot: in the group, or in a private chat with it."""

    code: str
    say: str
    expires_at: datetime


class MemberView(Struct, frozen=True, kw_only=True):
    id: int
    channel: str
    name: str | None
    user_id: int | None
    dealer_id: int | None
    enrolled_at: datetime


class MemberList(Struct, frozen=True):
    items: list[MemberView]
    next_cursor: str | None = None


class Groups:
    """The handlers."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", "/groups", Role.AGENT, self.browse, "Groups in which people work, the gone ones too"),
            Endpoint(
                "POST",
                "/groups/codes",
                Role.ADMIN,
                self.make_group_code,
                "A one-time code that registers the group it is said in",
                status=201,
            ),
            Endpoint(
                "PATCH", "/groups/{id}", Role.ADMIN, self.change, "Change the language that a group is written to in"
            ),
            Endpoint(
                "DELETE",
                "/groups/{id}",
                Role.ADMIN,
                self.remove,
                "Show nothing there any more; what is said there counts for nothing",
                status=204,
            ),
            Endpoint(
                "GET",
                "/members",
                Role.AGENT,
                self.browse_members,
                "Who on a platform is who: one's own, and everybody's for admins",
            ),
            Endpoint(
                "POST",
                "/members/codes",
                Role.AGENT,
                self.make_member_code,
                "A one-time code to write to the bot in a private chat, so that it knows you there",
                status=201,
            ),
            Endpoint(
                "DELETE",
                "/members/{id}",
                Role.AGENT,
                self.end_member,
                "Forget who this is; admins may for everybody",
                status=204,
            ),
        ]

    async def browse(self, call: Call[Nothing, Nothing]) -> GroupList:
        def look(tx: Connection) -> GroupList:
            known = one_way_groups.addresses(tx)
            return GroupList([group_view(group, known) for group in groups.listing(tx)])

        return await self._store.read(look)

    async def make_group_code(self, call: Call[NewGroupCode, Nothing]) -> CodeView:
        body = call.body
        if (body.role == "dealer") != (body.dealer_id is not None):
            raise Problem(422, "dealer_id: name it for a dealer's group, and only there")
        purpose = CodePurpose.DEALER_GROUP if body.dealer_id else CodePurpose.STAFF_GROUP
        return await self._make(purpose, str(body.dealer_id or ""), call.user, "/register {code}")

    async def change(self, call: Call[GroupChange, Nothing]) -> GroupView:
        id, language = call.id(), Language(call.body.language)

        def change(tx: Connection) -> GroupView | None:
            groups.set_language(tx, id, language)
            changed = groups.get(tx, id)
            return group_view(changed, one_way_groups.addresses(tx)) if changed else None

        return required(await self._store.run(change), "group")

    async def remove(self, call: Call[Nothing, Nothing]) -> None:
        id, now = call.id(), self._clock.now()

        def remove(tx: Connection) -> bool:
            audit.write(tx, user_id=call.user.id, action="remove_group", subject=f"group:{id}", now=now)
            group = groups.get(tx, id)
            if group is not None and group.gone_at is None and group.address.channel == one_way_groups.CHANNEL:
                one_way_groups.forget(tx, group.address.chat)
            return groups.remove(tx, id, "removed by an admin", now)

        if not await self._store.run(remove):
            raise Problem(404, "there is no such group")

    async def browse_members(self, call: Call[Nothing, Nothing]) -> MemberList:
        own = None if call.user.may_act_as(Role.ADMIN) else call.user.id
        return MemberList([_member(member) for member in await self._store.read(partial(members.listing, user_id=own))])

    async def make_member_code(self, call: Call[NewMemberCode, Nothing]) -> CodeView:
        dealer_id = call.body.dealer_id
        user_id = call.body.user_id or call.user.id
        if (dealer_id is not None or user_id != call.user.id) and not call.user.may_act_as(Role.ADMIN):
            raise Problem(403, "only admins enrol other people")
        if dealer_id is not None and call.body.user_id is not None:
            raise Problem(422, "user_id: either a colleague or one of a dealer's people")
        if dealer_id is None:
            required(await self._store.read(partial(users.get, id=user_id)), "user")
            return await self._make(CodePurpose.LINK_STAFF, str(user_id), call.user, "{code}")
        return await self._make(CodePurpose.DEALER_MEMBER, str(dealer_id), call.user, "{code}")

    async def end_member(self, call: Call[Nothing, Nothing]) -> None:
        id, now = call.id(), self._clock.now()

        def end(tx: Connection) -> bool:
            member = members.get(tx, id)
            if member is None or not (member.user_id == call.user.id or call.user.may_act_as(Role.ADMIN)):
                return False
            audit.write(tx, user_id=call.user.id, action="end_member", subject=f"member:{id}", now=now)
            return members.end(tx, id, now)

        if not await self._store.run(end):
            raise Problem(404, "there is no such member")

    async def _make(self, purpose: CodePurpose, subject: str, by: User, say: str) -> CodeView:
        code, now = codes.new_code(), self._clock.now()
        until = now + CODE_LIFE

        def make(tx: Connection) -> None:
            codes.add(tx, code, purpose, subject, made_by=by.id, now=now, until=until)
            audit.write(tx, user_id=by.id, action="make_code", subject=f"{purpose.value}:{subject}", now=now)

        await self._store.run(make)
        return CodeView(code=spelled(code), say=say.format(code=spelled(code)), expires_at=until)


def group_view(group: Group, addresses: Mapping[str, str]) -> GroupView:
    """`addresses` are those of `one_way_groups`."""
    has_address = group.gone_at is None and group.address.channel == one_way_groups.CHANNEL
    address = addresses.get(group.address.chat) if has_address else None
    return GroupView(
        id=group.id,
        channel=group.address.channel,
        chat=group.address.chat,
        thread=group.address.thread,
        role=group.role.value,
        dealer_id=group.dealer_id,
        address=masked(address) if address else None,
        language=group.language.value,
        registered_by=group.registered_by,
        registered_at=group.registered_at,
        gone_at=group.gone_at,
        gone_why=group.gone_why,
    )


def _member(member: Member) -> MemberView:
    return MemberView(
        id=member.id,
        channel=member.channel,
        name=member.name,
        user_id=member.user_id,
        dealer_id=member.dealer_id,
        enrolled_at=member.enrolled_at,
    )
