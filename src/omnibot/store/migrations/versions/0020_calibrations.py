"""Thresholds of the FAQ that people applied in the console."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema.columns import Instant

revision = "0020"
down_revision = "0019"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "faq_calibrations",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("answer", sa.Float(53)),
        sa.Column("suggest", sa.Float(53)),
        sa.Column("margin", sa.Float(53)),
        sa.Column("forbidden", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("restores", sa.Integer()),
        sa.Column("author_id", Id, nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_faq_calibrations_author_id_users")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_faq_calibrations")),
    )
