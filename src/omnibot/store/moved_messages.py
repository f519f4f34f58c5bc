"""Takes a customer's message out of one transcript and into another, with all that is kept of it."""

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Message
from omnibot.store import schema


def move(tx: Connection, message: Message, *, to: int, seq: int) -> None:
    """The place it leaves stays empty: a seq means one message for ever."""
    place = {"conversation_id": to, "seq": seq}
    columns = [column for column in schema.messages.c if column.name not in place]
    copy = select(*(sa.literal(value).label(name) for name, value in place.items()), *columns).where(
        _is_of(schema.messages, message)
    )
    tx.execute(schema.messages.insert().from_select([*place, *(column.name for column in columns)], copy))
    for table in (
        schema.message_details,
        schema.message_versions,
        schema.external_ids,
        schema.files,
        schema.inbox,
    ):
        tx.execute(sa.update(table).where(_is_of(table, message)).values(**place))
    tx.execute(sa.delete(schema.messages).where(_is_of(schema.messages, message)))


def _is_of(table: sa.Table, message: Message) -> sa.ColumnElement[bool]:
    return (table.c.conversation_id == message.conversation_id) & (table.c.seq == message.seq)
