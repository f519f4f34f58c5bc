"""The Web API: Slack's own client, which does one try and says what a failure means in our three errors.

The client's retries are off: it repeats a post whose connection broke, which is how answers get doubled.
"""

import logging
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from omnibot.adapters.slack import errors

CONNECT_TIMEOUT = 5  # seconds

# The client writes whole messages to its log at debug level.
_SILENT = logging.Logger("slack_sdk", logging.CRITICAL)

Json = dict[str, Any]


class Api:
    """Calls with one account's tokens."""

    def __init__(self, base: str, *, bot_token: str, app_token: str = "", timeout: float = 20) -> None:
        self.base = base
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_TIMEOUT)
        self.bot_token = bot_token
        self._app_token = app_token
        self._session: aiohttp.ClientSession | None = None
        self.granted: frozenset[str] = frozenset()  # scopes, as the last answer told

    @property
    def session(self) -> aiohttp.ClientSession:
        """Opened with the first use: connections are built before there is a loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session

    async def post(self, method: str, **arguments: Any) -> Json:
        """Call a method that takes JSON. Raises ChannelError."""
        return await self._call(method, json=_given(arguments))

    async def get(self, method: str, **arguments: Any) -> Json:
        """Call a method that takes parameters. Raises ChannelError."""
        return await self._call(method, http_verb="GET", params=_given(arguments))

    async def open_socket(self) -> str:
        """The address of a new Socket Mode connection. Raises ChannelError."""
        answer = await self._call("apps.connections.open", json={"token": self._app_token})
        return str(answer.get("url") or "")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, **request: Any) -> Json:
        client = AsyncWebClient(
            token=self.bot_token, base_url=self.base, session=self.session, logger=_SILENT, retry_handlers=[]
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


def _given(arguments: Json) -> Json:
    return {name: value for name, value in arguments.items() if value not in (None, "")}
