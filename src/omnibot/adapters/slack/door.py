"""Where every payload comes in, by request or by socket: kept if it is for us, and answered as Slack expects.

What is nothing for us (our own echo, other bots, a channel's talk that nobody called us to) is not stored. Names and
languages of people, which the core cannot ask for later, are added before.
"""

import asyncio
import contextlib
import re
from datetime import datetime
from typing import Any

import msgspec

from omnibot.adapters.slack import form, interactions, sheets
from omnibot.adapters.slack.api import Api
from omnibot.adapters.slack.parse import Policy, Reading, digest, read
from omnibot.adapters.slack.payloads import Command, Envelope, Interaction, Kind, Known, Person
from omnibot.adapters.slack.people import People
from omnibot.channel import ChannelError, Ignored, InboundMessage, Judge, Receive, Unreadable
from omnibot.clock import Clock
from omnibot.domain.language import Language, parse_tag
from omnibot.domain.message import RawEvent
from omnibot.log import Log
from omnibot.texts import Texts, Words

log = Log(__name__)

ASKING_SECONDS = 0.8  # for names; Slack gives us 3 for everything
NAMES = 5  # mentioned people whose names are asked for

Json = dict[str, Any]

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)")
_NOTICES = {
    "app_rate_limited": "slack_holds_events_back",
}


class Door:
    """The way in of one account."""

    def __init__(self, *, name: str, api: Api, receive: Receive, clock: Clock, policy: Policy) -> None:
        self.name = name
        self.policy = policy
        self.last_in: datetime | None = None
        self.judge: Judge | None = None
        self._api = api
        self._receive = receive
        self._clock = clock
        self._people = People(api, clock)
        self._texts = Texts("bot")
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, body: str) -> Json:
        """Returns when the payload is committed, with the answer for Slack. Raises store.transactions.Unavailable."""
        try:
            reading = read(body, channel=self.name, policy=self.policy)
            envelope = msgspec.json.decode(body, type=Envelope)
        except Unreadable:
            # For people to look at.
            await self._keep(body, external_id=digest(body), lane=f"{self.name}:unreadable")
            return {}
        self._notice(envelope)
        if (problems := await self._problems(body, envelope)) is not None:
            return sheets.complaint(problems)
        if is_for_us(reading, self.policy.heard_chats):
            known = await self._ask_around(reading, envelope, body)
            if known != Known():
                body = _with(body, known)
                reading = read(body, channel=self.name, policy=self.policy)
            await self._keep(body, external_id=reading.external_id, lane=f"{self.name}:{reading.chat}:{reading.thread}")
        try:
            return await self._answer(body, envelope)
        except msgspec.DecodeError:
            return {}  # a shortcut that makes no sense

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, body: str, *, external_id: str, lane: str) -> None:
        await self._receive(RawEvent(channel=self.name, external_id=external_id, lane=lane, payload=body))
        self.last_in = self._clock.now()

    def _notice(self, envelope: Envelope) -> None:
        kind = envelope.type or ""
        if envelope.has_event:
            kind = msgspec.json.decode(envelope.event, type=Kind).type or ""
        if kind in _NOTICES:
            log.error(_NOTICES[kind], channel=self.name)

    async def _ask_around(self, reading: Reading, envelope: Envelope, body: str) -> Known:
        """What Slack tells about the people in a message, in the time there is."""
        inbound = reading.inbound
        if not isinstance(inbound, InboundMessage) or envelope.omnibot != Known():
            return envelope.omnibot
        mentioned = list(dict.fromkeys(_MENTION.findall(body)))[:NAMES] if envelope.has_event else []
        users = dict.fromkeys([inbound.sender, *mentioned])
        people: dict[str, Person] = {}
        chat: str | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASKING_SECONDS):
                if inbound.sender and reading.chat == inbound.sender:
                    chat = await self._people.direct_chat(inbound.sender)
                for user in users:
                    if user and (person := await self._people.get(user)) != Person():
                        people[user] = person
        return Known(people=people, chat=chat)

    async def _problems(self, body: str, envelope: Envelope) -> dict[str, str] | None:
        """What is wrong with a page that was sent, if anything: it stays open then, and nothing is kept."""
        if envelope.type != "view_submission" or self.judge is None:
            return None
        interaction = msgspec.json.decode(body, type=Interaction)
        view = interaction.view
        written = sheets.read(view) if view is not None and view.callback_id == sheets.CALLBACK else None
        if written is None:
            return None
        language = await self._language(interaction.user.id if interaction.user else None)
        # Slack refuses a word on a field that is not on the page.
        found = self.judge(written.about.form, written.answers, language)
        return {key: why for key, why in found.items() if key in written.answers} or None

    async def _answer(self, body: str, envelope: Envelope) -> Json:
        if envelope.command:
            return await self._answer_command(body)
        if envelope.type not in ("block_actions", "shortcut", "view_submission"):
            return {}
        interaction = msgspec.json.decode(body, type=Interaction)
        user = interaction.user.id if interaction.user else None
        match envelope.type:
            case "block_actions" if interactions.asks_for_form(interaction):
                await self._open_form(envelope.trigger_id, await self._words(user))
            case "block_actions":
                self._soon(self._mark_pressed(body, interaction))
            case "shortcut" if interaction.callback_id == interactions.ASK:
                await self._open_form(envelope.trigger_id, await self._words(user))
            case "view_submission" if interactions.is_empty(interaction):
                return form.complaint(await self._words(user))
        return {}

    async def _answer_command(self, body: str) -> Json:
        command = msgspec.json.decode(body, type=Command)
        words = await self._words(command.user_id)
        if (command.text or "").strip():
            return form.only_for_you(words("Thank you. We answer in your direct messages with this app."))
        if await self._open_form(command.trigger_id, words):
            return {}
        return form.only_for_you(words("Write your question behind the command."))

    async def _open_form(self, trigger_id: str | None, words: Words) -> bool:
        """A trigger lives for three seconds: now or never."""
        try:
            async with asyncio.timeout(ASKING_SECONDS):
                await self._api.post("views.open", trigger_id=trigger_id, view=form.view(words))
        except (ChannelError, TimeoutError):
            log.warning("slack_form_not_opened", channel=self.name)
            return False
        return True

    async def _words(self, user: str | None) -> Words:
        return self._texts.of(await self._language(user))

    async def _language(self, user: str | None) -> Language:
        person = Person()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASKING_SECONDS):
                person = await self._people.get(user) if user else person
        return parse_tag(person.locale) if person.locale else Language.EN

    def _soon(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _mark_pressed(self, body: str, interaction: Interaction) -> None:
        """Put what was chosen in the place of the buttons: a press counts once, and everybody sees which. Once, and no
        harm if it fails."""
        message = msgspec.json.decode(body).get("message") or {}
        if not interaction.actions or not isinstance(message.get("blocks"), list):
            return
        if interactions.is_standing(interaction.actions[0]):
            return  # the core edits its cards
        _, label = interactions.chosen(interaction.actions[0])
        with contextlib.suppress(ChannelError):
            await self._api.post(
                "chat.update",
                channel=interactions.address_of(interaction, self.name).chat,
                ts=interactions.message_ts(interaction),
                text=message.get("text"),
                blocks=form.spent(message["blocks"], label),
            )


def is_for_us(reading: Reading, heard_chats: frozenset[str] = frozenset()) -> bool:
    """Whether a payload is worth keeping. What is said in a thread may belong to a conversation there, or to work that is
    shown there; only the core knows. Of other talk only that of `heard_chats` is kept."""
    inbound = reading.inbound
    if isinstance(inbound, InboundMessage) and inbound.is_overheard:
        return inbound.address.chat in heard_chats
    return not isinstance(inbound, Ignored)


def _with(body: str, known: Known) -> str:
    payload = msgspec.json.decode(body)
    return msgspec.json.encode({**payload, "omnibot": known}).decode()
