"""Shows customers on platforms that an agent writes. A platform that cannot, or fails to, is no reason to trouble the agent."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from omnibot.channel import Channel, ShowsTyping
from omnibot.clock import Clock
from omnibot.domain.message import Address
from omnibot.log import Log

log = Log(__name__)

EVERY = timedelta(seconds=4)  # platforms show it for about five
LIMIT = 2.0  # seconds for the platform; the next signal comes soon enough


class TypingSignal:
    """At most one every four seconds and chat."""

    def __init__(self, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._channels = channels
        self._clock = clock
        self._shown: dict[Address, datetime] = {}

    async def show(self, address: Address) -> None:
        """Returns when the platform knows, or soon after."""
        channel, now = self._channels.get(address.channel), self._clock.now()
        self._shown = {known: at for known, at in self._shown.items() if now - at < EVERY}
        if not isinstance(channel, ShowsTyping) or address in self._shown:
            return
        self._shown[address] = now
        try:
            async with asyncio.timeout(LIMIT):
                await channel.show_typing(address)
        except Exception as error:
            log.debug("typing_not_shown", channel=address.channel, reason=type(error).__name__)
