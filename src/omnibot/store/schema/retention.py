"""What is kept for a time only."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, Text

from omnibot.store.schema.columns import Id, Instant, metadata

# Raw events that are files in the data folder, such as mails; what we read of them is in the inbox.
originals = Table(
    "originals",
    metadata,
    Column("event_id", Id, ForeignKey("inbox.id"), primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),  # below the data folder
    Column("kept_at", Instant, nullable=False, index=True),
)

# How far a job that walks through a table by id has come.
marks = Table(
    "marks",
    metadata,
    Column("job", Text, primary_key=True),
    Column("id", sa.BigInteger, nullable=False),
)
