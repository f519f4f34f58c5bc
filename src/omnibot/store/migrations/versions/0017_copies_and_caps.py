"""Copies of conversations by mail, how often somebody may have one, and how far both sides have read."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Id, Instant

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "caps",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_caps")),
    )
    op.create_index(op.f("ix_caps_ends_at"), "caps", ["ends_at"], unique=False)
    op.add_column("notices", sa.Column("copies", Id, nullable=True))
    op.create_index(op.f("ix_notices_copies"), "notices", ["copies"], unique=False)
    op.create_table(
        "read_marks",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("customer_seq", sa.Integer(), nullable=False),
        sa.Column("customer_at", Instant(), nullable=True),
        sa.Column("staff_seq", sa.Integer(), nullable=False),
        sa.Column("staff_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_read_marks_conversation_id_conversations")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_read_marks")),
        sqlite_with_rowid=False,
    )
