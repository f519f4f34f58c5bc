"""Who stands on the ladder, where admins have set it in the console."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ladder_seats",
        sa.Column("id", Id, nullable=False),
        sa.Column("rung", sa.String(12), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("since", sa.String(10)),
        sa.Column("until", sa.String(10)),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ladder_seats_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_seats")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ladder_seats_rung", "ladder_seats", ["rung", "team"])
