"""How fast chats may be written to, who has left a group where people work, and which signed identities were shown."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("spoken_for", Instant(), nullable=False),
        sa.Column("ready_at", Instant(), nullable=False),
        sa.Column("caution", sa.Float(), nullable=False),
        sa.Column("cautious_since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat", name=op.f("pk_paces")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "departures",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat", "sender", name=op.f("pk_departures")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shown_identities",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_shown_identities")),
    )
    op.create_index(op.f("ix_shown_identities_expires_at"), "shown_identities", ["expires_at"], unique=False)
