"""The requests that Slack sends us: checked by signature on the raw bytes, stored, then answered.

https://docs.slack.dev/authentication/verifying-requests-from-slack. The SDK's verifier is not used: it raises where a
forger sends a timestamp that is no number, or bytes that are no text.
"""

import asyncio
import hashlib
import hmac
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from aiohttp import web

from omnibot.adapters.slack.door import Door
from omnibot.adapters.slack.payloads import Envelope
from omnibot.clock import Clock
from omnibot.log import Log
from omnibot.store.transactions import Unavailable

log = Log(__name__)

WINDOW = 300  # seconds that a signature is good for, either way
PATIENCE = 2.5  # seconds until Slack is told to try again; it gives up after 3
BODY_LIMIT = 1024 * 1024  # bytes
TRY_AGAIN = {"Retry-After": "2"}


def is_signed(body: bytes, *, timestamp: str, signature: str, secret: str, now: datetime) -> bool:
    """Whether Slack sent these bytes within the last minutes."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW:
        return False
    expected = "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode(errors="surrogateescape"))


def routes(path: str, *, door: Door, secret: str, clock: Clock) -> list[web.AbstractRouteDef]:
    """`/channels/slack/{name}/events`, `/interactions` and `/commands`."""
    requests = Requests(door, secret=secret, clock=clock)
    return [
        web.post(f"{path}/events", requests.events),
        web.post(f"{path}/interactions", requests.interactions),
        web.post(f"{path}/commands", requests.commands),
    ]


class Requests:
    """The three places that Slack calls."""

    def __init__(self, door: Door, *, secret: str, clock: Clock) -> None:
        self._door = door
        self._secret = secret
        self._clock = clock

    async def events(self, request: web.Request) -> web.Response:
        body = await self._signed_body(request)
        return await self._accept(request, _text(body))

    async def interactions(self, request: web.Request) -> web.Response:
        form = _form(await self._signed_body(request))
        return web.Response() if "ssl_check" in form else await self._accept(request, form.get("payload"))

    async def commands(self, request: web.Request) -> web.Response:
        form = _form(await self._signed_body(request))
        if "ssl_check" in form:  # Slack tries our certificate now and then
            return web.Response()
        return await self._accept(request, msgspec.json.encode(form).decode() if form.get("command") else None)

    async def _signed_body(self, request: web.Request) -> bytes:
        """The bytes, if they are Slack's. Nothing is read out of them before."""
        if (request.content_length or 0) > BODY_LIMIT:
            raise web.HTTPRequestEntityTooLarge(max_size=BODY_LIMIT, actual_size=request.content_length or 0)
        body = await request.read()
        is_slack = is_signed(
            body,
            timestamp=request.headers.get("X-Slack-Request-Timestamp", ""),
            signature=request.headers.get("X-Slack-Signature", ""),
            secret=self._secret,
            now=self._clock.now(),
        )
        if not is_slack:
            raise web.HTTPUnauthorized(text="")
        return body

    async def _accept(self, request: web.Request, payload: str | None) -> web.Response:
        if payload is None:
            return web.Response(status=400)
        if challenge := _challenge(payload):
            return web.Response(text=challenge)
        retry = request.headers.get("X-Slack-Retry-Num")
        if retry:
            # A retry may be the first that is really kept; the event's id tells whether it is.
            log.info(
                "slack_retries", channel=self._door.name, reason=request.headers.get("X-Slack-Retry-Reason", "")[:40]
            )
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._door.accept(payload)
        except (Unavailable, TimeoutError):
            return web.Response(status=503, headers=TRY_AGAIN)
        return _json(answer) if answer else web.Response()


def _challenge(payload: str) -> str | None:
    """What to repeat when Slack tries the address."""
    try:
        envelope = msgspec.json.decode(payload, type=Envelope)
    except (msgspec.DecodeError, RecursionError):
        return None  # kept for people to look at, like everything that makes no sense
    return envelope.challenge if envelope.type == "url_verification" else None


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _form(body: bytes) -> dict[str, str]:
    """The fields of a form, each once."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=100, encoding="utf-8")
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _json(answer: dict[str, Any]) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")
