"""Access tokens for mail servers that take no password: asked for at the provider's token endpoint (RFC 6749), used as XOAUTH2.

With a refresh token (Gmail, or a person's mailbox on Microsoft 365), or without (an application on Microsoft 365). A provider may
hand out a new refresh token each time; the newest is kept, sealed.
"""

import asyncio
from datetime import date, timedelta

import aiohttp
import msgspec

from omnibot.channel import ChannelState, Misconfigured, Unavailable
from omnibot.clock import Clock
from omnibot.log import Log
from omnibot.sealed import seal, unseal
from omnibot.settings.accounts import EmailAccount

log = Log(__name__)

SECONDS = 15.0
EARLY = timedelta(minutes=5)  # a token that ends sooner is not used any more
SHORTEST = timedelta(minutes=1)
WARNINGS = (30, 7, 1)  # days before the client's secret ends
_REFRESH_KEY, _WARNED_KEY = "oauth_refresh", "oauth_warned"
# RFC 6749, 5.2: these get no better by asking again.
_LASTING = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", "unsupported_grant_type"}
)  # fmt: skip


class _Answer(msgspec.Struct, frozen=True):
    access_token: str = ""
    expires_in: float = 3600.0
    refresh_token: str = ""
    error: str = ""


class Tokens:
    """The access tokens of one account."""

    def __init__(self, account: EmailAccount, *, state: ChannelState, clock: Clock) -> None:
        self._account = account
        self._state = state
        self._clock = clock
        self._token = ""
        self._asked_at = clock.now()
        self._good_until = self._asked_at
        self._asking = asyncio.Lock()

    async def access(self) -> str:
        """A token that is good for some minutes. Raises Unavailable, and Misconfigured where somebody has to consent anew."""
        async with self._asking:
            if not self._token or self._clock.now() >= self._good_until:
                await self._ask()
            return self._token

    def refuse(self, token: str) -> bool:
        """A server does not take that token. Whether another one may help: it was not asked for just now."""
        is_stale = self._token != token or self._asked_at + SHORTEST <= self._clock.now()
        if self._token == token:
            self._token = ""
        return is_stale

    async def warning(self) -> str:
        """What the operator should know of the client's secret; logged once for each of `WARNINGS`."""
        if not self._account.oauth_client_until:
            return ""
        end = date.fromisoformat(self._account.oauth_client_until)
        left = (end - self._clock.now().date()).days
        reached = [days for days in WARNINGS if left <= days]
        if not reached:
            return ""
        when = f"ends in {left} days" if left > 0 else "has ended"
        told = f"{end.isoformat()}:{min(reached)}"
        if await self._state.get(_WARNED_KEY) != told:
            log.error("mail_secret_ends", channel=self._account.channel, days=left)
            await self._state.set(_WARNED_KEY, told)
        return f"the OAuth client's secret {when}"

    async def _ask(self) -> None:
        self._asked_at = self._clock.now()
        answer = await self._call(await self._grant())
        self._token = answer.access_token
        lasts = max(timedelta(seconds=answer.expires_in) - EARLY, SHORTEST)
        self._good_until = self._clock.now() + lasts
        if answer.refresh_token and self._account.oauth_refresh_token:
            await self._state.set(_REFRESH_KEY, seal(answer.refresh_token, self._secret))

    async def _grant(self) -> dict[str, str]:
        account = self._account
        grant = {"client_id": account.oauth_client_id}
        if account.oauth_client_secret:
            grant["client_secret"] = account.oauth_client_secret
        if account.oauth_scope:
            grant["scope"] = account.oauth_scope
        if not account.oauth_refresh_token:
            return grant | {"grant_type": "client_credentials"}
        kept = await self._state.get(_REFRESH_KEY)
        newest = (unseal(kept, self._secret) if kept else None) or account.oauth_refresh_token
        return grant | {"grant_type": "refresh_token", "refresh_token": newest}

    @property
    def _secret(self) -> str:
        """With a new refresh token in the settings, what was kept of the old one counts no more."""
        return f"{self._account.oauth_client_secret}\0{self._account.oauth_refresh_token}"

    async def _call(self, grant: dict[str, str]) -> _Answer:
        limit = aiohttp.ClientTimeout(total=SECONDS)
        try:
            # Once an hour: not worth a session that has to be closed.
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self._account.oauth_token_url, data=grant, allow_redirects=False) as response,
            ):
                status, body = response.status, await response.content.read(100_000)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Unavailable("the OAuth token endpoint cannot be reached") from None
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except msgspec.DecodeError:
            answer = _Answer()
        if status == 200 and answer.access_token:
            return answer
        if answer.error in _LASTING:
            raise Misconfigured(
                f"the OAuth provider refuses ({answer.error}): consent anew, or renew the client's secret"
            )
        raise Unavailable(f"the OAuth token endpoint is out of order ({status})")
