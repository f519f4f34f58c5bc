"""What happened in the chats, on its way to the bot: kept until the bot has confirmed it, by polling or a webhook."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp

from omnibot.demo.telegram_wire import Refusal

KEPT_BY_DEFAULT = ("message", "edited_message", "callback_query", "my_chat_member")


class Updates:
    """The queue of one bot."""

    def __init__(self, first_id: int) -> None:
        self.waiting: list[dict[str, Any]] = []  # updates that nobody has confirmed
        self.confirmed: list[int] = []
        self.webhook: dict[str, Any] = {}
        self.patience = 3600.0  # seconds that a getUpdates is held open at most
        self.polls = 0  # getUpdates calls so far; only the newest is answered
        self._last_update = 700_000_000 + first_id
        self._news = asyncio.Condition()

    async def push(self, update: dict[str, Any]) -> dict[str, Any]:
        """Any update; returns it with its id."""
        self._last_update += 1
        numbered = {"update_id": self._last_update} | update
        async with self._news:
            self.waiting.append(numbered)
            self._news.notify_all()
        return numbered

    def restart_ids(self, last: int) -> None:
        """Go on from any update id, as Telegram may when nothing came for a week."""
        self._last_update = last

    async def until(self, condition: Callable[[], bool], *, seconds: float = 60) -> None:
        """Returns when it holds; asked after each call that reached us."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(condition)

    async def all_confirmed(self) -> None:
        """Returns when no update waits."""
        await self.until(lambda: not self.waiting)

    async def deliver(self) -> list[int]:
        """Bring each waiting update to the webhook once; returns the statuses. Those with 200 are confirmed."""
        statuses = []
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        async with aiohttp.ClientSession() as session:
            for update in list(self.waiting):
                try:
                    async with session.post(self.webhook["url"], json=update, headers=headers) as response:
                        statuses.append(response.status)
                except aiohttp.ClientError:
                    statuses.append(0)  # nobody there
                if statuses[-1] == 200:
                    self.waiting.remove(update)
                    self.confirmed.append(update["update_id"])
        return statuses

    async def _tell(self) -> None:
        """Whoever waits for something looks again."""
        async with self._news:
            self._news.notify_all()

    async def _get_updates(self, parameters: dict[str, Any]) -> Any:
        if self.webhook.get("url"):
            return Refusal(
                status=409,
                description="Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        offset, seconds = int(parameters.get("offset", 0)), float(parameters.get("timeout", 0))
        self.polls += 1
        number = self.polls
        async with self._news:
            self._news.notify_all()
            self.confirmed += [u["update_id"] for u in self.waiting if u["update_id"] < offset]
            self.waiting = [u for u in self.waiting if u["update_id"] >= offset]
            self._news.notify_all()
            kinds = set(parameters.get("allowed_updates") or KEPT_BY_DEFAULT)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, self.patience)):
                    await self._news.wait_for(
                        lambda: number != self.polls or any(kinds & u.keys() for u in self.waiting)
                    )
            if number != self.polls:
                return Refusal(
                    status=409,
                    description="Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            return [u for u in self.waiting if kinds & u.keys()][:100]
