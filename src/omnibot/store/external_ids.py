"""The platforms' ids of messages, theirs and ours: how replies, edits, deletions and bounces find the message they mean."""

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store.prepared import Prepared, insertion
from omnibot.store.schema import conversations, external_ids

_KEEP = insertion(external_ids, "channel", "external_id", "conversation_id", "seq", unless_known_by=())


def keep(tx: Connection, channel: str, ids: list[str], *, conversation_id: int, seq: int) -> None:
    """The platform knows this message by these ids. An id that stands for another message already stays with it."""
    if ids:
        _KEEP.many(tx, [(channel, id, conversation_id, seq) for id in dict.fromkeys(ids)])


def keep_many(tx: Connection, known: list[tuple[str, str, int, int]]) -> None:
    """`keep` for many: channel, id, conversation and seq of each."""
    if known:
        _KEEP.many(tx, known)


def find(tx: Connection, channel: str, external_id: str) -> tuple[int, int] | None:
    """Conversation and seq of the message with that id."""
    query = select(external_ids.c.conversation_id, external_ids.c.seq).where(
        external_ids.c.channel == channel, external_ids.c.external_id == external_id
    )
    row = tx.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


def conversation_of(tx: Connection, channel: str, ids: tuple[str, ...], *, chat: str) -> int | None:
    """The conversation of the first known of these ids, among those with that chat: knowing an id lets nobody else in."""
    if not ids:
        return None
    query = (
        select(external_ids.c.external_id, external_ids.c.conversation_id)
        .join(conversations, conversations.c.id == external_ids.c.conversation_id)
        .where(
            external_ids.c.channel == channel,
            external_ids.c.external_id.in_(ids),
            conversations.c.channel == channel,
            conversations.c.chat == chat,
        )
    )
    found: dict[str, int] = dict(tx.execute(query).all())
    return next((found[id] for id in ids if id in found), None)


def of_message(tx: Connection, conversation_id: int, seq: int) -> list[str]:
    """The ids under which its channel knows a message."""
    query = select(external_ids.c.external_id).where(
        external_ids.c.conversation_id == conversation_id, external_ids.c.seq == seq
    )
    return list(tx.execute(query.order_by(external_ids.c.external_id)).scalars())


_BEFORE = Prepared(
    select(external_ids.c.external_id)
    .where(external_ids.c.conversation_id == sa.bindparam("of"), external_ids.c.seq < sa.bindparam("before"))
    .order_by(external_ids.c.seq.desc(), external_ids.c.external_id)
    .limit(sa.bindparam("most", type_=sa.Integer)),
    *("of", "before", "most"),
)


def before(tx: Connection, conversation_id: int, seq: int, *, limit: int) -> tuple[str, ...]:
    """The ids of what was said in a conversation before that seq, the newest first."""
    return tuple(_BEFORE.one(tx, conversation_id, seq, limit).scalars())
