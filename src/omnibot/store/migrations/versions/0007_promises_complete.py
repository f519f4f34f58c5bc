"""Promises with calendars, pauses, warnings, an escalation ladder and a history."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant, Length

revision = "0007"
down_revision = "0006"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_calendars")),
    )
    for column in (
        sa.Column("allowance", Length(), nullable=True),
        sa.Column("calendar", sa.String(16), nullable=True),
        sa.Column("pauses", sa.Text(), nullable=True),
        sa.Column("wake_at", Instant(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("rung", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.Column("acknowledged_by", Id, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("follows_id", Id, nullable=True),
        sa.Column("told_at", Instant(), nullable=True),
    ):
        op.add_column("promises", column)
    # What runs already has its due time; it is not warned of, and breaks as it would have.
    op.execute("UPDATE promises SET warned = 100, rung = 1 WHERE broken_at IS NOT NULL")
    op.execute("UPDATE promises SET warned = 80, wake_at = due_at WHERE ended_at IS NULL AND broken_at IS NULL")
    op.drop_index("ix_promises_due", "promises")
    op.create_index(
        "ix_promises_wake",
        "promises",
        ["wake_at"],
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(
        "ix_promises_open",
        "promises",
        ["due_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "promise_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("promise_id", Id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.Column("by_name", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name=op.f("fk_promise_events_promise_id_promises")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_promise_events_promise_id"), "promise_events", ["promise_id"])
    op.add_column("contacts", sa.Column("tier", sa.String(16), nullable=True))
