"""Takes updates that Telegram brings (https://core.telegram.org/bots/api#setwebhook). 200 means that it is committed.

Telegram brings an update again, for a day, until it hears 200.
"""

import hmac
from collections.abc import Awaitable, Callable

from omnibot.adapters.telegram.intake import NotAnUpdate
from omnibot.channel import ChannelError
from omnibot.exchange import Answer, Call, Route
from omnibot.store import transactions

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (its name)

Take = Callable[[bytes], Awaitable[int]]


def path(name: str) -> str:
    """Where the account of that name is called."""
    return f"/channels/telegram/{name}/webhook"


def routes(name: str, secret: str, take: Take) -> list[Route]:
    """The one route; nothing is believed without the secret, and none is no secret."""

    async def webhook(call: Call) -> Answer:
        if not _is_telegram(call, secret):
            return Answer(401)
        try:
            await take(call.body)
        except NotAnUpdate:
            return Answer(400)
        except (ChannelError, transactions.Unavailable):
            return Answer(503, headers=(("Retry-After", "5"),))
        return Answer(200)

    return [Route("POST", path(name), webhook)]


def _is_telegram(call: Call, secret: str) -> bool:
    claimed = call.headers.get(SECRET_HEADER.lower(), "")
    return bool(secret) and hmac.compare_digest(claimed.encode("utf-8", "surrogateescape"), secret.encode())
