"""Which addresses were shown to be the same person's."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

# An address that was given to another contact than the one it came with; kept when it is undone, as its history.
links = Table(
    "links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False, index=True),  # whose it is now
    Column("own_contact_id", Id, ForeignKey("contacts.id"), nullable=False),  # whom it goes back to
    Column("proof", String(8), nullable=False),  # domain.contact.Proof
    Column("by_id", Id, ForeignKey("users.id")),  # empty: the contact
    Column("linked_at", Instant, nullable=False),
    Column("unlinked_at", Instant),
    Column("lent_name", Text),  # what the contact is called since, having had no name
    partial_index("uq_links_address", "channel", "chat", unique=True, where="unlinked_at IS NULL"),
    sqlite_autoincrement=True,
)
