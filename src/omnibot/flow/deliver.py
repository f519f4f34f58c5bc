"""Sends what waits in the outbox: in order per chat, under a lease, for every channel of this process that sends.

The three errors of the channel contract mean: later, never, and stop this channel. A message that may already have
arrived (we crashed, or the platform timed out, between sending and noting it) is sent once more: better twice than lost.
"""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy.engine import Connection

from omnibot.channel import (
    Channel,
    Health,
    Limits,
    Misconfigured,
    OutboundFile,
    OutboundMessage,
    Sent,
    Unavailable,
    Undeliverable,
)
from omnibot.clock import Clock
from omnibot.domain.conversation import Conversation
from omnibot.domain.copies import NO_COPIES, Copies
from omnibot.domain.discretion import is_protected, is_quiet
from omnibot.domain.message import Author, Message
from omnibot.domain.pace import Rates
from omnibot.doorbell import Changed
from omnibot.files import Files
from omnibot.flow import tell_of_channel
from omnibot.flow.desk import Desk
from omnibot.flow.say import tell_staff
from omnibot.flow.settle import Settling
from omnibot.log import Log
from omnibot.store import deliveries, message_details, outbox, paces
from omnibot.store.notices import Notice
from omnibot.store.outbox import Arrived, Claimed

log = Log(__name__)

LEASE = timedelta(seconds=60)
SEND_LIMIT = timedelta(seconds=45)  # below the lease: a send that hangs ends before somebody else takes over
BATCH = 50
IN_FLIGHT = 100  # sends of one channel that have not ended; more are not begun, so that no platform holds up another
PATIENCE = 0.25  # seconds that a step waits for its sends; slower ones go on behind it
GIVE_UP_AFTER = timedelta(hours=48)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=10)


class Claim(Protocol):
    """A transaction's body, or a part of one: claims the next message of each chat."""

    def __call__(self, tx: Connection, *, said: Sequence[tuple[Conversation, Message]] = ()) -> list[Claimed]:
        """What is ours to send, once it is committed; of what was `said` in this transaction, if that is given."""


class Deliverer:
    """Delivers for the channels it was given; one that is added later counts as well."""

    def __init__(
        self, desk: Desk, channels: dict[str, Channel], clock: Clock, *, ring: Callable[[], None] = lambda: None
    ) -> None:
        """`ring` is called when the end of a send lets another begin: whoever calls `go_on` does it now."""
        self._desk = desk
        self._channels = channels
        self._clock = clock
        self._in_flight: dict[asyncio.Task[None], str] = {}  # to the channel
        self._ring = ring
        self._is_full = False  # something may have been left because too much was in flight
        self._settling = Settling(desk.store, followed=ring)
        self.stopped: dict[str, str] = {}  # channels that are misconfigured, and why
        self.last_out: dict[str, datetime] = {}  # by channel; whoever writes it down empties it

    async def step(self, now: datetime) -> int:
        """Send the next message of each chat; returns how many were tried. One that takes long stays in flight: its
        chat waits for it, the others do not."""
        sends = await self.go_on(now)
        if sends:
            await asyncio.wait(sends, timeout=PATIENCE)
        return len(sends)

    async def go_on(self, now: datetime) -> list[asyncio.Task[None]]:
        """Begin to send the next message of each chat, and wait for none of them."""
        claim = self.claim(now)
        return [] if claim is None else self.begin(await self._desk.store.run(claim))

    def claim(self, now: datetime) -> Claim | None:
        """What claims the next message of each chat, in whichever transaction; None where nothing may be sent. Once that is
        committed, `begin` has to send what was claimed."""
        busy = Counter(self._in_flight.values())
        working = [name for name in self._channels if name not in self.stopped]
        running = [name for name in working if busy[name] < IN_FLIGHT]
        self._is_full = len(running) < len(working)
        if not running:
            return None
        return partial(
            deliveries.claim,
            channels=running,
            token=secrets.token_hex(16),
            now=now,
            lease=LEASE,
            limit=BATCH,
            rates={name: rates for name in running if (rates := self._channels[name].limits.rates)},
            references=self._references,
        )

    def begin(self, claimed: list[Claimed]) -> list[asyncio.Task[None]]:
        """Send what is ours."""
        sends = []
        for row in claimed:
            send = asyncio.create_task(self._send(row))
            self._in_flight[send] = row.address.channel
            send.add_done_callback(self._ended)
            sends.append(send)
        return sends

    async def finish(self) -> None:
        """Wait for what is in flight."""
        while self._in_flight:
            await asyncio.wait(self._in_flight)

    async def close(self) -> None:
        """Give up what is in flight; whoever claims it after its lease sends it once more."""
        for send in list(self._in_flight):
            send.cancel()
        await self.finish()

    def _ended(self, send: asyncio.Task[None]) -> None:
        self._in_flight.pop(send, None)
        if not send.cancelled() and (error := send.exception()):
            # Its lease ends, and it is tried once more.
            log.error("delivery_not_settled", reason=type(error).__name__)
        if self._is_full:
            self._is_full = False  # once for all that end together
            self._ring()

    async def _send(self, row: Claimed) -> None:
        channel = self._channels[row.address.channel]
        if row.unreachable is not None:
            await self._give_up(row, row.unreachable)
            self._tell(row)
            return
        refusals = [channel.limits.refusal(file.name, file.size) for file in row.message.files if file.id in row.keys]
        if why := next((why for why in refusals if why), None):
            await self._give_up(row, why)
            self._tell(row)
            return
        copies = await self._copies(row, channel.limits)
        try:
            async with asyncio.timeout(SEND_LIMIT.total_seconds()):
                sent = await channel.send(self._outbound(row, channel.limits, copies))
        except Unavailable as error:
            await self._later(row, error.why, error.retry_after)
        except TimeoutError:
            await self._later(row, "the platform did not answer in time", None)
        except Undeliverable as error:
            log.warning("undeliverable", outbox_id=row.id, channel=channel.name)
            await self._give_up(row, error.why)
        except Misconfigured as error:
            self.stopped[channel.name] = error.why
            log.error("channel_stopped", channel=channel.name, why=error.why)
            await self._later(row, error.why, None)
            await self._note_stopped(channel.name, error.why)
        except Exception:
            # A bug in one adapter must not silence the others; the message is neither lost nor lost sight of.
            log.exception("channel_broke", outbox_id=row.id, channel=channel.name)
            await self._later(row, "the adapter broke; see the log", None)
        else:
            self.last_out[channel.name] = self._clock.now()
            await self._note_sent(row, sent, rates=channel.limits.rates)
        self._tell(row)

    async def _note_sent(self, row: Claimed, sent: Sent, *, rates: Rates | None) -> None:
        """Write down that it has arrived: a conversation's message together with all others that have meanwhile."""
        now = self._clock.now()
        if isinstance(row.message, Message) and not (sent.others and rates) and not sent.refused:
            ids = (sent.external_id, *sent.others)
            arrived = Arrived(row=row, message=row.message, external_ids=ids, at=now)
            if await self._settling.add(arrived):
                return
        await self._desk.store.run(partial(_settle_sent, desk=self._desk, row=row, sent=sent, rates=rates, now=now))
        self._ring()

    async def _copies(self, row: Claimed, limits: Limits) -> Copies:
        """Who else gets it: only people give copies."""
        if not limits.copies or not isinstance(row.message, Message) or row.message.author is not Author.AGENT:
            return NO_COPIES
        of = (row.message.conversation_id, row.message.seq)
        return await self._desk.store.read(lambda tx: message_details.copies(tx, *of))

    def _references(self, channel: str, chat: str) -> int:
        return self._channels[channel].limits.references(chat)

    async def _note_stopped(self, name: str, why: str) -> None:
        health, now = Health(is_working=False, detail=why), self._clock.now()
        noting = partial(tell_of_channel.note, desk=self._desk, name=name, health=health, is_final=True, now=now)
        await self._desk.store.run(noting)

    def _outbound(self, row: Claimed, limits: Limits, copies: Copies) -> OutboundMessage:
        message = _outbound(row, self._desk.files, limits, copies)
        if isinstance(row.message, Notice):
            return message
        policy = self._desk.policy
        silent = message.is_automatic and is_quiet(policy.discretion, self._clock.now(), policy.calendar.zone)
        protected = is_protected(policy.discretion, message.text, has_files=bool(message.files))
        return replace(message, is_silent=silent, is_protected=protected) if silent or protected else message

    def _tell(self, row: Claimed) -> None:
        """Who looks at the conversation sees what became of the message."""
        if isinstance(row.message, Message):
            self._desk.doorbell.publish(Changed(row.message.conversation_id, row.message.seq))

    async def _give_up(self, row: Claimed, why: str) -> None:
        settle = partial(outbox.settle_failed, id=row.id, token=row.token, why=why, now=self._clock.now())
        await self._desk.store.run(settle)
        self._ring()

    async def _later(self, row: Claimed, why: str, retry_after: timedelta | None) -> None:
        now = self._clock.now()
        if now - row.message.at > GIVE_UP_AFTER:
            await self._give_up(row, why)
            return
        until = now + (retry_after or pause_after(row.attempts))
        settle = partial(outbox.settle_later, id=row.id, token=row.token, why=why, not_before=until)
        rates = self._channels[row.address.channel].limits.rates
        if rates is None or retry_after is None:
            await self._desk.store.run(settle)
            return
        place = (row.address.channel, row.address.chat)

        def slow_down(tx: Connection) -> None:
            settle(tx)
            paces.protest(tx, place, rates, now, retry_after=retry_after)

        await self._desk.store.run(slow_down)


def _settle_sent(tx: Connection, desk: Desk, row: Claimed, sent: Sent, rates: Rates | None, now: datetime) -> None:
    """It has arrived; each further part that it was sent in counts for the platform, and so for its rate. Staff hear who
    got no copy."""
    is_settled = outbox.settle_sent(
        tx,
        row.id,
        token=row.token,
        external_id=sent.external_id,
        others=sent.others,
        replaced=row.message.replaces if isinstance(row.message, Notice) else None,
        opened=sent.opened,
        heads=sent.heads,
        now=now,
    )
    if is_settled and isinstance(row.message, Message):
        words = desk.texts.of(desk.staff_language)
        for address, why in sent.refused:
            text = words("A copy did not arrive at {address}: {why}", address=address, why=why)
            tell_staff(tx, row.message.conversation_id, text, now)
    if sent.others and rates is not None:
        paces.spend_more(tx, (row.address.channel, row.address.chat), rates, len(sent.others), now)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after that many tries: doubling, with jitter so that chats do not come back all at once."""
    longest: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 16), LONGEST_PAUSE)
    return longest * random.uniform(0.75, 1.0)  # noqa: S311 (jitter)


def _outbound(row: Claimed, files: Files, limits: Limits, copies: Copies) -> OutboundMessage:
    message = row.message
    attached = tuple(
        OutboundFile(name=file.name, media_type=file.media_type, size=file.size, path=files.path(row.keys[file.id]))
        for file in message.files
        if file.id in row.keys
    )
    if isinstance(message, Notice):
        return OutboundMessage(
            id=f"notice.{message.id}",
            address=row.address,
            author=Author.SYSTEM,
            author_name=None,
            text=message.text,
            choices=message.choices,
            at=message.at,
            attempt=row.attempts,
            references=row.references,
            files=attached,
            replaces=message.replaces if limits.edits else None,
            opens=message.opens,
            keeps_choices=message.keeps_choices,
        )
    return OutboundMessage(
        id=f"{message.conversation_id}.{message.seq}",
        address=row.address,
        author=message.author,
        author_name=message.author_name,
        text=message.text,
        choices=message.choices,
        at=message.at,
        attempt=row.attempts,
        references=row.references,
        subject=row.subject,
        files=attached,
        copies=copies,
    )
