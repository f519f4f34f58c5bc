"""What comes in, what goes out, the files that travel along, and the channels it all goes through."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

# Who cannot be written to: blocked us, left, does not exist any more.
unreachable = Table(
    "unreachable",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("since", Instant, nullable=False),
    sqlite_with_rowid=False,
)

files = Table(
    "files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer),  # empty: uploaded, and not yet part of a message
    Column("uploaded_by", Id, ForeignKey("users.id")),  # empty: the contact
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),  # found out from the content, not what the sender says
    Column("size", sa.BigInteger, nullable=False),  # bytes
    Column("sha256", String(64)),
    Column("key", String(32), unique=True),  # its name in the data folder; empty: it could not be had
    Column("problem", Text),  # why not, or what could not be done with it
    Column("created_at", Instant, nullable=False),
    Column("ticket_id", Id, index=True),  # the case that it is a picture of
    Index("ix_files_message", "conversation_id", "seq"),
    sqlite_autoincrement=True,
)

# What a connection remembers across restarts.
channel_state = Table(
    "channel_state",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Each channel that was ever configured: which worker fetches for it, and how it is.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("lease_owner", String(32)),
    Column("lease_until", Instant),
    Column("is_working", sa.Boolean),  # empty: not known yet
    Column("detail", Text),
    Column("since", Instant),  # of is_working
    Column("last_in", Instant),
    Column("last_out", Instant),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("external_id", Text, nullable=False),  # the sender's id of the event: "seen before" is this key
    Column("lane", Text, nullable=False),  # events of one lane are received in order, one at a time
    Column("conversation_id", Id),  # set by a channel that places the message in the transcript itself
    Column("seq", Integer),
    Column("payload", Text, nullable=False),
    Column("state", String(8), nullable=False),  # new, done, dead
    Column("outcome", Text),  # what triage decided, or why it was ignored
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("channel", "external_id"),
    partial_index(
        "ix_inbox_waiting",
        "lane",
        "id",
        where="state = 'new'",
    ),
    sqlite_autoincrement=True,
)

# What a query for what waits has to say word for word, or it reads everything that was ever sent.
WAITS = "state IN ('pending', 'sending')"

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("thread", Text, nullable=False),
    # A conversation's message; empty on a notice to people who work here (`notice_id`).
    Column("conversation_id", Id, ForeignKey("conversations.id")),
    Column("seq", Integer),
    Column("epoch", Integer, nullable=False),  # of the ownership it was said under
    Column("author", String(8), nullable=False),
    Column("state", String(9), nullable=False),  # pending, sending, sent, failed, cancelled
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("lease_owner", String(32)),
    Column("lease_until", Instant),
    Column("external_id", Text),
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("notice_id", Id, ForeignKey("notices.id"), unique=True),
    UniqueConstraint("conversation_id", "seq"),
    partial_index(
        "ix_outbox_waiting",
        "channel",
        "chat",
        "id",
        where=WAITS,
    ),
    sqlite_autoincrement=True,
)

# How fast each chat, and the account as a whole (its chat is empty), has been written to: `domain.pace`.
paces = Table(
    "paces",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("spoken_for", Instant, nullable=False),
    Column("ready_at", Instant, nullable=False),  # from when on the next message may be sent
    Column("caution", sa.Float, nullable=False),
    Column("cautious_since", Instant, nullable=False),
    sqlite_with_rowid=False,
)
