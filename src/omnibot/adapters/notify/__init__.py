"""Groups on other systems, one way, through Apprise (https://github.com/caronc/apprise): DingTalk, Feishu, WeCom, Teams, Discord,
Matrix, Mattermost and a hundred more. An account is one group, named by an Apprise URL; the groups that are registered in the
console share one channel, which finds each one's URL in what it remembers.

What they promise: Apprise says whether the system took it, and no more. Nothing comes back: no ids, no edits, no answers. So a
message may arrive twice where the answer was lost, and a changed card is a new message. Apprise keeps to the rate of each system.
"""

import asyncio
import difflib
import importlib
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibot.channel import (
    AddressFault,
    AddressFaultKind,
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
from omnibot.store.one_way_groups import key_of

if TYPE_CHECKING:
    from aiohttp import web

# What Apprise shows on the screen or in the log of the machine it runs on.
ON_THIS_MACHINE = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
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
        self._target = _target(account.url)

    def parse(self, event: RawEvent) -> Inbound:
        return Ignored("nothing comes from there")

    async def send(self, message: OutboundMessage) -> Sent:
        return await _send(self._target, message)

    def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        raise Undeliverable("nothing comes from there")


class OneWayChannel:
    """Sends to every group that is registered in the console. A group whose address is wrong holds up no other one."""

    def __init__(self, name: str, state: ChannelState) -> None:
        self.name = name
        self.limits = LIMITS
        self._state = state
        self._targets: dict[str, tuple[str, Any]] = {}  # by chat: the address and its notifier

    def parse(self, event: RawEvent) -> Inbound:
        return Ignored("nothing comes from there")

    async def send(self, message: OutboundMessage) -> Sent:
        chat = message.address.chat
        url = await self._state.get(key_of(chat))
        if url is None:
            raise Undeliverable("the group was removed")
        known = self._targets.get(chat)
        if known is None or known[0] != url:
            try:
                known = url, await asyncio.to_thread(_target, url)
            except Misconfigured as error:
                raise Undeliverable(error.why) from None
            self._targets[chat] = known
        return await _send(known[1], message)

    def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        raise Undeliverable("nothing comes from there")

    async def fault(self, url: str) -> AddressFault | None:
        return await asyncio.to_thread(_fault, url)


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


async def _send(target: Any, message: OutboundMessage) -> Sent:
    try:
        taken = await target.async_notify(body=render(message), body_format="text")
    except TypeError as error:  # as Apprise refuses a message without words
        raise Undeliverable(str(error)) from None
    if not taken:
        raise Unavailable("the group's system did not take it", maybe_sent=True)
    return Sent(message.id)


def _target(url: str) -> Any:
    """Apprise's notifier. Its own name and pictures stay out of what the group sees. Raises Misconfigured."""
    apprise = _apprise()
    asset = apprise.AppriseAsset(app_id="omnibot", app_desc="omnibot", image_url_mask="", image_url_logo="")
    target = apprise.Apprise(asset=asset)
    if not target.add(url):
        raise Misconfigured("notify.url is no URL that Apprise knows; see its list of services")
    return target


def _fault(url: str) -> AddressFault | None:
    """Raises Misconfigured."""
    system, separator, _ = url.strip().partition("://")
    system = system.casefold()
    if not separator or not system:
        return AddressFault(kind=AddressFaultKind.NO_ADDRESS)
    if system in ON_THIS_MACHINE:
        return AddressFault(kind=AddressFaultKind.THIS_MACHINE, system=system)
    if _apprise().Apprise.instantiate(url.strip()) is not None:
        return None
    systems = {
        name: one
        for one in _apprise().Apprise().details()["schemas"]
        for name in (*(one["protocols"] or ()), *(one["secure_protocols"] or ()))
    }
    meant = systems.get(system)
    if meant is None:
        near = difflib.get_close_matches(system, systems, n=1)
        return AddressFault(kind=AddressFaultKind.UNKNOWN_SYSTEM, system=f"{near[0]}://" if near else "")
    return AddressFault(
        kind=AddressFaultKind.WRONG_FORM,
        system=str(meant["service_name"]),
        example=meant["details"]["templates"][0].replace("{schema}", system),
        page=str(meant["setup_url"] or ""),
    )


def _apprise() -> Any:
    """Loaded with the first address: 40 MB. Raises Misconfigured."""
    try:
        apprise = importlib.import_module("apprise")
    except ImportError:
        raise Misconfigured("Apprise is not installed: pip install 'omnibot[notify]'") from None
    # It writes addresses that it does not understand into the log, secrets and all.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise
