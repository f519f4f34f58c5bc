"""One bot as a channel of ours: says what the core hands it, gets files, answers presses.

Telegram takes no idempotency key and cannot be asked what it has taken: a message whose answer was lost is sent once
more, as the contract says. The parts of a long message that have arrived are not repeated.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

from omnibot.adapters.telegram import parse as reading
from omnibot.adapters.telegram.client import Client
from omnibot.adapters.telegram.errors import NOT_MODIFIED, NOTHING_TO_EDIT, ChatMoved, FormRefused
from omnibot.adapters.telegram.formatted import TEXT_LENGTH
from omnibot.adapters.telegram.intake import moved
from omnibot.adapters.telegram.parse import Policy, message_id
from omnibot.adapters.telegram.render import FILE_SIZE, Call, chat_id, render, render_edit
from omnibot.channel import (
    ChannelError,
    Inbound,
    InboundFile,
    InboundMessage,
    Limits,
    OutboundMessage,
    Receive,
    Sent,
    Threads,
    Unavailable,
    Undeliverable,
)
from omnibot.clock import Clock
from omnibot.domain.message import Address, RawEvent
from omnibot.domain.pace import Rate, Rates
from omnibot.log import Log

log = Log(__name__)

LIMITS = Limits(
    text_length=TEXT_LENGTH,
    choices=20,
    file_size=FILE_SIZE,
    edits=True,
    threads=Threads.OPENED,
    references=lambda chat: int(_is_group(chat)),  # in private, nobody has to be told whom we answer
)
# What Telegram publishes (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): 30 a second in
# all, one a second in a chat but for short bursts, 20 a minute in a group: 5 at once and one in four seconds are never more.
_ALL = Rate(every=timedelta(seconds=1) / 30, burst=30)
_PERSON, _GROUP = Rate(every=timedelta(seconds=1), burst=5), Rate(every=timedelta(seconds=4), burst=5)
RATES = Rates(account=_ALL, chat=lambda chat: _GROUP if _is_group(chat) else _PERSON)
_REMEMBERED = 1000  # messages that arrived in part
TITLE_LENGTH = 128  # https://core.telegram.org/bots/api#createforumtopic
ANSWER_LENGTH = 200  # https://core.telegram.org/bots/api#answercallbackquery
_TOAST = 60  # characters that are read in passing; longer answers wait to be closed
# Seconds in which the core may say what became of a press in a group. Telegram names no limit; bots are refused after about ten.
PRESS_PATIENCE = 5.0


def _is_group(chat: str) -> bool:
    return chat.startswith("-")


class TelegramChannel:
    """Sends as one bot."""

    def __init__(
        self, name: str, client: Client, policy: Policy, receive: Receive, clock: Clock, *, pace: float = 1.0
    ) -> None:
        self._limits = LIMITS.at_pace(RATES, pace)
        self._name = name
        self._client = client
        self._policy = policy
        self._receive = receive
        self._clock = clock
        self._arrived: dict[str, list[str]] = {}  # our id of a message → the ids of its parts that Telegram took
        self._quiet: dict[str, datetime] = {}  # chat → until when Telegram wants to hear nothing for it
        self._moved: dict[str, str] = {}  # chat → where it is now
        self._opened: dict[str, str] = {}  # our id of a message → the topic that was opened for it
        self._without_topics: set[str] = set()  # chats that have none, or do not let us open any
        self._told: dict[str, None] = {}  # presses that were answered
        self._username = ""  # the bot's, known once it was asked for
        self.last_out: datetime | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def limits(self) -> Limits:
        return self._limits

    @property
    def label(self) -> str:
        return "Telegram"

    async def invitation(self, code: str) -> str:
        """https://core.telegram.org/bots/features#deep-linking: the code arrives as `/start CODE` in a private chat."""
        if not self._username:
            try:
                self._username = (await self._client.get_me()).username
            except (FormRefused, ChatMoved) as error:
                raise Unavailable(str(error)) from None
        return f"https://t.me/{self._username}?start={code}"

    def parse(self, event: RawEvent) -> Inbound:
        return reading.parse(event, self._policy)

    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await self._send(message)
        except ChatMoved as error:
            old = message.address.chat
            await self._receive(moved(channel=self._name, chat=old, to=error.to))
            self._moved[old] = error.to
        try:
            return await self._send(message)
        except ChatMoved:
            raise Undeliverable("the group moves faster than we can follow") from None

    async def _send(self, message: OutboundMessage) -> Sent:
        if message.address.chat in self._moved:
            message = replace(message, address=self._now_at(message.address))
        chat = message.address.chat
        self._keep_quiet(chat)
        if message.replaces is not None and await self._edit(message, message.replaces):
            self.last_out = self._clock.now()
            return Sent(message.replaces)
        opened = await self._open_topic(message)
        if opened:
            message = replace(message, address=replace(message.address, thread=opened))
        calls = render(message, self._policy.buttons)
        if not calls:
            raise Undeliverable("there is nothing in it that Telegram can show")
        arrived = self._arrived.pop(message.id, [])
        try:
            for call in calls[len(arrived) :]:
                arrived.append(message_id(chat, await self._call(call)))
        except BaseException as error:  # also cancelled, when it takes too long: what has arrived is not said twice
            self._remember(message.id, arrived)
            if isinstance(error, Unavailable) and error.retry_after:
                self._quiet[chat] = self._clock.now() + error.retry_after
            raise
        self.last_out = self._clock.now()
        self._opened.pop(message.id, None)
        return Sent(arrived[0], tuple(arrived[1:]), opened=opened)

    async def _edit(self, message: OutboundMessage, replaced: str) -> bool:
        """Put it in the place of one of ours; False where that is gone, so that it has to be sent anew."""
        call = render_edit(message, replaced, self._policy.buttons)
        if call is None:
            return False
        chat = message.address.chat
        try:
            await self._client.call(call.method, call.parameters)
        except FormRefused:
            await self._client.call(call.method, call.plain().parameters)
        except Unavailable as error:
            if error.retry_after:
                self._quiet[chat] = self._clock.now() + error.retry_after
            raise
        except Undeliverable as error:
            if error.why == NOT_MODIFIED:
                return True  # an earlier try arrived
            if error.why == NOTHING_TO_EDIT:
                return False
            raise
        return True

    async def _open_topic(self, message: OutboundMessage) -> str:
        """A topic of the group for it; empty where the group has none. A try after a crash may open a second one."""
        chat = message.address.chat
        if not message.opens or message.address.thread or chat in self._without_topics:
            return ""
        if known := self._opened.get(message.id):
            return known
        try:
            opened = await self._client.create_topic(chat_id(chat), message.opens[:TITLE_LENGTH])
        except (FormRefused, Undeliverable) as error:
            self._without_topics.add(chat)
            log.warning("topic_not_opened", channel=self._name, why=str(error))
            return ""
        self._opened[message.id] = str(opened)
        return str(opened)

    async def _call(self, call: Call) -> int:
        try:
            return await self._client.send(call)
        except FormRefused as error:
            # A defect of ours, but the words can be said.
            log.error("formatting_refused", channel=self._name, method=call.method)
            why = str(error)
        try:
            return await self._client.send(call.plain())
        except FormRefused:
            raise Undeliverable(f"Telegram refuses it even without formatting: {why[:200]}") from None

    def _now_at(self, address: Address) -> Address:
        """Where a group is that has moved, until the core has heard of it."""
        return replace(address, chat=self._moved.get(address.chat, address.chat))

    async def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        if file.problem:
            raise Undeliverable(file.problem)
        try:
            async for piece in self._client.download(file.handle):
                yield piece
        except (FormRefused, ChatMoved) as error:
            raise Undeliverable("the file is gone") from error

    async def show_typing(self, address: Address) -> None:
        """Show for five seconds that somebody writes. Nobody misses it where it fails."""
        parameters: dict[str, object] = {"chat_id": chat_id(address.chat), "action": "typing"}
        if address.thread:
            parameters["message_thread_id"] = int(address.thread)
        await self._try("sendChatAction", parameters)

    async def answer_press(self, callback_id: str, *, is_in_group: bool = False) -> None:
        """Stop the button's spinner. What the press means is said in the chat; in a group, where the core may want to
        tell whoever pressed (`whisper`), it has a moment to do so: Telegram shows the first answer only."""
        if is_in_group:
            await asyncio.sleep(PRESS_PATIENCE)
        if callback_id not in self._told:
            await self._try("answerCallbackQuery", {"callback_query_id": callback_id})

    def can_whisper(self, to: InboundMessage) -> bool:
        """As the answer to a press; to anything else Telegram has no silent answer."""
        return to.press is not None

    async def whisper(self, to: InboundMessage, text: str) -> None:
        if to.press is None:
            return
        self._told[to.press] = None
        while len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]
        words = {"text": text[:ANSWER_LENGTH], "show_alert": len(text) > _TOAST} if text else {}
        await self._try("answerCallbackQuery", {"callback_query_id": to.press, **words})

    async def _try(self, method: str, parameters: dict[str, object]) -> None:
        try:
            await self._client.call(method, parameters)
        except (ChannelError, FormRefused, ChatMoved) as error:
            log.info("courtesy_failed", channel=self._name, method=method, reason=type(error).__name__)

    def _keep_quiet(self, chat: str) -> None:
        """Until the time that Telegram has named; other chats go on. Other topics of the same group do not."""
        now = self._clock.now()
        self._quiet = {chat: until for chat, until in self._quiet.items() if until > now}
        if until := self._quiet.get(chat):
            raise Unavailable("Telegram asks for a pause", until - now)

    def _remember(self, id: str, arrived: list[str]) -> None:
        if arrived:
            self._arrived[id] = arrived
        while len(self._arrived) > _REMEMBERED:
            del self._arrived[next(iter(self._arrived))]
