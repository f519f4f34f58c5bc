"""One-time codes that people say in a chat, signed identities that count once, and how often somebody has had something."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from omnibot.store.schema.columns import Id, Instant, metadata

codes = Table(
    "codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("subject", Text, nullable=False),  # the id of whom or what it is about
    Column("made_by", Id, ForeignKey("users.id")),  # empty: the contact asked for it
    Column("expires_at", Instant, nullable=False),
    Index("ix_codes_expires_at", "expires_at"),
)

shown_identities = Table(
    "shown_identities",
    metadata,
    Column("digest", String(64), primary_key=True),  # of whose it is and its nonce
    Column("expires_at", Instant, nullable=False, index=True),
)

# How often something was had in a stretch of time, by whom or for whom it counts: `store.caps`.
caps = Table(
    "caps",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)
