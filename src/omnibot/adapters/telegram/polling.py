"""Asks Telegram for updates, and confirms them only after they are committed.

`getUpdates(offset)` confirms everything before `offset`, so the next call confirms what the last one brought. Nothing of
this has to survive a restart: a new process asks without an offset, gets all that was never confirmed, and what was
committed before the crash is dropped at the inbox by its unique key. Once a call has confirmed, the offset is forgotten
as well: after a quiet week Telegram goes on from a random update id, maybe a lower one, which an old offset would skip.

Telegram keeps updates for 24 hours.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from msgspec import Raw

from omnibot.adapters.telegram.client import Client
from omnibot.adapters.telegram.errors import ChatMoved, Conflict, FormRefused
from omnibot.adapters.telegram.intake import NotAnUpdate
from omnibot.adapters.telegram.parse import KINDS
from omnibot.channel import ChannelError, Misconfigured, Unavailable
from omnibot.log import Log
from omnibot.store import transactions

log = Log(__name__)

WAIT_SECONDS = 50  # that Telegram holds a call open
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds

# Returns the update's id when it is committed.
Take = Callable[[bytes], Awaitable[int]]


class Poller:
    """Reads one bot's updates. Only one reader per token: Telegram answers 409 to others."""

    def __init__(
        self,
        client: Client,
        take: Take,
        *,
        channel: str,
        tell: Callable[[str | None], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`tell` hears what is wrong, and None when all is well again."""
        self._client = client
        self._take = take
        self._channel = channel
        self._tell = tell
        self._sleep = sleep
        self._offset: int | None = None
        self._trouble: str | None = None

    async def run(self) -> None:
        """Until cancelled. Raises Misconfigured."""
        pause, is_ours = FIRST_PAUSE, False
        while True:
            try:
                if not is_ours:
                    # A webhook that somebody has set keeps us from reading; what waits for it is kept for us.
                    await self._client.call("deleteWebhook", {"drop_pending_updates": False})
                    is_ours = True
                await self.step()
            except Misconfigured:
                raise
            except (ChannelError, FormRefused, ChatMoved, transactions.Unavailable) as error:
                is_ours = is_ours and not isinstance(error, Conflict)
                self._note(str(error))
                asked = error.retry_after.total_seconds() if isinstance(error, Unavailable) and error.retry_after else 0
                await self._sleep(max(asked, pause * random.uniform(0.5, 1.0)))  # noqa: S311 (jitter)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._note(None)
                pause = FIRST_PAUSE

    async def step(self) -> None:
        """Ask once, and commit what came, in order."""
        updates: list[Raw] = await self._client.get_updates(offset=self._offset, seconds=WAIT_SECONDS, kinds=KINDS)
        self._offset = None
        for update in updates:
            try:
                self._offset = await self._take(bytes(update)) + 1
            except NotAnUpdate:
                log.error("update_without_id", channel=self._channel)  # never seen; there is no way to confirm it

    def _note(self, trouble: str | None) -> None:
        """Once when it begins and once when it ends."""
        if trouble and not self._trouble:
            log.warning("polling_interrupted", channel=self._channel, reason=trouble)
        if self._trouble and not trouble:
            log.info("polling_resumed", channel=self._channel)
        self._trouble = trouble
        self._tell(trouble)
