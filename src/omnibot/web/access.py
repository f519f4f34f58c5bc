"""Who is calling: API tokens, the console's sessions, passwords and one-time links.

Numbers from RELIABILITY: sessions end after 12 hours, or 60 minutes without a request; passwords have at least 12
characters and are kept as argon2id; links work once, for 15 minutes. A failed sign-in costs the same time and gets the
same words whether the account exists or not.
"""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.value import dataclass
from omnibot.peers import Network, caller_address
from omnibot.problem import Problem
from omnibot.store import audit, users
from omnibot.store.transactions import Store
from omnibot.throttle import Throttle

if TYPE_CHECKING:
    from aiohttp import web

SESSION_LIFE = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=60)
LINK_LIFE = timedelta(minutes=15)
TOKEN_LIFE = timedelta(days=365)
TOKEN_PREFIX = "omb_"  # noqa: S105 (a mark to recognise tokens by, not one)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
# How often `seen_at` is written: a request a second must not be a write a second.
SEEN_EVERY = timedelta(minutes=1)
SIGN_INS_PER_MINUTE = 5
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
TOKEN_CACHED_FOR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a one-time link lets in; without a user it makes the first admin."""

    user: User | None


class Access:
    """Checks who calls, and signs people in and out."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        public_url: str,
        trusted_proxies: list[Network] | None = None,
        requests_per_minute: int = 6_000,
    ) -> None:
        """`requests_per_minute` of each API token; people's sessions are not limited."""
        self._store = store
        self._clock = clock
        self._public_origin = public_url
        self._trusted_proxies = trusted_proxies or []
        self._is_https = public_url.startswith("https://")
        # Browsers take the __Host- prefix only over TLS.
        self.cookie = "__Host-omnibot" if self._is_https else "omnibot_session"
        self._tried: dict[str, list[datetime]] = {}
        self._tokens: dict[str, tuple[User, datetime]] = {}
        self._token_throttle = Throttle(requests_per_minute)

    async def user(self, request: "web.Request") -> User | None:
        """Who calls, by token or by session; None for nobody. Raises Problem for a forged cross-site request."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._of_token(token.strip())
        cookie = request.cookies.get(self.cookie)
        if not cookie:
            return None
        user = await self._of_session(cookie)
        if user is not None and request.method not in SAFE_METHODS:
            self.check_origin(request)
        return user

    async def glance(self, request: "web.Request") -> User | None:
        """Whose session it is, without counting as something that the person did: an open tab must not keep it alive."""
        cookie = request.cookies.get(self.cookie)
        return await self._of_session(cookie, is_activity=False) if cookie else None

    def browser(self, request: "web.Request") -> str | None:
        """What tells a signed-in browser from all others, and is good for nothing else; None for who calls with a token."""
        cookie = request.cookies.get(self.cookie)
        return hashed(f"browser {cookie}") if cookie and "Authorization" not in request.headers else None

    async def require(self, request: "web.Request", role: Role) -> User:
        """Who calls, if that person may act as `role`. Raises Problem."""
        user = await self.user(request)
        if user is None:
            raise Problem(401, "sign in, or send a valid token")
        if not user.may_act_as(role):
            raise Problem(403, f"this takes the role {role.value}")
        return user

    def check_origin(self, request: "web.Request") -> None:
        """Cookies travel with requests that other sites start; those are refused. Raises Problem."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site not in ("same-origin", "none"):
            raise Problem(403, "requests from other sites are refused")
        origin = request.headers.get("Origin")
        if origin is not None and origin != self._public_origin and origin.partition("://")[2] != request.host:
            raise Problem(403, "requests from other sites are refused")
        if site is None and origin is None:
            raise Problem(403, "the request does not say where it comes from")

    async def sign_in(self, email: str, password: str, request: "web.Request") -> str | None:
        """A new session's token; None if address and password do not belong together. Raises Problem when tried too often."""
        self._limit(f"peer {caller_address(request, self._trusted_proxies)}")
        self._limit(f"account {email.lower()}")
        found = await self._store.read(partial(users.password_hash, email=email))
        expected = found[1] if found else await asyncio.to_thread(_dummy_hash)
        if not await asyncio.to_thread(_fits, expected, password) or found is None:
            return None
        return await self.open_session(found[0], "sign_in")

    async def make_link(self, user_id: int | None = None) -> str:
        """A one-time code; for nobody yet: it makes the first admin, and earlier such codes end."""
        code = secrets.token_urlsafe(24)
        expires_at = self._clock.now() + LINK_LIFE

        def body(tx: Connection) -> None:
            if user_id is None:
                users.forget_first_links(tx)
            users.add_link(tx, hashed(code), user_id=user_id, expires_at=expires_at)

        await self._store.run(body)
        return code

    async def may_use(self, code: str) -> bool:
        """Whether the link still works; looking does not use it up."""
        return await self._store.read(partial(users.link, code_hash=hashed(code), now=self._clock.now())) is not None

    async def invited(self, code: str) -> Invited | None:
        """Whose link it is, if it still works."""

        def body(tx: Connection) -> Invited | None:
            link = users.link(tx, hashed(code), self._clock.now())
            if link is None:
                return None
            return Invited(users.get(tx, link.user_id) if link.user_id is not None else None)

        return await self._store.read(body)

    async def accept_link(self, code: str, *, name: str, email: str, password: str) -> str | None:
        """Use a link up: set the account's password and sign in. None if it has expired or was used."""
        secret = await asyncio.to_thread(hash_password, password)
        now = self._clock.now()

        def body(tx: Connection) -> int | None:
            link = users.link(tx, hashed(code), now)
            if link is None or not users.use_link(tx, hashed(code)):
                return None
            if link.user_id is not None:
                users.set_password(tx, link.user_id, secret)
                return link.user_id
            admin = users.add(tx, email=email, name=name, role=Role.ADMIN, password_hash=secret, now=now)
            if admin is None:
                known = users.by_email(tx, email)
                assert known is not None
                users.set_password(tx, known.id, secret)
                return known.id
            return admin.id

        user_id = await self._store.run(body)
        return await self.open_session(user_id, "first_sign_in") if user_id is not None else None

    async def sign_out(self, request: "web.Request") -> None:
        cookie = request.cookies.get(self.cookie)
        if cookie:
            await self._store.run(partial(users.close_session, token_hash=hashed(cookie)))

    def set_cookie(self, response: "web.StreamResponse", token: str) -> None:
        response.set_cookie(
            self.cookie,
            token,
            path="/",
            httponly=True,
            secure=self._is_https,
            samesite="Lax",
            max_age=int(SESSION_LIFE.total_seconds()),
        )

    def clear_cookie(self, response: "web.StreamResponse") -> None:
        response.del_cookie(self.cookie, path="/", secure=self._is_https, httponly=True, samesite="Lax")

    async def _of_token(self, token: str) -> User | None:
        """Raises Problem for a token that is used too often; wrong ones cost a look-up each and nothing else."""
        now = self._clock.now()
        key = hashed(token)
        cached = self._tokens.get(key)
        if cached and cached[1] > now:
            return self._slowed(key, cached[0])
        user = await self._store.read(partial(users.of_token, token_hash=key, now=now))
        if user is not None:
            if len(self._tokens) > 1_000:
                self._tokens.clear()
            self._tokens[key] = (user, now + TOKEN_CACHED_FOR)
            return self._slowed(key, user)
        return None

    def _slowed(self, key: str, user: User) -> User:
        if wait := self._token_throttle.wait(key):
            raise Problem(429, "too many requests with this token; slow down", retry_after=wait)
        return user

    async def _of_session(self, token: str, *, is_activity: bool = True) -> User | None:
        now = self._clock.now()
        key = hashed(token)
        session = await self._store.read(partial(users.session, token_hash=key))
        if session is None or now - session.created_at > SESSION_LIFE or now - session.seen_at > SESSION_IDLE:
            return None
        if is_activity and now - session.seen_at > SEEN_EVERY:
            await self._store.run(partial(users.touch_session, token_hash=key, now=now))
        return session.user

    async def open_session(self, user_id: int, action: str) -> str:
        """A new session's token. Whoever calls has made sure that it is that person; `action` stands in the audit."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()

        def body(tx: Connection) -> None:
            users.open_session(tx, hashed(token), user_id, now)
            audit.write(tx, user_id=user_id, action=action, subject=f"user:{user_id}", now=now)

        await self._store.run(body)
        return token

    def _limit(self, who: str) -> None:
        now = self._clock.now()
        tried = [at for at in self._tried.get(who, []) if now - at < timedelta(minutes=1)]
        if len(tried) >= SIGN_INS_PER_MINUTE:
            raise Problem(429, "too many attempts; wait a minute", retry_after=60)
        if len(self._tried) > 10_000:
            self._tried.clear()
        self._tried[who] = [*tried, now]


def new_token() -> str:
    """An API token; shown once, kept as a hash."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()  # headers may carry any byte


def password_problem(password: str) -> str | None:
    """Why a password is not taken, in words; None if it is."""
    if len(password) < SHORTEST_PASSWORD:
        return f"Use at least {SHORTEST_PASSWORD} characters."
    if len(password) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters."
    if len(set(password)) < 5:
        return "Use more different characters."
    return None


def hash_password(password: str) -> str:
    """argon2id; a quarter of a second, so call it in a thread."""
    return str(_hasher().hash(password))


def _fits(password_hash: str, password: str) -> bool:
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return bool(_hasher().verify(password_hash, password))
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _dummy_hash() -> str:
    """What a sign-in for an unknown account is checked against, so that it takes as long."""
    return hash_password(secrets.token_hex(16))


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()
