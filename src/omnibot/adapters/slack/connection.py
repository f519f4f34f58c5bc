"""One configured account, opened: its channel, and the two ways in which events reach it."""

from dataclasses import replace

from aiohttp import web

from omnibot.adapters.slack import webhooks
from omnibot.adapters.slack.api import Api
from omnibot.adapters.slack.channel import SlackChannel
from omnibot.adapters.slack.door import Door
from omnibot.adapters.slack.parse import Policy
from omnibot.adapters.slack.socket_mode import SocketMode, Timing
from omnibot.channel import ChannelError, Health, Receive
from omnibot.clock import Clock
from omnibot.settings import SlackAccount

# What the app has to be allowed for customers to be served; docs/slack.md has the manifest.
NEEDED = frozenset({"chat:write", "im:history"})
USEFUL = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:write",
        "mpim:history",
        "users:read",
    }
)


class SlackConnection:
    """What `connect` opens."""

    def __init__(
        self, account: SlackAccount, *, receive: Receive, clock: Clock, policy: Policy, timing: Timing
    ) -> None:
        name = account.channel
        self._account = account
        self._clock = clock
        self._api = Api(account.api_base, bot_token=account.bot_token, app_token=account.app_token, timeout=timing.call)
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
        return self._health(is_working=not NEEDED & set(missing), detail="; ".join(details))

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
