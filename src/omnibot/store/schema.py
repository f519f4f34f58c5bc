"""The tables, one definition for SQLite and PostgreSQL. Migrations (`migrations/`) lead to exactly this; a test compares them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

# The newest migration; `database.prepare` needs to know it without importing Alembic.
REVISION = "0003"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(instant: datetime) -> int:
    """An instant as `Instant` stores it."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970: exact, sortable and the same on both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return micros(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=int(value))


# SQLite counts up by itself only for a column that is literally INTEGER.
Id = sa.BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows only. Naming PostgreSQL here would load its dialect (3 MB, 25 ms) into every process."""
    return Index(name, *columns, unique=unique, sqlite_where=sa.text(where), info={"where": where})


def prepare_for_postgresql() -> None:
    """Tell PostgreSQL, too, which rows the partial indexes have."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_kwargs["postgresql_where"] = sa.text(index.info["where"])


contacts = Table(
    "contacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("language", String(8), nullable=False),
    Column("external_ref", Text, unique=True),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("status", String(8), nullable=False),
    Column("agent_id", Id, ForeignKey("users.id")),
    Column("epoch", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("language", String(8), nullable=False),
    Column("bot", Text, nullable=False),  # JSON of domain.conversation.BotState
    Column("reason", String(16)),
    Column("waiting_since", Instant),
    Column("due_at", Instant),
    Column("page_url", Text),
    Column("preview", Text, nullable=False),  # the newest words, cut, for lists
    Column("updated_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("subject", Text),
    UniqueConstraint("channel", "chat", "thread"),
    Index("ix_conversations_status_due_at", "status", "due_at", "id"),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    Column("conversation_id", Id, ForeignKey("conversations.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("author", String(8), nullable=False),
    Column("agent_id", Id, ForeignKey("users.id")),
    Column("author_name", Text),
    Column("text", Text, nullable=False),
    Column("choices", Text),  # JSON list of {id, label}
    Column("chosen", Text),
    Column("explanation", Text),  # JSON of domain.triage.Explanation, on what the bot decided
    Column("external_id", Text),
    Column("at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    Column("files", Text),  # JSON list of domain.message.Attachment: a transcript is read without a second look
    # What customers say is known again by the inbox's key; this one is for what agents say.
    _partial(
        "uq_messages_agents_external_id",
        "conversation_id",
        "external_id",
        unique=True,
        where="agent_id IS NOT NULL",
    ),
    sqlite_with_rowid=False,  # a transcript lies together, and a message costs one page instead of three
)

# What a platform tells of a message beyond its words; most messages have none.
message_details = Table(
    "message_details",
    metadata,
    Column("conversation_id", Id, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("sender", Text),  # the platform's id of the person, where the chat is not the person
    Column("subject", Text),
    Column("quoted", Text),
    Column("html", Text),
    Column("is_automatic", sa.Boolean, nullable=False),
    Column("is_verified", sa.Boolean),  # empty: the platform does not say
    sa.ForeignKeyConstraint(["conversation_id", "seq"], ["messages.conversation_id", "messages.seq"]),
    Index("ix_message_details_sender", "sender"),
    sqlite_with_rowid=False,
)

# What a message said before it was edited, the first version first.
message_versions = Table(
    "message_versions",
    metadata,
    Column("conversation_id", Id, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("replaced_at", Instant, nullable=False),
    sa.ForeignKeyConstraint(["conversation_id", "seq"], ["messages.conversation_id", "messages.seq"]),
    sqlite_with_rowid=False,
)

# The platforms' ids of messages, theirs and ours: replies, edits and bounces name them. A long message of ours has several.
external_ids = Table(
    "external_ids",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("conversation_id", Id, nullable=False),
    Column("seq", Integer, nullable=False),
    sa.ForeignKeyConstraint(["conversation_id", "seq"], ["messages.conversation_id", "messages.seq"]),
    Index("ix_external_ids_message", "conversation_id", "seq"),
    sqlite_with_rowid=False,
)

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

notes = Table(
    "notes",
    metadata,
    Column("conversation_id", Id, ForeignKey("conversations.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("agent_id", Id, ForeignKey("users.id")),  # empty: omnibot itself tells staff
    Column("author_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
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
    _partial(
        "ix_inbox_waiting",
        "lane",
        "id",
        where="state = 'new'",
    ),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
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
    UniqueConstraint("conversation_id", "seq"),
    _partial(
        "ix_outbox_waiting",
        "channel",
        "chat",
        "id",
        where="state IN ('pending', 'sending')",
    ),
    sqlite_autoincrement=True,
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), index=True),
    Column("subject", Text, nullable=False),
    Column("category", Text),
    Column("priority", String(8), nullable=False),
    Column("status", String(8), nullable=False),
    Column("agent_id", Id, ForeignKey("users.id")),
    Column("follows_id", Id, ForeignKey("tickets.id")),
    Column("opened_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("closed_at", Instant),
    Column("changes", Integer, nullable=False),
    Index("ix_tickets_status", "status", "id"),
    sqlite_autoincrement=True,
)

ticket_changes = Table(
    "ticket_changes",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("change", Text, nullable=False),  # JSON, tagged by its kind
    Column("by", String(8), nullable=False),
    Column("by_id", Id),
    Column("by_name", Text),
    Column("at", Instant, nullable=False),
)

promises = Table(
    "promises",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("holder", String(8), nullable=False),
    Column("holder_id", Id),
    Column("conversation_id", Id, ForeignKey("conversations.id")),
    Column("ticket_id", Id, ForeignKey("tickets.id")),
    Column("started_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("broken_at", Instant),  # recorded once, when it breaks; the promise is still owed
    Column("outcome", String(8)),
    Column("ended_at", Instant),
    Index("ix_promises_conversation", "conversation_id"),
    Index("ix_promises_ticket", "ticket_id"),
    _partial(
        "ix_promises_due",
        "due_at",
        where="ended_at IS NULL",
    ),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("language", String(8)),
    Column("disabled_at", Instant),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

# Sessions, tokens and links are kept as SHA-256; what is handed out cannot be read back.
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id")),  # empty: makes the first admin
    Column("expires_at", Instant, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    sqlite_autoincrement=True,
)

visitors = Table(
    "visitors",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False, index=True),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

canned_replies = Table(
    "canned_replies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("language", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("language", "title"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("user_id", Id),
    Column("action", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text),
    sqlite_autoincrement=True,
)
