"""Forms that customers fill in, and the visits they book."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

# One row for each form that somebody has begun; the one without a ticket goes on, in whichever conversation.
fillings = Table(
    "fillings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False),
    Column("form", String(16), nullable=False),
    Column("state", Text, nullable=False),  # JSON of domain.form.Filling; empty once the ticket is open
    Column("version", Integer, nullable=False),  # a reply to an older one is read again
    Column("asked", Integer, nullable=False),  # questions
    Column("asked_known", Integer, nullable=False),  # of them, those whose answer was known
    Column("ticket_id", Id, ForeignKey("tickets.id"), index=True),
    Column("at", Instant, nullable=False),
    partial_index("uq_fillings_open", "contact_id", "form", unique=True, where="ticket_id IS NULL"),
    sqlite_autoincrement=True,
)
