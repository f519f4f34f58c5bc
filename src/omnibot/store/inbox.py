"""What came in: each raw event once, in order per lane, until triage has decided its outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Message, RawEvent
from omnibot.domain.value import hot
from omnibot.store import conversations, messages, originals, schema
from omnibot.store.prepared import Prepared, PreparedMany, among, insertion, several
from omnibot.store.schema import inbox, micros, of_micros

NEW, DONE, DEAD = "new", "done", "dead"


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event to receive. `conversation` and `message` are there where the channel placed it."""

    id: int
    event: RawEvent
    received_at: datetime
    attempts: int
    has_followers: bool  # more events wait in the same lane
    conversation: Conversation | None
    message: Message | None


# Written out, not a parameter: so both databases use the index of those that wait, in a prepared statement, too.
_IS_NEW = inbox.c.state == sa.literal_column(f"'{NEW}'")
_COLUMNS = (
    "channel",
    "external_id",
    "lane",
    "conversation_id",
    "seq",
    "payload",
    "state",
    "outcome",
    "attempts",
    "not_before",
    "received_at",
)
_INSERT = insertion(inbox, *_COLUMNS, unless_known_by=("channel", "external_id"))
_KNOWN = select(inbox.c.external_id, inbox.c.seq).where(
    inbox.c.channel == bindparam("channel"), inbox.c.external_id.in_(bindparam("external_ids", expanding=True))
)


def accept(tx: Connection, event: RawEvent, now: datetime) -> bool:
    """Keep an event; False if it was there already."""
    at = micros(now)
    row = (event.channel, event.external_id, event.lane, None, None, event.payload, NEW, None, 0, at, at)
    is_new = _INSERT.one(tx, *row) == 1
    if is_new and event.original is not None:
        originals.keep(tx, event, now)
    return is_new


def accept_and_read(tx: Connection, events: list[RawEvent], now: datetime) -> tuple[list[Waiting], list[str]]:
    """Keep many events without a place; returns those that are alone in their lanes, and the lanes of the others.

    Where any of them was there already, nobody can say of which that is true, and all are among the others.
    """
    at = micros(now)
    rows = [
        (event.channel, event.external_id, event.lane, None, None, event.payload, NEW, None, 0, at, at)
        for event in events
    ]
    lanes = list(dict.fromkeys(event.lane for event in events))
    if _INSERT.many(tx, rows) < len(rows):
        return [], lanes
    waiting = ids_waiting(tx, lanes)
    alone = [(event, waiting[event.lane][0]) for event in events if len(waiting[event.lane]) == 1]
    heads = [
        Waiting(id=id, event=event, received_at=now, attempts=0, has_followers=False, conversation=None, message=None)
        for event, id in alone
    ]
    return heads, [lane for lane in lanes if len(waiting[lane]) > 1]


class PlacedEvent(NamedTuple):
    """An event without more to it than its place in the transcript, and perhaps an outcome already."""

    channel: str
    external_id: str
    lane: str
    conversation_id: int
    seq: int
    outcome: str | None


def accept_placed(tx: Connection, placed: list[PlacedEvent], now: datetime) -> int:
    """Keep many; returns how many were new."""
    at = micros(now)
    rows = [
        (channel, external_id, lane, conversation_id, seq, "", DONE if outcome else NEW, outcome, 0, at, at)
        for channel, external_id, lane, conversation_id, seq, outcome in placed
    ]
    return _INSERT.many(tx, rows)


def known_seqs(tx: Connection, channel: str, external_ids: list[str]) -> dict[str, int]:
    """The seqs of those events that are kept and have a place, by external id."""
    return dict(tx.execute(_KNOWN, {"channel": channel, "external_ids": external_ids}).all())


_OWN = (
    inbox.c.id,
    inbox.c.channel,
    inbox.c.external_id,
    inbox.c.lane,
    inbox.c.payload,
    inbox.c.received_at,
    inbox.c.attempts,
    inbox.c.not_before,
)


# Found by lane, so that a lane with a long line does not hide the others.
def _heads(dialect: str) -> sa.Executable:
    heads = (
        select(sa.func.min(inbox.c.id).label("id"), sa.func.max(inbox.c.id).label("last"))
        .where(_IS_NEW, among(dialect, inbox.c.lane, "lanes"))
        .group_by(inbox.c.lane)
        .subquery()
    )
    return (
        select(*_OWN, *conversations.columns(), *messages.columns(), heads.c.last)
        .select_from(heads)
        .join(inbox, inbox.c.id == heads.c.id)
        .outerjoin(schema.conversations, schema.conversations.c.id == inbox.c.conversation_id)
        .outerjoin(
            schema.messages,
            (schema.messages.c.conversation_id == inbox.c.conversation_id) & (schema.messages.c.seq == inbox.c.seq),
        )
        .where(inbox.c.not_before <= bindparam("now"))
        .order_by(inbox.c.id)
    )


_WAITING = Prepared(_heads, "lanes", "now")
_OWN_WIDTH = len(_OWN)
_CONVERSATION_WIDTH = len(conversations.columns())


def waiting(tx: Connection, lanes: list[str], now: datetime) -> list[Waiting]:
    """The first event of each lane, if it may be tried now. Order within a lane is kept even while its first event waits."""
    rows = _WAITING.one(tx, several(tx, lanes), micros(now))
    return [_waiting(row, has_followers=row[-1] > row[0]) for row in rows]


_IN_LANES = Prepared(
    lambda dialect: select(inbox.c.lane, inbox.c.id).where(_IS_NEW, among(dialect, inbox.c.lane, "lanes")), "lanes"
)


def ids_waiting(tx: Connection, lanes: list[str]) -> dict[str, list[int]]:
    """The events that wait in each lane. Read from the index alone."""
    found: dict[str, list[int]] = {}
    rows: Any = _IN_LANES.one(tx, several(tx, lanes))
    for lane, id in rows:
        found.setdefault(lane, []).append(id)
    return found


_SOME_WAITING = Prepared(select(inbox.c.lane).where(_IS_NEW).limit(bindparam("most")), "most")


def lanes_waiting(tx: Connection, lanes: list[str]) -> set[str]:
    """Those in which an event waits. Mostly nothing waits anywhere, which one look tells. Read from the index alone."""
    some = [lane for (lane,) in _SOME_WAITING.one(tx, len(lanes))]
    if len(some) < len(lanes):
        return set(some).intersection(lanes)
    return set(ids_waiting(tx, lanes))


def _waiting(row: Any, *, has_followers: bool) -> Waiting:
    placed = row[_OWN_WIDTH] is not None
    return Waiting(
        id=row[0],
        event=RawEvent(channel=row[1], external_id=row[2], lane=row[3], payload=row[4]),
        received_at=of_micros(row[5]),
        attempts=row[6],
        has_followers=has_followers,
        conversation=conversations.of_stored(row, _OWN_WIDTH) if placed else None,
        message=messages.of_stored(row, _OWN_WIDTH + _CONVERSATION_WIDTH) if placed else None,
    )


def followers(tx: Connection, lane: str, *, after: int, limit: int = 20) -> list[tuple[int, RawEvent]]:
    """The events that wait behind one in its lane, with their ids, in order."""
    query = (
        select(inbox.c.id, inbox.c.channel, inbox.c.external_id, inbox.c.lane, inbox.c.payload)
        .where(inbox.c.lane == lane, inbox.c.state == NEW, inbox.c.id > after)
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return [
        (row[0], RawEvent(channel=row[1], external_id=row[2], lane=row[3], payload=row[4])) for row in tx.execute(query)
    ]


_LINE = Prepared(
    select(*_OWN, *conversations.columns(), *messages.columns())
    .select_from(inbox)
    .outerjoin(schema.conversations, schema.conversations.c.id == inbox.c.conversation_id)
    .outerjoin(
        schema.messages,
        (schema.messages.c.conversation_id == inbox.c.conversation_id) & (schema.messages.c.seq == inbox.c.seq),
    )
    .where(inbox.c.lane == bindparam("of_lane"), _IS_NEW, inbox.c.id > bindparam("after"))
    .order_by(inbox.c.id)
    .limit(bindparam("most")),
    *("of_lane", "after", "most"),
)


def line(tx: Connection, lane: str, *, after: int, limit: int = 50) -> list[Waiting]:
    """The events that wait behind one in its lane, in order, with their places in the transcript."""
    return [_waiting(row, has_followers=False) for row in _LINE.one(tx, lane, after, limit)]


_SET_PLACE = PreparedMany(
    lambda _, row: (
        sa.update(inbox)
        .where(inbox.c.id == row["event_id"], _IS_NEW, inbox.c.conversation_id.is_(None))
        .values(conversation_id=row["of"], seq=row["at"])
    ),
    of=inbox.c.conversation_id,
    at=inbox.c.seq,
    event_id=inbox.c.id,
)


def set_place(tx: Connection, id: int, *, conversation_id: int, seq: int) -> bool:
    """The event stands in the transcript now; False if it has an outcome or a place already."""
    return _SET_PLACE.one(tx, conversation_id, seq, id) == 1


def set_places(tx: Connection, placed: list[tuple[int, Message]]) -> bool:
    """`set_place` for many; False, and nothing may be kept, if any event has an outcome or a place already."""
    rows = [(message.conversation_id, message.seq, id) for id, message in placed]
    return _SET_PLACE.many(tx, rows) == len(rows)


_FINISH = PreparedMany(
    lambda _, row: (
        sa.update(inbox)
        .where(inbox.c.id == row["event_id"], _IS_NEW)
        .values(state=sa.literal_column(f"'{DONE}'"), outcome=row["decided"])
    ),
    decided=inbox.c.outcome,
    event_id=inbox.c.id,
)


def finish(tx: Connection, id: int, outcome: str) -> bool:
    """Give the event its one outcome; False if it has one already."""
    return _FINISH.one(tx, outcome, id) == 1


def finish_many(tx: Connection, outcomes: list[tuple[int, str]]) -> bool:
    """Give each event its outcome; False, and nothing may be kept, if any has one already."""
    return _FINISH.many(tx, [(outcome, id) for id, outcome in sorted(outcomes)]) == len(outcomes)


def finish_about(tx: Connection, id: int, outcome: str, *, conversation_id: int) -> bool:
    """As `finish`, for what staff said about a conversation in their group: it is erased with it."""
    mine = (inbox.c.id == id) & (inbox.c.state == NEW)
    done = {"state": DONE, "outcome": outcome, "conversation_id": conversation_id}
    return tx.execute(sa.update(inbox).where(mine).values(done)).rowcount == 1


def join(tx: Connection, ids: tuple[int, ...], outcome: str, *, conversation_id: int, seq: int) -> bool:
    """These events are parts of the message at that place; False, and nothing may be kept, if any has its outcome already."""
    if not ids:
        return True
    joining = sa.update(inbox).where(inbox.c.id.in_(ids), inbox.c.state == NEW)
    done = joining.values(state=DONE, outcome=outcome, conversation_id=conversation_id, seq=seq)
    return tx.execute(done).rowcount == len(ids)


def claim(tx: Connection, ids: list[int], *, now: datetime, until: datetime) -> set[int]:
    """Take events for one more try, counted before it is made: a crash in the middle counts too. Nobody else tries
    them before `until`; those that somebody else is at right now are left to him."""
    free = (
        select(inbox.c.id)
        .where(inbox.c.id.in_(ids), inbox.c.state == NEW, inbox.c.not_before <= now)
        .with_for_update(key_share=True, skip_locked=True)
    )
    claimed = list(tx.execute(free).scalars())
    if claimed:
        taken = sa.update(inbox).where(inbox.c.id.in_(claimed))
        tx.execute(taken.values(attempts=inbox.c.attempts + 1, not_before=until))
    return set(claimed)


def postpone(tx: Connection, id: int, until: datetime, *, attempts: int) -> None:
    """Not before `until` again, which will be after `attempts` tries."""
    tx.execute(
        sa.update(inbox).where(inbox.c.id == id, inbox.c.state == NEW).values(not_before=until, attempts=attempts)
    )


def bury(tx: Connection, id: int, why: str) -> bool:
    """Give up: the event stays for people to see, its lane goes on."""
    return (
        tx.execute(
            sa.update(inbox).where(inbox.c.id == id, inbox.c.state == NEW).values(state=DEAD, outcome=why)
        ).rowcount
        == 1
    )


def forgotten_lanes(
    tx: Connection, channels: list[str], *, now: datetime, age: timedelta, limit: int = 1000
) -> list[str]:
    """Lanes with an event that should have been received by now: one that stands in its transcript already, or one of
    `channels`, which this process can read."""
    query = (
        select(inbox.c.lane)
        .where(
            inbox.c.state == NEW,
            inbox.c.received_at <= now - age,
            inbox.c.not_before <= now,
            inbox.c.conversation_id.is_not(None) | inbox.c.channel.in_(channels),
        )
        .distinct()
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def backlog(tx: Connection) -> tuple[int, datetime | None]:
    """How many events wait, and since when the oldest does."""
    count, oldest = tx.execute(
        select(sa.func.count(), sa.func.min(inbox.c.received_at)).where(inbox.c.state == NEW)
    ).one()
    return count, oldest
