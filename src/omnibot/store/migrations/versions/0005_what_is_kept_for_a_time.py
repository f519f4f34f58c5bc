"""Raw events that are files, and how far the jobs have come that end what was kept long enough."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0005"
down_revision = "0004"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "originals",
        sa.Column("event_id", Id, autoincrement=False, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kept_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["inbox.id"], name=op.f("fk_originals_event_id_inbox")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_originals")),
    )
    op.create_index("ix_originals_kept_at", "originals", ["kept_at"])
    op.create_table(
        "marks",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_marks")),
    )
