"""The Web API: Slack's own client, which does one try and says what a failure means in our three errors.

The client's retries are off: it repeats a post whose connection broke, which is how answers get doubled.
"""

import base64
import logging
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from omnibot.adapters.slack import errors
from omnibot.settings import SlackAccount

if TYPE_CHECKING:
    from omnibot.adapters.slack.tokens import Tokens

CONNECT_TIMEOUT = 5  # seconds

# The client writes whole messages to its log at debug level.
_SILENT = logging.Logger("slack_sdk", logging.CRITICAL)

Json = dict[str, Any]


class Caller:
    """One try of a method, with whatever token."""

    def __init__(self, base: str, *, timeout: float = 20) -> None:
        self.base = base
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_TIMEOUT)
        self._session: aiohttp.ClientSession | None = None
        self.granted: frozenset[str] = frozenset()  # scopes, as the last answer told

    @property
    def session(self) -> aiohttp.ClientSession:
        """Opened with the first use: connections are built before there is a loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session

    async def call(self, method: str, token: str | None, **request: Any) -> Json:
        """Raises ChannelError."""
        client = AsyncWebClient(
            token=token, base_url=self.base, session=self.session, logger=_SILENT, retry_handlers=[]
        )
        client.proxy = None  # the client reads the environment; settings come from the settings alone
        try:
            answer = await client.api_call(method, **request)
        except SlackApiError as error:
            failed: Any = error.response  # the client's answer, or aiohttp's where it could not be read at all
            status = int(getattr(failed, "status_code", 0) or getattr(failed, "status", 0))
            raise errors.from_answer(status, getattr(failed, "data", None), failed.headers) from None
        except (aiohttp.ClientError, OSError, ValueError, AttributeError) as error:
            # AttributeError: the client expects JSON even where it was told that plain text comes.
            raise errors.from_network(error) from None
        scopes = str(answer.headers.get("x-oauth-scopes") or "")
        if scopes:
            self.granted = frozenset(scope.strip() for scope in scopes.split(","))
        data = answer.data
        return data if isinstance(data, dict) else {}

    async def ask_for_token(self, account: SlackAccount, grant: dict[str, str]) -> Json:
        """Give a code or a refresh token for a token. Raises ChannelError."""
        # The client's own way to say who asks warns with the aiohttp of today.
        app = base64.b64encode(f"{account.client_id}:{account.client_secret}".encode()).decode()
        return await self.call("oauth.v2.access", None, data=grant, headers={"Authorization": f"Basic {app}"})

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Api:
    """Calls with one account's tokens."""

    def __init__(self, caller: Caller, tokens: "Tokens", *, app_token: str = "") -> None:
        self._caller = caller
        self.tokens = tokens
        self._app_token = app_token

    @property
    def base(self) -> str:
        return self._caller.base

    @property
    def session(self) -> aiohttp.ClientSession:
        return self._caller.session

    @property
    def granted(self) -> frozenset[str]:
        return self._caller.granted

    async def post(self, method: str, **arguments: Any) -> Json:
        """Call a method that takes JSON. Raises ChannelError."""
        return await self._call(method, json=_given(arguments))

    async def get(self, method: str, **arguments: Any) -> Json:
        """Call a method that takes parameters. Raises ChannelError."""
        return await self._call(method, http_verb="GET", params=_given(arguments))

    async def open_socket(self) -> str:
        """The address of a new Socket Mode connection. Raises ChannelError."""
        answer = await self._caller.call("apps.connections.open", None, json={"token": self._app_token})
        return str(answer.get("url") or "")

    async def close(self) -> None:
        await self._caller.close()

    async def _call(self, method: str, **request: Any) -> Json:
        token = await self.tokens.access()
        try:
            return await self._caller.call(method, token, **request)
        except errors.Refused as error:
            # Another process may have renewed it. A call with a token that is refused has done nothing.
            if error.code not in errors.OF_THE_TOKEN or not await self.tokens.has_newer(token):
                raise
        return await self._caller.call(method, await self.tokens.access(), **request)


def _given(arguments: Json) -> Json:
    return {name: value for name, value in arguments.items() if value not in (None, "")}
