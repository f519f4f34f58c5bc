"""Takes updates that Telegram brings (https://core.telegram.org/bots/api#setwebhook). 200 means that it is committed.

Telegram brings an update again, for a day, until it hears 200.
"""

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

from omnibot.adapters.telegram.intake import NotAnUpdate
from omnibot.channel import ChannelError
from omnibot.store import transactions

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (its name)
BODY_LIMIT = 1024 * 1024  # bytes; updates are a few kilobytes

Take = Callable[[bytes], Awaitable[int]]


def path(name: str) -> str:
    """Where the account of that name is called."""
    return f"/channels/telegram/{name}/webhook"


def routes(name: str, secret: str, take: Take) -> list[web.AbstractRouteDef]:
    """The one route; nothing is believed without the secret, and none is no secret."""

    async def webhook(request: web.Request) -> web.Response:
        if not _is_telegram(request, secret):
            return web.Response(status=401)
        body = await _body(request)
        if body is None:
            return web.Response(status=413)
        try:
            await take(body)
        except NotAnUpdate:
            return web.Response(status=400)
        except (ChannelError, transactions.Unavailable):
            return web.Response(status=503, headers={"Retry-After": "5"})
        return web.Response()

    return [web.post(path(name), webhook)]


def _is_telegram(request: web.Request, secret: str) -> bool:
    claimed = request.headers.get(SECRET_HEADER, "")
    return bool(secret) and hmac.compare_digest(claimed.encode("utf-8", "surrogateescape"), secret.encode())


async def _body(request: web.Request) -> bytes | None:
    """None where it is too large; no more than that is read."""
    if (request.content_length or 0) > BODY_LIMIT:
        return None
    body = b""
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > BODY_LIMIT:
            return None
    return body
