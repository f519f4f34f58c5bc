"""Which messages of the outbox may be sent now: claimed for one worker, by a lease whose owner is a random token."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Address, Author, Message
from omnibot.domain.pace import Rates
from omnibot.store import external_ids, files, messages, notices, paces, schema
from omnibot.store.outbox import CANCELLED, PENDING, SENDING, Claimed
from omnibot.store.prepared import PreparedMany
from omnibot.store.schema import conversations, micros, outbox, unreachable
from omnibot.store.schema import paces as paces_table
from omnibot.store.schema.traffic import WAITS

NO_RATES: Mapping[str, Rates] = MappingProxyType({})

_WAITS = sa.text(f"outbox.{WAITS}")
_earlier = outbox.alias("earlier")
_IS_FIRST = ~sa.exists().where(
    _earlier.c.channel == outbox.c.channel,
    _earlier.c.chat == outbox.c.chat,
    _earlier.c.id < outbox.c.id,
    sa.text(f"earlier.{WAITS}"),
)


def _is_ripe(now: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    pending = (outbox.c.state == PENDING) & (outbox.c.not_before <= now)
    return pending | ((outbox.c.state == SENDING) & (outbox.c.lease_until <= now))


_IS_RESTING = sa.exists().where(
    paces_table.c.channel == outbox.c.channel,
    paces_table.c.chat.in_((outbox.c.chat, paces.ACCOUNT)),
    paces_table.c.ready_at > bindparam("now"),
)
_RIPE = (
    select(
        *(outbox.c.id, outbox.c.state, outbox.c.author, outbox.c.epoch, conversations.c.epoch, outbox.c.notice_id),
        *(outbox.c.channel, outbox.c.chat, outbox.c.conversation_id, outbox.c.seq),
    )
    .outerjoin(conversations, conversations.c.id == outbox.c.conversation_id)
    .where(
        outbox.c.channel.in_(bindparam("channels", expanding=True)),
        _WAITS,
        _is_ripe(bindparam("now")),
        _IS_FIRST,
        ~_IS_RESTING,
    )
    .order_by(outbox.c.author != Author.AGENT.value, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=outbox, key_share=True, skip_locked=True)
)
_RIPE_HERE = _RIPE.where(outbox.c.chat.in_(bindparam("chats", expanding=True)))
_OLDER = (
    select(outbox.c.id)
    .where(
        outbox.c.channel.in_(bindparam("channels", expanding=True)),
        _WAITS,
        outbox.c.state == PENDING,
        outbox.c.not_before <= bindparam("now"),
        outbox.c.id < bindparam("first"),
    )
    .limit(1)
)
_LEASE = PreparedMany(
    lambda _, row: (
        sa.update(outbox)
        .where(outbox.c.id == row["row_id"], _is_ripe(row["now"]))
        .values(
            state=sa.literal_column(f"'{SENDING}'"),
            lease_owner=row["token"],
            lease_until=row["until"],
            attempts=outbox.c.attempts + 1,
        )
    ),
    token=outbox.c.lease_owner,
    until=outbox.c.lease_until,
    row_id=outbox.c.id,
    now=outbox.c.not_before,
)


_CLAIMED = (
    outbox.c.id,
    outbox.c.channel,
    outbox.c.chat,
    outbox.c.thread,
    outbox.c.attempts,
    unreachable.c.why,
)
_IS_OURS = (
    (outbox.c.lease_owner == bindparam("token"))
    & (outbox.c.state == SENDING)
    & outbox.c.id.in_(bindparam("ids", expanding=True))
)
_IN_CONVERSATION = (
    select(*_CLAIMED, conversations.c.subject)
    .join(conversations, conversations.c.id == outbox.c.conversation_id)
    .outerjoin(unreachable, (unreachable.c.channel == outbox.c.channel) & (unreachable.c.chat == outbox.c.chat))
    .where(_IS_OURS)
    .order_by(outbox.c.id)
)
_AND_SAID = _IN_CONVERSATION.add_columns(*messages.columns()).join(
    schema.messages,
    (schema.messages.c.conversation_id == outbox.c.conversation_id) & (schema.messages.c.seq == outbox.c.seq),
)


def claim(
    tx: Connection,
    channels: list[str],
    *,
    token: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    rates: Mapping[str, Rates] = NO_RATES,
    references: Callable[[str, str], int] = lambda channel, chat: 0,
    said: Sequence[tuple[Conversation, Message]] = (),
) -> list[Claimed]:
    """The next message of each chat that may be written to, marked `sending` and ours until `now + lease`; what people
    wrote comes first. `rates` by channel; one without may be written to at any speed. `references` says by channel and
    chat how many ids of earlier messages are wanted.

    With what was `said` in this transaction: only in those chats, and nothing at all where something older waits that
    could be sent. So it costs as much with a long line as with none, and overtakes nobody.

    A bot's message from an older epoch is cancelled here, in the transaction that would send it.
    """
    found = _ripe(tx, channels, said, now=now, limit=limit)
    outdated = [row[0] for row in found if row[1] == PENDING and row[2] == Author.BOT.value and row[3] != row[4]]
    if outdated:
        tx.execute(sa.update(outbox).where(outbox.c.id.in_(outdated)).values(state=CANCELLED, ended_at=now))
        found = [row for row in found if row[0] not in outdated]
    granted = paces.take(tx, [(row[6], row[7]) for row in found], rates, now)
    found = [row for row, is_granted in zip(found, granted, strict=True) if is_granted]
    doubtful = {row[0]: row[1] == SENDING for row in found}
    if not doubtful:
        return []
    at, until = micros(now), micros(now + lease)
    _LEASE.many(tx, [(token, until, id, at) for id in doubtful])
    noticed = {row[0]: row[5] for row in found if row[5] is not None}
    known = {(message.conversation_id, message.seq): message for _, message in said}
    spoken = {row[0]: known.get((row[8], row[9])) for row in found if row[5] is None}
    claimed = _messages(tx, token, doubtful, spoken, references)
    if noticed:
        claimed += _notices(tx, token, doubtful, noticed)
    return sorted(claimed, key=lambda row: row.id)


def _ripe(
    tx: Connection,
    channels: list[str],
    said: Sequence[tuple[Conversation, Message]],
    *,
    now: datetime,
    limit: int,
) -> Sequence[Any]:
    sought = {"channels": channels, "now": now, "most": limit}
    if not said:
        return tx.execute(_RIPE, sought).all()
    chats = list({conversation.address.chat for conversation, _ in said})
    found = tx.execute(_RIPE_HERE, {**sought, "chats": chats}).all()
    first = min((row[0] for row in found), default=0)
    older = tx.execute(_OLDER, {"channels": channels, "now": now, "first": first})
    return [] if older.first() else found


def _messages(
    tx: Connection,
    token: str,
    doubtful: dict[int, bool],
    spoken: Mapping[int, Message | None],
    references: Callable[[str, str], int],
) -> list[Claimed]:
    """Those of the rows that are ours which say something in a conversation: by id what, where that is known."""
    known = [id for id, message in spoken.items() if message is not None]
    others = [id for id, message in spoken.items() if message is None]
    rows = (
        [(row, spoken[row[0]]) for row in tx.execute(_IN_CONVERSATION, {"ids": known, "token": token})] if known else []
    )
    if others:
        found = tx.execute(_AND_SAID, {"ids": others, "token": token})
        rows += [(row, messages.of_row(row, len(_CLAIMED) + 1)) for row in found]
    said = [(row, message) for row, message in rows if message is not None]
    attached = [attachment.id for _, message in said for attachment in message.files]
    places = files.keys(tx, attached) if attached else {}
    return [
        Claimed(
            id=row[0],
            token=token,
            address=Address(channel=row[1], chat=row[2], thread=row[3]),
            attempts=row[4],
            message=message,
            doubtful=doubtful[row[0]],
            references=_references(tx, message, references(row[1], row[2])),
            subject=row[6],
            keys=places,
            unreachable=row[5],
        )
        for row, message in said
    ]


def _references(tx: Connection, message: Message, most: int) -> tuple[str, ...]:
    return external_ids.before(tx, message.conversation_id, message.seq, limit=most) if most else ()


def _notices(tx: Connection, token: str, doubtful: dict[int, bool], noticed: dict[int, int]) -> list[Claimed]:
    """Those of the rows that are ours which tell people who work here something."""
    rows = tx.execute(
        select(*_CLAIMED)
        .outerjoin(unreachable, (unreachable.c.channel == outbox.c.channel) & (unreachable.c.chat == outbox.c.chat))
        .where(outbox.c.lease_owner == token, outbox.c.state == SENDING, outbox.c.id.in_(list(noticed)))
    ).all()
    known = notices.of_ids(tx, noticed.values())
    attached = [attachment.id for notice in known.values() for attachment in notice.files]
    places = files.keys(tx, attached) if attached else {}
    return [
        Claimed(
            id=row[0],
            token=token,
            address=Address(channel=row[1], chat=row[2], thread=notice.place or row[3]),
            attempts=row[4],
            message=notice,
            doubtful=doubtful[row[0]],
            references=(notice.answers,) if notice.answers else (),
            subject=None,
            keys=places,
            unreachable=row[5],
        )
        for row in rows
        for notice in [known[noticed[row[0]]]]
    ]
