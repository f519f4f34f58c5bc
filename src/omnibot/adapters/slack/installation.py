"""Installing the app from the console: somebody is sent to Slack, agrees there, and comes back with a code for a token.

https://docs.slack.dev/authentication/installing-with-oauth. One workspace for an account: a chat's address names no workspace,
and the requests of all workspaces come to one address.
"""

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode, urljoin

from omnibot.adapters.slack.api import Caller
from omnibot.adapters.slack.errors import Refused
from omnibot.adapters.slack.scopes import NEEDED, USEFUL
from omnibot.adapters.slack.tokens import Installation, InstalledTokens, of_answer
from omnibot.channel import ChannelError, ChannelState, Installed, InstallOutcome, Misconfigured, Unavailable
from omnibot.clock import Clock
from omnibot.log import Log
from omnibot.settings import SlackAccount

log = Log(__name__)

PATIENCE = timedelta(minutes=10)  # from one's leaving for Slack to one's coming back; a code is good for as long
_KEY = "installing"


class Installer:
    """Of one account. One installation is under way at a time: who begins later ends an earlier one."""

    def __init__(
        self, account: SlackAccount, *, tokens: InstalledTokens, caller: Caller, state: ChannelState, clock: Clock
    ) -> None:
        self._account = account
        self._tokens = tokens
        self._caller = caller
        self._state = state
        self._clock = clock

    async def begin(self, *, browser: str, return_to: str) -> str:
        state = secrets.token_urlsafe(32)
        ends = self._clock.now() + PATIENCE
        await self._state.set(_KEY, f"{_mark(state, browser, return_to)} {ends.isoformat()}")
        asked = {
            "client_id": self._account.client_id,
            "scope": ",".join(sorted(NEEDED | USEFUL)),
            "redirect_uri": return_to,
            "state": state,
        }
        return f"{urljoin(self._account.api_base, '/oauth/v2/authorize')}?{urlencode(asked)}"

    async def finish(self, *, browser: str, return_to: str, answer: Mapping[str, str]) -> Installed:
        if not await self._is_ours(_mark(answer.get("state", ""), browser, return_to)):
            return Installed(InstallOutcome.STALE)
        if answer.get("error") == "access_denied":
            return Installed(InstallOutcome.DENIED)
        try:
            return await self._take(answer.get("code", ""), return_to)
        except Refused as error:
            log.warning("slack_not_installed", channel=self._account.channel, why=error.why)
            return Installed(InstallOutcome.REFUSED, error.code)
        except ChannelError as error:
            log.warning("slack_not_installed", channel=self._account.channel, why=error.why)
            return Installed(InstallOutcome.UNAVAILABLE)

    async def revision(self) -> str:
        kept = await self._tokens.installation()
        return kept.id if kept else ""

    async def _is_ours(self, mark: str) -> bool:
        """Whether this was begun here and now. It counts once, whatever comes of it."""
        begun = await self._state.get(_KEY)
        expected, _, ends = (begun or "").partition(" ")
        if not begun or not hmac.compare_digest(expected, mark) or self._clock.now() >= datetime.fromisoformat(ends):
            return False
        return await self._state.swap(_KEY, begun, "")

    async def _take(self, code: str, return_to: str) -> Installed:
        """Raises ChannelError."""
        answer = await self._caller.ask_for_token(self._account, {"code": code, "redirect_uri": return_to})
        team, now = answer.get("team"), self._clock.now()
        id = str(team.get("id") or "") if isinstance(team, dict) else ""
        made = of_answer(answer, team=id, id=secrets.token_hex(8), now=now)
        if not id or answer.get("is_enterprise_install"):
            await self._give_back(made)
            raise Refused("the app was installed for a whole organisation", "org_install")
        if not made.token or answer.get("token_type") != "bot":
            raise Refused("Slack gave no token of a bot", "no_bot_token")
        try:
            is_elsewhere = await self._is_in_another(made)
        except Unavailable:
            await self._give_back(made)
            raise
        if is_elsewhere:
            await self._give_back(made)
            return Installed(InstallOutcome.ELSEWHERE)
        await self._tokens.keep(made)
        log.info("slack_installed", channel=self._account.channel)
        return Installed(InstallOutcome.DONE)

    async def _is_in_another(self, made: Installation) -> bool:
        """Whether this account works in another workspace. One that the app was removed from holds it no more. Raises
        Unavailable."""
        kept = await self._tokens.installation()
        if kept is None or kept.team == made.team:
            return False
        try:
            await self._caller.call("auth.test", await self._tokens.access())
        except Misconfigured:
            return False
        return True

    async def _give_back(self, made: Installation) -> None:
        """A token that nobody keeps must not stay good."""
        with contextlib.suppress(ChannelError):
            await self._caller.call("auth.revoke", made.token, http_verb="GET")


def _mark(state: str, browser: str, return_to: str) -> str:
    return hashlib.sha256("\0".join((state, browser, return_to)).encode(errors="surrogateescape")).hexdigest()
