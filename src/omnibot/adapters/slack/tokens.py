"""The bot token of an account: the one of the settings, or that of an installation, which is kept sealed and renewed in time.

Slack gives a token for twelve hours and a refresh token that works once (https://docs.slack.dev/authentication/using-token-rotation).
Two processes that use the same one at once get tokens of which only one stays good (slackapi/node-slack-sdk#2504), so whoever
renews claims it first, for all processes.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from omnibot.adapters.slack.api import Caller, Json
from omnibot.channel import ChannelError, ChannelState, Misconfigured, Unavailable
from omnibot.clock import Clock
from omnibot.log import Log
from omnibot.sealed import seal, unseal
from omnibot.settings import SlackAccount

log = Log(__name__)

EARLY = timedelta(hours=2)  # before its end a token is renewed; the SDK's own value
LEASE = timedelta(minutes=1)  # of whoever renews it, and the pause before the next try
LOOKED = timedelta(seconds=5)  # in which what another process has stored may go unseen
KEY, _LEASE_KEY = "installation", "renewing"


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """The app in a workspace."""

    team: str
    token: str
    id: str  # of this installation; stays while tokens come and go
    refresh_token: str = ""
    good_until: datetime | None = None  # of the token; None: for ever
    refused: str = ""  # why Slack renews it no more


class Tokens(Protocol):
    """What calls are made with."""

    async def access(self) -> str:
        """The token. Raises Misconfigured, Unavailable."""

    async def has_newer(self, token: str) -> bool:
        """Slack has refused that one. Whether another one has taken its place."""

    async def trouble(self) -> str:
        """What will keep `access` from working soon, for people; empty: nothing."""


class FixedToken:
    """The one of the settings."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def access(self) -> str:
        return self._token

    async def has_newer(self, token: str) -> bool:
        return False

    async def trouble(self) -> str:
        return ""


class InstalledTokens:
    """Those of the installation, as all processes share them."""

    def __init__(
        self, account: SlackAccount, *, caller: Caller, state: ChannelState, clock: Clock, how_to_install: str
    ) -> None:
        """`how_to_install` is for people."""
        self._account = account
        self._caller = caller
        self._state = state
        self._clock = clock
        self._how = how_to_install
        self._kept: Installation | None = None
        self._looked_at: datetime | None = None
        self._asking = asyncio.Lock()
        # What Slack has given for what stands in the database, until that is written: a refresh token works once.
        self._unkept: tuple[str, Installation] | None = None

    async def access(self) -> str:
        async with self._asking:
            kept = await self._recall()
            if kept is None:
                raise Misconfigured(f"the app is not installed yet: {self._how}")
            if kept.good_until is None or self._clock.now() < kept.good_until - EARLY:
                return kept.token
            kept = await self._renew(kept)
        if kept.good_until is None or self._clock.now() < kept.good_until:
            return kept.token
        if kept.refused:
            raise Misconfigured(f"{kept.refused}: {self._how}")
        raise Unavailable("the token is being renewed", LEASE)

    async def has_newer(self, token: str) -> bool:
        kept = await self.installation()
        return kept is not None and kept.token != token

    async def trouble(self) -> str:
        kept = await self._recall()
        if kept is None or not kept.refused or kept.good_until is None:
            return ""
        return f"{kept.refused}: {self._how} before {kept.good_until:%Y-%m-%d %H:%M} UTC"

    async def installation(self) -> Installation | None:
        """As it stands in the database now."""
        self._looked_at = None
        return await self._recall()

    async def keep(self, installation: Installation) -> None:
        """This one counts from now on."""
        await self._state.set(KEY, self._sealed(installation))
        self._looked_at = None

    async def _recall(self) -> Installation | None:
        now = self._clock.now()
        if self._looked_at is None or now - self._looked_at >= LOOKED:
            self._kept = self._unsealed(await self._state.get(KEY))
            self._looked_at = now
        return self._kept

    async def _renew(self, kept: Installation) -> Installation:
        """As it stands after a try; while another process tries, as it is."""
        if not await self._claim():
            return await self.installation() or kept
        before = await self._state.get(KEY)
        current = self._unsealed(before)
        if before is None or current is None or current.token != kept.token:
            return await self.installation() or kept  # somebody was faster
        after = await self._renewed(current) if self._unkept is None or self._unkept[0] != before else self._unkept[1]
        if after == current:
            return current
        self._unkept = before, after
        await self._state.swap(KEY, before, self._sealed(after))  # unless the app was installed anew meanwhile
        return await self.installation() or after

    async def _claim(self) -> bool:
        now = self._clock.now()
        seen = await self._state.get(_LEASE_KEY)
        if seen is not None and datetime.fromisoformat(seen) > now:
            return False
        return await self._state.swap(_LEASE_KEY, seen, (now + LEASE).isoformat())

    async def _renewed(self, kept: Installation) -> Installation:
        grant = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token}
        try:
            answer = await self._caller.ask_for_token(self._account, grant)
        except Unavailable as error:
            log.warning("slack_token_not_renewed", channel=self._account.channel, why=error.why)
            return kept
        except ChannelError as error:
            log.error("slack_token_not_renewed", channel=self._account.channel, why=error.why)
            return msgspec.structs.replace(kept, refused=error.why)
        log.info("slack_token_renewed", channel=self._account.channel)
        return of_answer(answer, team=kept.team, id=kept.id, now=self._clock.now())

    def _sealed(self, installation: Installation) -> str:
        return seal(msgspec.json.encode(installation).decode(), self._account.client_secret)

    def _unsealed(self, kept: str | None) -> Installation | None:
        text = unseal(kept, self._account.client_secret) if kept else None
        return msgspec.json.decode(text, type=Installation) if text else None


def of_answer(answer: Json, *, team: str, id: str, now: datetime) -> Installation:
    """What `oauth.v2.access` has given. With rotation on, `expires_in` and `refresh_token` come along."""
    refresh_token, seconds = str(answer.get("refresh_token") or ""), answer.get("expires_in")
    ends = bool(refresh_token) and isinstance(seconds, int | float)
    return Installation(
        team=team,
        token=str(answer.get("access_token") or ""),
        id=id,
        refresh_token=refresh_token,
        good_until=now + timedelta(seconds=float(seconds or 0)) if ends else None,
    )
