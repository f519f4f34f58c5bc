"""Contacts, their conversations and what is said in them."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

contacts = Table(
    "contacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("language", String(8), nullable=False),
    Column("external_ref", Text, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("tier", String(16)),  # as the settings name it; empty: standard
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
    Column("continues", Id),  # the conversation that the contact went on from
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
    partial_index(
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
    Column("captions", Text),  # JSON object: the words of an album's parts by the platform's ids
    Column("cc", Text),  # JSON list: who else got it
    Column("bcc", Text),  # JSON list: of whom only staff know
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

# How far each side has read, where the channel says so.
read_marks = Table(
    "read_marks",
    metadata,
    Column("conversation_id", Id, ForeignKey("conversations.id"), primary_key=True, autoincrement=False),
    Column("customer_seq", Integer, nullable=False),
    Column("customer_at", Instant),
    Column("staff_seq", Integer, nullable=False),
    Column("staff_at", Instant),
    sqlite_with_rowid=False,
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
