"""One configured account, opened: its channel, and the two ways in which events reach it."""

from dataclasses import replace

from aiohttp import web

from omnibot.adapters.slack import webhooks
from omnibot.adapters.slack.api import Api, Caller
from omnibot.adapters.slack.channel import SlackChannel
from omnibot.adapters.slack.door import Door
from omnibot.adapters.slack.installation import Installer
from omnibot.adapters.slack.parse import Policy
from omnibot.adapters.slack.scopes import NEEDED, USEFUL
from omnibot.adapters.slack.socket_mode import SocketMode, Timing
from omnibot.adapters.slack.tokens import FixedToken, InstalledTokens
from omnibot.channel import ChannelError, ChannelState, Health, Installs, Receive
from omnibot.clock import Clock
from omnibot.settings import SlackAccount


class SlackConnection:
    """What `connect` opens."""

    def __init__(
        self,
        account: SlackAccount,
        *,
        receive: Receive,
        clock: Clock,
        state: ChannelState,
        public_url: str,
        policy: Policy,
        timing: Timing,
    ) -> None:
        name = account.channel
        self._account = account
        self._clock = clock
        caller = Caller(account.api_base, timeout=timing.call)
        tokens: FixedToken | InstalledTokens = FixedToken(account.bot_token)
        self._installer: Installer | None = None
        if account.client_id:
            how = _how_to_install(public_url)
            tokens = InstalledTokens(account, caller=caller, state=state, clock=clock, how_to_install=how)
            self._installer = Installer(account, tokens=tokens, caller=caller, state=state, clock=clock)
        self._api = Api(caller, tokens, app_token=account.app_token)
        self._door = Door(name=name, api=self._api, receive=receive, clock=clock, policy=policy)
        self._channel = SlackChannel(
            name=name, api=self._api, door=self._door, clock=clock, policy=policy, pace=account.pace
        )
        self._sockets = SocketMode(
            name=name, open_url=self._api.open_socket, accept=self._door.accept, clock=clock, timing=timing
        )

    @property
    def channel(self) -> SlackChannel:
        return self._channel

    def installs(self) -> Installs | None:
        """Only an app whose token does not stand in the settings."""
        return self._installer

    def routes(self) -> list[web.AbstractRouteDef]:
        """Only with a secret to check requests by."""
        if not self._account.signing_secret:
            return []
        path = f"/channels/slack/{self._account.name}"
        return webhooks.routes(path, door=self._door, secret=self._account.signing_secret, clock=self._clock)

    async def run(self) -> None:
        if self._account.app_token:
            await self._sockets.run()

    async def check(self) -> Health:
        try:
            answer = await self._api.post("auth.test")
        except ChannelError as error:
            return self._health(is_working=False, detail=error.why)
        self._learn(str(answer.get("user_id") or ""))
        missing = sorted((NEEDED | USEFUL) - self._api.granted) if self._api.granted else []
        details = [f"{answer.get('user')} in {answer.get('team')}", self._way_in()]
        if missing:
            details.append(f"without permission for {', '.join(missing)}")
        trouble = await self._api.tokens.trouble()
        if trouble:
            details.insert(0, trouble)
        return self._health(is_working=not (trouble or NEEDED & set(missing)), detail="; ".join(details))

    async def close(self) -> None:
        await self._door.close()
        await self._api.close()

    def _way_in(self) -> str:
        if not self._account.app_token:
            return "events by request"
        others = f", {self._sockets.others} more of this app elsewhere" if self._sockets.others else ""
        return f"Socket Mode, {self._sockets.open} open{others}"

    def _learn(self, user_id: str) -> None:
        """Our own user id: payloads name it mostly, not always."""
        self._door.policy = self._channel.policy = replace(self._channel.policy, user_id=user_id)

    def _health(self, *, is_working: bool, detail: str) -> Health:
        return Health(is_working=is_working, detail=detail, last_in=self._door.last_in, last_out=self._channel.last_out)


def _how_to_install(public_url: str) -> str:
    if not public_url.startswith("https://"):
        return "Slack takes addresses with https:// only, so set server.public_url"
    return f"an admin does that at {public_url}/console/settings#channels"
