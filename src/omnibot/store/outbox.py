"""What has to be sent: one row per outgoing message of a channel that sends, from the moment it is queued until it has its
outcome. Who may send it when is in `deliveries`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Address, Author, Message
from omnibot.domain.value import dataclass, hot
from omnibot.store import cards, external_ids, notices, schema
from omnibot.store.notices import Notice
from omnibot.store.prepared import Prepared, PreparedMany, insertion
from omnibot.store.schema import conversations, micros, outbox
from omnibot.store.schema.traffic import WAITS

PENDING, SENDING, SENT, FAILED, CANCELLED = "pending", "sending", "sent", "failed", "cancelled"
_WAITS = sa.text(f"outbox.{WAITS}")


@hot
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


_ADD = insertion(
    outbox,
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


_SENT = PreparedMany(
    lambda _, row: (
        sa.update(outbox)
        .where(
            outbox.c.id == row["row_id"],
            outbox.c.lease_owner == row["token"],
            outbox.c.state == sa.literal_column(f"'{SENDING}'"),
        )
        .values(
            state=sa.literal_column(f"'{SENT}'"),
            external_id=row["platform_id"],
            ended_at=row["ended"],
            error=sa.null(),
        )
    ),
    platform_id=outbox.c.external_id,
    ended=outbox.c.ended_at,
    row_id=outbox.c.id,
    token=outbox.c.lease_owner,
)


def settle_sent(
    tx: Connection,
    id: int,
    *,
    token: str,
    external_id: str,
    now: datetime,
    others: tuple[str, ...] = (),
    replaced: str | None = None,
    opened: str = "",
    heads: str = "",
) -> bool:
    """It has arrived, under the platform's ids, in the place of the message that it `replaced`, in the thread that was
    `opened` for it, or as the head of one. False if the lease was lost meanwhile."""
    if _SENT.one(tx, external_id, micros(now), id, token) != 1:
        return False
    channel, conversation_id, seq, notice_id, card_id = _sent(tx, id)
    if notice_id is None:
        external_ids.keep(tx, channel, [external_id, *others], conversation_id=conversation_id, seq=seq)
        return True
    notices.keep_ids(tx, channel, [external_id, *others], notice_id)
    if card_id is not None:
        cards.posted(tx, card_id, external_id=external_id, replaced=replaced, opened=opened, heads=heads)
    return True


@hot
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
