"""What has to be sent: one row per outgoing message of a channel that sends, claimed by a lease whose owner is a random token."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Address, Author, Message
from omnibot.domain.pace import Rates
from omnibot.domain.value import unguarded
from omnibot.store import cards, external_ids, files, messages, notices, paces, schema
from omnibot.store.notices import Notice
from omnibot.store.prepared import Prepared
from omnibot.store.schema import conversations, micros, outbox, unreachable
from omnibot.store.schema import paces as paces_table

PENDING, SENDING, SENT, FAILED, CANCELLED = "pending", "sending", "sent", "failed", "cancelled"
NO_RATES: Mapping[str, Rates] = MappingProxyType({})


@unguarded
@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A row in our hands until the lease ends. `doubtful` when an earlier try may have reached the platform."""

    id: int
    token: str  # the owner of the lease
    address: Address
    message: Message | Notice
    attempts: int
    doubtful: bool
    references: tuple[str, ...]  # the platform's ids of what was said before, the newest first
    subject: str | None
    keys: dict[int, str]  # where the bytes of the message's files are, by their ids
    unreachable: str | None  # why nothing can be sent to that chat


_ADD = Prepared(
    sa.insert(outbox),
    *("channel", "chat", "thread", "conversation_id", "seq", "epoch"),
    *("author", "state", "attempts", "not_before", "created_at"),
)


def add(tx: Connection, conversation: Conversation, message: Message, now: datetime) -> None:
    """Queue a stored message for its conversation's address, under the conversation's epoch."""
    _ADD.one(tx, *_row(conversation, message, micros(now)))


def add_many(tx: Connection, said: list[tuple[Conversation, Message]], now: datetime) -> None:
    """`add` for many."""
    if said:
        at = micros(now)
        _ADD.many(tx, [_row(conversation, message, at) for conversation, message in said])


def _row(conversation: Conversation, message: Message, at: int) -> tuple[object, ...]:
    address = conversation.address
    place = (address.channel, address.chat, address.thread, conversation.id, message.seq, conversation.epoch)
    return (*place, message.author.value, PENDING, 0, at, at)


_BY_NOBODY = (Author.BOT.value, Author.SYSTEM.value)
_RECENT = (
    select(outbox.c.id)
    .join(conversations, conversations.c.id == outbox.c.conversation_id)
    .where(
        conversations.c.contact_id == bindparam("contact_id"),
        conversations.c.channel == bindparam("channel"),
        conversations.c.updated_at > bindparam("since"),
        outbox.c.author.in_(_BY_NOBODY),
        outbox.c.state != CANCELLED,
        outbox.c.created_at > bindparam("since"),
    )
    .limit(bindparam("most"))
)
_COUNT_RECENT = select(sa.func.count()).select_from(_RECENT.subquery())


def said_automatically(tx: Connection, conversation: Conversation, *, since: datetime, limit: int) -> int:
    """How many messages that no person wrote went to the conversation's contact on its channel, in whichever thread;
    counted up to `limit`."""
    sought = {
        "contact_id": conversation.contact_id,
        "channel": conversation.address.channel,
        "since": since,
        "most": limit,
    }
    return int(tx.execute(_COUNT_RECENT, sought).scalar_one())


_RECENT_OF_MANY = (
    select(conversations.c.contact_id, conversations.c.channel, sa.func.count())
    .join(outbox, conversations.c.id == outbox.c.conversation_id)
    .where(
        conversations.c.contact_id.in_(bindparam("contact_ids", expanding=True)),
        conversations.c.updated_at > bindparam("since"),
        outbox.c.author.in_(_BY_NOBODY),
        outbox.c.state != CANCELLED,
        outbox.c.created_at > bindparam("since"),
    )
    .group_by(conversations.c.contact_id, conversations.c.channel)
)


def said_automatically_to(tx: Connection, there: list[Conversation], *, since: datetime) -> dict[tuple[int, str], int]:
    """`said_automatically` for many, by contact and channel; who was told nothing is absent."""
    contact_ids = [conversation.contact_id for conversation in there]
    counted = tx.execute(_RECENT_OF_MANY, {"contact_ids": contact_ids, "since": since}) if contact_ids else ()
    return {(contact_id, channel): count for contact_id, channel, count in counted}


def cancel_bots(tx: Connection, conversation_id: int, now: datetime) -> None:
    """Whatever the bot has not sent yet stays unsaid: people have the conversation now."""
    tx.execute(
        sa.update(outbox)
        .where(
            outbox.c.conversation_id == conversation_id,
            outbox.c.author == Author.BOT.value,
            outbox.c.state == PENDING,
        )
        .values(state=CANCELLED, ended_at=now)
    )


# As the index of what waits says it, word for word: otherwise a claim reads everything that was ever sent, four times a
# second, and for each of its rows once more.
_WAITS = sa.text("outbox.state IN ('pending', 'sending')")
_earlier = outbox.alias("earlier")
_IS_FIRST = ~sa.exists().where(
    _earlier.c.channel == outbox.c.channel,
    _earlier.c.chat == outbox.c.chat,
    _earlier.c.id < outbox.c.id,
    sa.text("earlier.state IN ('pending', 'sending')"),
)
_IS_RIPE = ((outbox.c.state == PENDING) & (outbox.c.not_before <= bindparam("now"))) | (
    (outbox.c.state == SENDING) & (outbox.c.lease_until <= bindparam("now"))
)
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
    .where(outbox.c.channel.in_(bindparam("channels", expanding=True)), _WAITS, _IS_RIPE, _IS_FIRST, ~_IS_RESTING)
    .order_by(outbox.c.author != Author.AGENT.value, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=outbox, skip_locked=True)
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
_LEASE = Prepared(
    sa.update(outbox)
    .where(outbox.c.id == bindparam("row_id"), _IS_RIPE)
    .values(
        state=sa.literal_column(f"'{SENDING}'"),
        lease_owner=bindparam("token"),
        lease_until=bindparam("until", type_=sa.BigInteger),
        attempts=outbox.c.attempts + 1,
    ),
    *("token", "until", "row_id", "now"),
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


_SENT = Prepared(
    sa.update(outbox)
    .where(
        outbox.c.id == bindparam("row_id"),
        outbox.c.lease_owner == bindparam("token"),
        outbox.c.state == sa.literal_column(f"'{SENDING}'"),
    )
    .values(
        state=sa.literal_column(f"'{SENT}'"),
        external_id=bindparam("platform_id"),
        ended_at=bindparam("ended", type_=sa.BigInteger),
        error=sa.null(),
    ),
    *("platform_id", "ended", "row_id", "token"),
)


def settle_sent(
    tx: Connection,
    id: int,
    *,
    token: str,
    external_id: str,
    now: datetime,
    others: tuple[str, ...] = (),
    opened: str = "",
    heads: str = "",
) -> bool:
    """It has arrived, under the platform's ids, in the thread that was `opened` for it, or as the head of one. False if
    the lease was lost meanwhile."""
    if _SENT.one(tx, external_id, micros(now), id, token).rowcount != 1:
        return False
    channel, conversation_id, seq, notice_id, card_id = _sent(tx, id)
    if notice_id is None:
        external_ids.keep(tx, channel, [external_id, *others], conversation_id=conversation_id, seq=seq)
        return True
    notices.keep_ids(tx, channel, [external_id, *others], notice_id)
    if card_id is not None:
        cards.posted(tx, card_id, external_id=external_id, opened=opened, heads=heads)
    return True


@unguarded
@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a platform has taken of a conversation's message that was ours to send."""

    row: Claimed
    message: Message
    external_ids: tuple[str, ...]  # the platform's, that of the first part first
    at: datetime


def settle_arrived(tx: Connection, arrived: list[Arrived]) -> bool:
    """`settle_sent` for many; False, and nothing may be kept, if the lease of any was lost meanwhile."""
    rows = [(one.external_ids[0], micros(one.at), one.row.id, one.row.token) for one in arrived]
    if _SENT.many(tx, rows) != len(rows):
        return False
    external_ids.keep_many(
        tx,
        [
            (one.row.address.channel, id, one.message.conversation_id, one.message.seq)
            for one in arrived
            for id in dict.fromkeys(one.external_ids)
        ],
    )
    return True


_BEHIND = Prepared(
    select(outbox.c.id)
    .where(
        outbox.c.channel == bindparam("channel"),
        outbox.c.chat == bindparam("chat"),
        _WAITS,
        outbox.c.state == sa.literal_column(f"'{PENDING}'"),
    )
    .limit(sa.literal_column("1")),
    *("channel", "chat"),
)


def is_followed(tx: Connection, arrived: list[Arrived]) -> bool:
    """Whether anything waits to be sent in one of their chats."""
    chats = {(one.row.address.channel, one.row.address.chat) for one in arrived}
    return any(_BEHIND.one(tx, *chat).first() for chat in chats)


def settle_failed(tx: Connection, id: int, *, token: str, why: str, now: datetime) -> bool:
    """It never will."""
    if not _settle(tx, id, token, state=FAILED, error=why, ended_at=now):
        return False
    if (card_id := _sent(tx, id)[4]) is not None:
        cards.lost(tx, card_id)
    return True


_IS_CARD = (schema.notices.c.id == outbox.c.notice_id) & schema.notices.c.is_card
_WHAT = (
    select(outbox.c.channel, outbox.c.conversation_id, outbox.c.seq, outbox.c.notice_id, schema.notices.c.card_id)
    .outerjoin(schema.notices, _IS_CARD)
    .where(outbox.c.id == bindparam("id"))
)


def _sent(tx: Connection, id: int) -> tuple[str, int, int, int | None, int | None]:
    """Channel, conversation and seq, or notice and, where the notice is a card itself, that card."""
    channel, conversation_id, seq, notice_id, card_id = tx.execute(_WHAT, {"id": id}).one()
    return channel, conversation_id, seq, notice_id, card_id


def settle_later(tx: Connection, id: int, *, token: str, why: str, not_before: datetime) -> bool:
    """Not now; keep it first in its chat."""
    return _settle(tx, id, token, state=PENDING, error=why, not_before=not_before, lease_owner=None)


def bounce(tx: Connection, conversation_id: int, seq: int, *, why: str, now: datetime) -> bool:
    """What was sent did not arrive after all; False if it was not sent, or that is known."""
    statement = (
        sa.update(outbox)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.seq == seq, outbox.c.state == SENT)
        .values(state=FAILED, error=why, ended_at=now)
    )
    return tx.execute(statement).rowcount == 1


def _settle(tx: Connection, id: int, token: str, **values: object) -> bool:
    statement = (
        sa.update(outbox)
        .where(outbox.c.id == id, outbox.c.lease_owner == token, outbox.c.state == SENDING)
        .values(**values)
    )
    return tx.execute(statement).rowcount == 1


def is_settling(tx: Connection, address: Address, ids: tuple[str, ...], *, now: datetime) -> bool:
    """Whether one of these ids, none of which we know, may belong to something that is being sent to that chat just now."""
    query = select(outbox.c.id).where(
        outbox.c.channel == address.channel,
        outbox.c.chat == address.chat,
        _WAITS,
        outbox.c.state == SENDING,
        outbox.c.lease_until > now,
    )
    if tx.execute(query.limit(1)).first() is None:
        return False
    is_known = any(external_ids.find(tx, address.channel, id) for id in ids)
    return not is_known and not notices.is_known(tx, address.channel, ids)


def states(tx: Connection, conversation_id: int) -> dict[int, tuple[str, str | None]]:
    """State and error of each outgoing message of a conversation, by seq."""
    query = select(outbox.c.seq, outbox.c.state, outbox.c.error).where(outbox.c.conversation_id == conversation_id)
    return {seq: (state, error) for seq, state, error in tx.execute(query)}


def backlog(tx: Connection) -> tuple[int, datetime | None]:
    """How many messages wait to be sent, and since when the oldest does."""
    query = select(sa.func.count(), sa.func.min(outbox.c.created_at)).where(_WAITS)
    count, oldest = tx.execute(query).one()
    return count, oldest
