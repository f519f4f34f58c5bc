"""Groups on other systems, one way, through Apprise (https://github.com/caronc/apprise): DingTalk, Feishu, WeCom, Teams, Discord,
Matrix, Mattermost and a hundred more. An account is one group, named by an Apprise URL.

What they promise: Apprise says whether the system took it, and no more. Nothing comes back: no ids, no edits, no answers. So a
message may arrive twice where the answer was lost, and a changed card is a new message. Apprise keeps to the rate of each system.
"""

import asyncio
import importlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibot.channel import (
    ChannelState,
    Health,
    Ignored,
    Inbound,
    InboundFile,
    Limits,
    Misconfigured,
    OutboundMessage,
    Receive,
    Sent,
    Unavailable,
    Undeliverable,
)
from omnibot.clock import Clock
from omnibot.domain.message import RawEvent
from omnibot.settings import Account, NotifyAccount

if TYPE_CHECKING:
    from aiohttp import web

LIMITS = Limits(text_length=1_500, choices=0)  # what the shortest of these systems shows as one message


def render(message: OutboundMessage) -> str:
    """The words without our Markdown, which half of these systems would show as it is. Choices cannot be pressed there: whoever
    writes says how to answer."""
    return _ESCAPED.sub(r"\1", _BOLD.sub(r"\1", message.text))


_BOLD = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")
_ESCAPED = re.compile(r"\\([\\`*_\[\]])")


class NotifyChannel:
    """Sends to one group."""

    def __init__(self, account: NotifyAccount) -> None:
        """Raises Misconfigured."""
        self.name = account.channel
        self.limits = LIMITS
        self._target = _target(account)

    def parse(self, event: RawEvent) -> Inbound:
        return Ignored("nothing comes from there")

    async def send(self, message: OutboundMessage) -> Sent:
        try:
            taken = await self._target.async_notify(body=render(message), body_format="text")
        except TypeError as error:  # as Apprise refuses a message without words
            raise Undeliverable(str(error)) from None
        if not taken:
            raise Unavailable("the group's system did not take it", maybe_sent=True)
        return Sent(message.id)

    def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        raise Undeliverable("nothing comes from there")


class NotifyConnection:
    """The account, opened."""

    def __init__(self, channel: NotifyChannel) -> None:
        self.channel = channel

    def routes(self) -> "list[web.AbstractRouteDef]":
        return []

    async def run(self) -> None:
        """Nothing is fetched; the lease is held so that one worker sends health."""
        await asyncio.Event().wait()

    async def check(self) -> Health:
        """There is no way to ask without telling the group something."""
        return Health(is_working=True, detail="one way; the next message will tell")

    async def close(self) -> None:
        pass


def connect(
    account: Account, *, receive: Receive, clock: Clock, state: ChannelState, public_url: str, data_dir: Path
) -> NotifyConnection:
    """Raises Misconfigured."""
    assert isinstance(account, NotifyAccount)
    return NotifyConnection(NotifyChannel(account))


def _target(account: NotifyAccount) -> Any:
    """Apprise's notifier. Its own name and pictures stay out of what the group sees."""
    try:
        apprise = importlib.import_module("apprise")
    except ImportError:
        raise Misconfigured("notify.url is set, but Apprise is not installed: pip install 'omnibot[notify]'") from None
    asset = apprise.AppriseAsset(app_id="omnibot", app_desc="omnibot", image_url_mask="", image_url_logo="")
    target = apprise.Apprise(asset=asset)
    if not target.add(account.url):
        raise Misconfigured("notify.url is no URL that Apprise knows; see its list of services")
    return target
