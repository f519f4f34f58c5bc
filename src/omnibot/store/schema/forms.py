"""Forms that customers fill in, and the visits they book."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

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
    Column("own_contact_id", Id),  # who said it all, of contacts that are taken together; empty: several of them
    partial_index("uq_fillings_open", "contact_id", "form", unique=True, where="ticket_id IS NULL"),
    sqlite_autoincrement=True,
)

# The visit of a case. What is to be sent is noted here with what changed, so that a crash in between loses nothing.
bookings = Table(
    "bookings",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # JSON of domain.booking.Booking
    Column("remind_at", Instant),  # its one timer
    Column("file_due", Boolean, nullable=False),  # the customer has not got the calendar file as it is now
    Column("at", Instant, nullable=False),
    # Of `state`, for lists.
    Column("stage", String(16)),
    Column("starts_at", Instant, index=True),  # of what was picked
    Column("wanted_at", Instant),  # since when other times are wanted
    partial_index("ix_bookings_remind", "remind_at", where="remind_at IS NOT NULL"),
    partial_index("ix_bookings_file", "ticket_id", where="file_due"),
)
