"""FAQ entries edited in the console, their versions, and what the bot could not answer."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0008"
down_revision = "0007"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EntryId = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "faq_entries",
        sa.Column("id", EntryId, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("shown", sa.String(8), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("review_by", sa.String(10), nullable=True),
        sa.Column("file_version", sa.String(16), nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("gap_id", Id, nullable=True),
        sa.Column("updated_by", Id, nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_faq_entries_owner_id_users")),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_faq_entries_updated_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_entries")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_faq_entries_revision"), "faq_entries", ["revision"])
    op.create_table(
        "faq_versions",
        sa.Column("entry_id", EntryId, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author_id", Id, nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=True),
        sa.Column("live_at", Instant(), nullable=True),
        sa.Column("live_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["faq_entries.id"], name=op.f("fk_faq_versions_entry_id_faq_entries")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_faq_versions_author_id_users")),
        sa.PrimaryKeyConstraint("entry_id", "n", name=op.f("pk_faq_versions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "faq_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_revision")),
    )
    op.create_table(
        "faq_gaps",
        sa.Column("id", Id, nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("entry_id", EntryId, nullable=True),
        sa.Column("decided_by", Id, nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_faq_gaps_decided_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_gaps")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "faq_gap_questions",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gap_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["gap_id"], ["faq_gaps.id"], name=op.f("fk_faq_gap_questions_gap_id_faq_gaps")),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_faq_gap_questions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_faq_gap_questions_gap_id"), "faq_gap_questions", ["gap_id"])
    op.create_table(
        "faq_marks",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", EntryId, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_faq_marks_user_id_users")),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_faq_marks")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_faq_marks_at"), "faq_marks", ["at"])
