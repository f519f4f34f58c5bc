"""How what somebody said gets to its place in a conversation: with the other parts of its album, as its writer has changed
it since, and past the people who work here, whose words in their groups are orders instead."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from functools import partial

from omnibot.channel import Channel, Deleted, Edited, InboundMessage, Unreadable, Whispers
from omnibot.domain.value import dataclass
from omnibot.flow import join
from omnibot.flow.desk import Desk
from omnibot.flow.fetch import Fetched
from omnibot.flow.join import Album
from omnibot.flow.place import Arrival, place
from omnibot.flow.say import announce
from omnibot.flow.staff import attend_group
from omnibot.store import inbox, outbox
from omnibot.store.inbox import Waiting

# How long an answer waits for the id of what it answers: longer than platforms take to tell us what they have posted, and
# shorter than the time after which an event counts as left behind.
OVERTAKING = timedelta(seconds=1.5)
LOOK_AGAIN = 0.1  # seconds


class Growing(Exception):
    """The event is a part of an album of which more may come; it is put off."""


class Overtaking(Exception):
    """The event answers or presses what a platform has shown before it told us under which id; it waits a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What somebody said, on its way."""

    channel: Channel
    head: Waiting
    parsed: InboundMessage
    album: Album | None = None  # that begins with it


async def gather(desk: Desk, spoken: Spoken, now: datetime) -> Album:
    """The album that begins here. Raises Growing while more parts may come."""
    head = spoken.head
    waiting = await desk.store.read(partial(inbox.line, lane=head.event.lane, after=head.id))
    album = join.album(head, spoken.parsed, waiting, spoken.channel.parse)
    if now < album.ready_at:
        until = album.ready_at
        await desk.store.run(partial(inbox.postpone, id=head.id, until=until, attempts=head.attempts))
        # The sweep would find it, too, a little later.
        loop = asyncio.get_running_loop()
        loop.call_later((until - now).total_seconds(), desk.doorbell.ring, head.event.lane)
        raise Growing
    return album


async def let_pass(desk: Desk, head: Waiting, parsed: InboundMessage, now: datetime) -> None:
    """Raises Overtaking while what it refers to may be something of ours that is just being sent."""
    if not parsed.references or now - head.received_at >= OVERTAKING:
        return
    settling = partial(outbox.is_settling, address=parsed.address, ids=parsed.references, now=now)
    if await desk.store.read(settling):
        asyncio.get_running_loop().call_later(LOOK_AGAIN, desk.doorbell.ring, head.event.lane)
        raise Overtaking


async def arrive(desk: Desk, spoken: Spoken, fetched: list[Fetched], now: datetime) -> Arrival | None:
    """The message in its conversation; None if nobody has to answer: it was an order, not for us, or no question."""
    if attend_group.may_be_work(spoken.parsed) and await _attend_group(desk, spoken, fetched, now):
        return None
    album = spoken.album
    placing = partial(
        place,
        desk=desk,
        head=spoken.head,
        parsed=album.whole if album else spoken.parsed,
        fetched=fetched,
        album=album,
        later=await _changes_since(desk, spoken),
        limits=spoken.channel.limits,
        now=now,
    )
    arrival = await desk.store.run(placing)
    if arrival is None or not arrival.is_settled:
        return arrival
    announce(desk, arrival.conversation.id, [arrival.message])
    return None


async def _attend_group(desk: Desk, spoken: Spoken, fetched: list[Fetched], now: datetime) -> bool:
    """Whether it was somebody who works with us; then what they wanted is done."""
    channel, parsed, album = spoken.channel, spoken.parsed, spoken.album
    whispers = channel if isinstance(channel, Whispers) else None
    attending = partial(
        attend_group.attend,
        desk=desk,
        head=spoken.head,
        parsed=album.whole if album else parsed,
        fetched=fetched,
        rest=album.rest if album else (),
        limits=channel.limits,
        can_whisper=whispers is not None and whispers.can_whisper(parsed),
        now=now,
    )
    attended = await desk.store.run(attending)
    if attended is None:
        return False
    if attended.conversation_id is not None:
        announce(desk, attended.conversation_id, list(attended.said))
    if attended.whisper is not None and whispers is not None:
        await whispers.whisper(parsed, attended.whisper)
    return True


async def _changes_since(desk: Desk, spoken: Spoken) -> tuple[Edited | Deleted, ...]:
    """What its writer has made of the message while it waited: the newest words are what we answer."""
    head, album = spoken.head, spoken.album
    ids = set(album.captions) if album else {spoken.parsed.message_id} - {None}
    if not head.has_followers or not ids:
        return ()
    waiting = await desk.store.read(partial(inbox.followers, lane=head.event.lane, after=head.id))
    changes = []
    for _, event in waiting:
        with contextlib.suppress(Unreadable):  # it has its own turn
            if isinstance(told := spoken.channel.parse(event), Edited | Deleted) and told.message_id in ids:
                changes.append(told)
    return tuple(changes)
