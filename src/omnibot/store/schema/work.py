"""The work that conversations lead to, and what was promised."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, text

from omnibot.store.schema.columns import Id, Instant, Length, metadata, partial_index

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
    Column("allowance", Length),  # open time; empty where an instant was named
    Column("calendar", String(16)),  # the key of `calendars`
    Column("pauses", Text),  # JSON list of domain.calendar.Pause
    Column("wake_at", Instant),  # its one timer: the next warning, the breach, the next rung
    Column("warned", Integer, nullable=False, server_default=text("0")),  # per cent
    Column("rung", Integer, nullable=False, server_default=text("0")),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Id),
    Column("reason", Text),
    Column("text", Text),
    Column("follows_id", Id),
    Column("told_at", Instant),
    Index("ix_promises_conversation", "conversation_id"),
    Index("ix_promises_ticket", "ticket_id"),
    partial_index("ix_promises_wake", "wake_at", where="wake_at IS NOT NULL"),
    partial_index("ix_promises_open", "due_at", where="ended_at IS NULL"),
    sqlite_autoincrement=True,
)

# What happened to a promise, who did it and why: only ever added to.
promise_events = Table(
    "promise_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("promise_id", Id, ForeignKey("promises.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id),
    Column("by_name", Text),
    Column("detail", Text),  # JSON: numbers and instants, or a reason in words
    sqlite_autoincrement=True,
)

# Calendars as they were when a promise was made by them; an edit is a new row, and running clocks keep theirs.
calendars = Table(
    "calendars",
    metadata,
    Column("key", String(16), primary_key=True),  # of the content
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("since", Instant, nullable=False),
)
