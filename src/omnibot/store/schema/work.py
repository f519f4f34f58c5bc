"""The work that conversations lead to, and what was promised."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

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
    partial_index(
        "ix_promises_due",
        "due_at",
        where="ended_at IS NULL",
    ),
    sqlite_autoincrement=True,
)
