"""Sends to Slack. Slack has no idempotency key: each post carries our message's id as metadata, and before a message is
sent again, the chat is searched for it.

Limits: about one post a second and chat, https://docs.slack.dev/apis/web-api/rate-limits; we obey `Retry-After`.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from omnibot.adapters.slack import files, parse, sheets
from omnibot.adapters.slack.api import Api
from omnibot.adapters.slack.door import Door
from omnibot.adapters.slack.errors import NotEditable
from omnibot.adapters.slack.home import Home
from omnibot.adapters.slack.interactions import message_id
from omnibot.adapters.slack.mrkdwn import escape
from omnibot.adapters.slack.render import BUTTONS, EVENT_TYPE, render
from omnibot.channel import (
    ChannelError,
    Inbound,
    InboundFile,
    InboundMessage,
    Judge,
    Limits,
    Misconfigured,
    OutboundMessage,
    Sent,
    Threads,
    Unavailable,
    Undeliverable,
)
from omnibot.clock import Clock
from omnibot.domain.form_sheet import Sheet
from omnibot.domain.message import Choice, RawEvent
from omnibot.domain.pace import Rate, Rates
from omnibot.log import Log

log = Log(__name__)

# A post is cut at 40,000 characters by Slack, and at 3,000 by `render` into several; this is what we accept at all.
LIMITS = Limits(
    text_length=40_000,
    choices=BUTTONS,
    file_size=parse.FILE_LIMIT,
    edits=True,
    threads=Threads.UNDER_MESSAGES,
)
# https://docs.slack.dev/apis/web-api/rate-limits: about one a second in a chat, short bursts are fine; a workspace takes
# "several hundred per minute".
_ALL, _CHAT = Rate(every=timedelta(milliseconds=200), burst=20), Rate(every=timedelta(seconds=1), burst=5)
RATES = Rates(account=_ALL, chat=lambda _: _CHAT)
SKEW = timedelta(minutes=2)  # between Slack's clock and ours
TRIGGER_SECONDS = 3.0  # that a press can open a page, https://docs.slack.dev/surfaces/modals
PAGE, PAGES = 200, 5  # of a chat's history, searched for our own messages


@dataclass(slots=True)
class Found:
    """What of a message is in the chat already."""

    posts: dict[int, str] = field(default_factory=dict)  # id by part
    files: dict[str, str] = field(default_factory=dict)  # id by name


class SlackChannel:
    """One app in one workspace."""

    def __init__(
        self, *, name: str, api: Api, door: Door, clock: Clock, policy: parse.Policy, pace: float = 1.0
    ) -> None:
        self._limits = LIMITS.at_pace(RATES, pace)
        self._name = name
        self._api = api
        self._door = door
        self._home = Home(name, api, clock)
        self._clock = clock
        self.policy = policy
        self.last_out: datetime | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def limits(self) -> Limits:
        return self._limits

    def parse(self, event: RawEvent) -> Inbound:
        return parse.parse(event, self.policy)

    async def send(self, message: OutboundMessage) -> Sent:
        posts = render(message)
        if not posts and not message.files:
            raise Undeliverable("there is nothing to say")
        if message.replaces is not None and posts and await self._edit(posts[0], message, message.replaces):
            self.last_out = self._clock.now()
            return Sent(message.replaces)
        found = await self._find(message) if message.attempt > 1 else Found()
        ids = [found.posts.get(part) or await self._post(post, message) for part, post in enumerate(posts)]
        ids += [
            found.files.get(file.name) or await files.upload(self._api, file, message.address) for file in message.files
        ]
        self.last_out = self._clock.now()
        heads = "" if message.address.thread else ids[0].rpartition(":")[2]
        return Sent(ids[0], tuple(ids[1:]), heads=heads)

    async def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        async for piece in files.download(self._api, file):
            yield piece

    async def _post(self, post: dict[str, Any], message: OutboundMessage) -> str:
        address = message.address
        answer = await self._api.post("chat.postMessage", channel=address.chat, thread_ts=address.thread, **post)
        return message_id(answer.get("channel") or address.chat, answer.get("ts"))

    async def _edit(self, post: dict[str, Any], message: OutboundMessage, replaced: str) -> bool:
        """Put it in the place of one of ours; False where that is gone, so that it has to be posted anew."""
        chat, _, ts = replaced.rpartition(":")
        if chat != message.address.chat or message.files:
            return False
        kept = {name: post[name] for name in ("text", "blocks", "metadata")}
        try:
            await self._api.post("chat.update", channel=chat, ts=ts, **kept)
        except NotEditable:
            return False
        return True

    def can_whisper(self, to: InboundMessage) -> bool:
        """As a message that only this person sees, until he reloads."""
        return to.is_group and bool(to.sender)

    async def whisper(self, to: InboundMessage, text: str) -> None:
        if not text:
            return  # Slack shows by itself that a press has arrived
        where = {"channel": to.address.chat, "user": to.sender, "thread_ts": to.address.thread}
        try:
            await self._api.post("chat.postEphemeral", text=escape(text), **where)
        except ChannelError as error:
            log.info("courtesy_failed", channel=self._name, method="chat.postEphemeral", reason=type(error).__name__)

    async def show_home(self, sender: str, text: str, choices: tuple[Choice, ...] = ()) -> None:
        await self._home.show(sender, text, choices)

    def judge_by(self, judge: Judge) -> None:
        self._door.judge = judge

    async def show_form(self, to: InboundMessage, sheet: Sheet) -> None:
        try:
            async with asyncio.timeout(TRIGGER_SECONDS):
                await self._api.post("views.open", trigger_id=to.press, view=sheets.view(sheet, to))
        except (ChannelError, TimeoutError) as error:
            log.info("courtesy_failed", channel=self._name, method="views.open", reason=type(error).__name__)

    async def _find(self, message: OutboundMessage) -> Found:
        """Look for an earlier try. Where the app may not read the chat, better twice than lost; where Slack cannot tell
        now, later."""
        found, cursor = Found(), ""
        oldest = f"{(message.at - SKEW).timestamp():.6f}"
        address = message.address
        method = "conversations.replies" if address.thread else "conversations.history"
        try:
            for _ in range(PAGES):
                page = await self._api.get(
                    method,
                    channel=address.chat,
                    ts=address.thread,
                    oldest=oldest,
                    limit=str(PAGE),
                    cursor=cursor,
                    include_all_metadata="true",
                )
                for post in page.get("messages") or ():
                    _recognise(post, message, found)
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    return found
        except (Misconfigured, Undeliverable) as error:
            log.warning("slack_history_unreadable", channel=self._name, why=error.why)
        except Unavailable as error:
            raise Unavailable(error.why, error.retry_after, maybe_sent=True) from None
        return found


def _recognise(post: Any, message: OutboundMessage, found: Found) -> None:
    metadata = post.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") == EVENT_TYPE and payload.get("id") == message.id:
        found.posts[int(payload.get("part") or 0)] = message_id(message.address.chat, post.get("ts"))
    if not post.get("bot_id"):
        return
    # Files carry no metadata; ours of that name and size, since the message was written, is the one.
    sizes = {file.name: file.size for file in message.files}
    for file in post.get("files") or ():
        if sizes.get(file.get("name")) == file.get("size", -1):
            found.files[file["name"]] = str(file.get("id"))
