"""Ratings, incidents that many ask about, and work that overflows to another team."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0013"
down_revision = "0012"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "ratings",
        sa.Column("id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=True),
        sa.Column("wanted_at", Instant(), nullable=False),
        sa.Column("ask_at", Instant(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("rated_at", Instant(), nullable=True),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("dealer_id", Id, nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("entry_id", sa.Text(), nullable=True),
        _reference("ratings", "conversation_id", "conversations"),
        _reference("ratings", "ticket_id", "tickets"),
        _reference("ratings", "agent_id", "users"),
        _reference("ratings", "dealer_id", "dealers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ratings_conversation", "ratings", ["conversation_id", "id"], unique=False)
    op.create_index("ix_ratings_asked", "ratings", ["asked_at"], unique=False)
    for name, column, unique, where in (
        ("ix_ratings_ask", "ask_at", False, "ask_at IS NOT NULL"),
        ("uq_ratings_ticket", "ticket_id", True, "ticket_id IS NOT NULL"),
        ("uq_ratings_wanted", "conversation_id", True, "ask_at IS NOT NULL"),
    ):
        op.create_index(
            name, "ratings", [column], unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.create_table(
        "incidents",
        sa.Column("id", Id, nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("decided_by", Id, nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("news", sa.Integer(), nullable=False),
        _reference("incidents", "decided_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_state", "incidents", ["state", "id"], unique=False)
    op.create_table(
        "incident_news",
        sa.Column("incident_id", Id, autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        _reference("incident_news", "incident_id", "incidents"),
        _reference("incident_news", "by_id", "users"),
        sa.PrimaryKeyConstraint("incident_id", "n", name=op.f("pk_incident_news")),
    )
    op.create_table(
        "incident_members",
        sa.Column("incident_id", Id, autoincrement=False, nullable=False),
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        _reference("incident_members", "incident_id", "incidents"),
        _reference("incident_members", "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("incident_id", "conversation_id", name=op.f("pk_incident_members")),
    )
    op.create_index("ix_incident_members_conversation", "incident_members", ["conversation_id"], unique=False)
    op.create_table(
        "overflows",
        sa.Column("id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("from_team", sa.Text(), nullable=False),
        sa.Column("to_team", sa.Text(), nullable=False),
        sa.Column("why", sa.String(length=8), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        _reference("overflows", "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overflows")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_overflows_conversation", "overflows", ["conversation_id", "epoch"], unique=True)
