"""`/users`, `/tokens`, `/canned-replies`: the team, the programs that call for it, and its ready-made replies."""

from datetime import datetime
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.problem import Problem
from omnibot.store import audit, canned_replies, users
from omnibot.store.transactions import Store
from omnibot.web.access import TOKEN_LIFE, Access, hashed, new_token
from omnibot.web.api.endpoint import Call, Endpoint, Nothing
from omnibot.web.api.view import ShortText, Text

# `\s` is not the same in every regex engine: what it leaves out stands beside it.
_PART = r"[^\s@\x00-\x20\x7f-\xa0\ufeff]+"
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=rf"^{_PART}@{_PART}$(?!\n)")]


class UserView(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    email: str
    role: str


class UserList(Struct, frozen=True):
    items: list[UserView]
    next_cursor: str | None = None


class NewUser(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    email: Email
    name: ShortText
    role: Role


class CreatedUser(Struct, frozen=True, kw_only=True):
    """`link_code` opens `/console/welcome` once, for 15 minutes, to set a password."""

    user: UserView
    link_code: str


class TokenView(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    role: str
    created_at: datetime
    expires_at: datetime


class TokenList(Struct, frozen=True):
    items: list[TokenView]
    next_cursor: str | None = None


class NewToken(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: ShortText
    role: Role


class CreatedToken(Struct, frozen=True, kw_only=True):
    """The token is shown this once."""

    id: int
    token: str


class CannedView(Struct, frozen=True, kw_only=True):
    id: int
    language: str
    title: str
    text: str


class CannedList(Struct, frozen=True):
    items: list[CannedView]
    next_cursor: str | None = None


class NewCanned(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    language: Annotated[str, Meta(pattern=r"^(en|zh-Hans|zh-Hant)$(?!\n)")]
    title: ShortText
    text: Text


class Staff:
    """The handlers."""

    def __init__(self, store: Store, access: Access, clock: Clock) -> None:
        self._store = store
        self._access = access
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", "/me", Role.AGENT, self.me, "Who calls"),
            Endpoint("GET", "/users", Role.AGENT, self.browse_users, "The team"),
            Endpoint(
                "POST",
                "/users",
                Role.ADMIN,
                self.add_user,
                "Add somebody, who sets a password by a one-time link",
                status=201,
                conflicts=True,
            ),
            Endpoint(
                "DELETE",
                "/users/{id}",
                Role.ADMIN,
                self.disable_user,
                "Disable an account, its sessions and its tokens",
                status=204,
                conflicts=True,
            ),
            Endpoint("GET", "/tokens", Role.ADMIN, self.browse_tokens, "API tokens in force, without the tokens"),
            Endpoint(
                "POST",
                "/tokens",
                Role.ADMIN,
                self.add_token,
                "A new API token with a service account of its own",
                status=201,
            ),
            Endpoint("DELETE", "/tokens/{id}", Role.ADMIN, self.revoke_token, "Revoke a token", status=204),
            Endpoint("GET", "/canned-replies", Role.AGENT, self.browse_canned, "Ready-made replies"),
            Endpoint(
                "POST",
                "/canned-replies",
                Role.SUPERVISOR,
                self.put_canned,
                "Add a ready-made reply, or replace the one with that title",
                status=201,
            ),
            Endpoint(
                "DELETE",
                "/canned-replies/{id}",
                Role.SUPERVISOR,
                self.remove_canned,
                "Remove a ready-made reply",
                status=204,
            ),
        ]

    async def me(self, call: Call[Nothing, Nothing]) -> UserView:
        return _user(call.user)

    async def browse_users(self, call: Call[Nothing, Nothing]) -> UserList:
        return UserList([_user(user) for user in await self._store.read(users.listing)])

    async def add_user(self, call: Call[NewUser, Nothing]) -> CreatedUser:
        body, now = call.body, self._clock.now()

        def add(tx: Connection) -> User | None:
            user = users.add(tx, email=body.email, name=body.name, role=body.role, password_hash=None, now=now)
            if user is not None:
                audit.write(tx, user_id=call.user.id, action="add_user", subject=f"user:{user.id}", now=now)
            return user

        user = await self._store.run(add)
        if user is None:
            raise Problem(409, "this address has an account already")
        return CreatedUser(user=_user(user), link_code=await self._access.make_link(user.id))

    async def disable_user(self, call: Call[Nothing, Nothing]) -> None:
        id, now = call.id(), self._clock.now()
        if id == call.user.id:
            raise Problem(409, "nobody can disable the account that he is using")

        def disable(tx: Connection) -> bool:
            if users.get(tx, id) is None:
                return False
            users.disable(tx, id, now)
            audit.write(tx, user_id=call.user.id, action="disable_user", subject=f"user:{id}", now=now)
            return True

        if not await self._store.run(disable):
            raise Problem(404, "there is no such user")

    async def browse_tokens(self, call: Call[Nothing, Nothing]) -> TokenList:
        return TokenList([TokenView(**row) for row in await self._store.read(users.tokens)])

    async def add_token(self, call: Call[NewToken, Nothing]) -> CreatedToken:
        token = new_token()
        id = await self._store.run(
            partial(create_token, token=token, name=call.body.name, role=call.body.role, now=self._clock.now())
        )
        return CreatedToken(id=id, token=token)

    async def revoke_token(self, call: Call[Nothing, Nothing]) -> None:
        if not await self._store.run(partial(users.revoke_token, id=call.id(), now=self._clock.now())):
            raise Problem(404, "there is no such token")

    async def browse_canned(self, call: Call[Nothing, Nothing]) -> CannedList:
        found = await self._store.read(canned_replies.listing)
        return CannedList(
            [CannedView(id=reply.id, language=reply.language, title=reply.title, text=reply.text) for reply in found]
        )

    async def put_canned(self, call: Call[NewCanned, Nothing]) -> CannedList:
        body = call.body
        await self._store.run(partial(canned_replies.put, language=body.language, title=body.title, text=body.text))
        return await self.browse_canned(call)  # type: ignore[arg-type]  # only the user is read

    async def remove_canned(self, call: Call[Nothing, Nothing]) -> None:
        if not await self._store.run(partial(canned_replies.remove, id=call.id())):
            raise Problem(404, "there is no such reply")


def create_token(tx: Connection, token: str, *, name: str, role: Role, now: datetime) -> int:
    """A token with a service account of its own, so that what it does has a name; or, where `name` is the address of
    an account, a token of that account (whose role counts)."""
    user = users.by_email(tx, name) if "@" in name else None
    if user is None:
        address = f"token-{hashed(token)[:12]}@service.invalid"
        user = users.add(tx, email=address, name=name, role=role, password_hash=None, now=now)
        assert user is not None
    audit.write(tx, user_id=user.id, action="add_token", subject=f"user:{user.id}", now=now)
    return users.add_token(tx, hashed(token), user_id=user.id, name=name, now=now, expires_at=now + TOKEN_LIFE)


def _user(user: User) -> UserView:
    return UserView(id=user.id, name=user.name, email=user.email, role=user.role.value)
