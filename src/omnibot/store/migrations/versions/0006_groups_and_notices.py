"""Groups in which people work, who is known there, and what is shown to them by the outbox."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0006"
down_revision = "0005"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _cards()
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.alter_column("conversation_id", existing_type=Id, nullable=True)
        batch_op.alter_column("seq", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("notice_id", Id, nullable=True))
        batch_op.create_foreign_key("fk_outbox_notice_id_notices", "notices", ["notice_id"], ["id"])
        batch_op.create_unique_constraint("uq_outbox_notice_id", ["notice_id"])


def _people() -> None:
    op.create_table(
        "groups",
        sa.Column("id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("dealer_id", Id, nullable=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("registered_by", Id, nullable=True),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("gone_at", Instant(), nullable=True),
        sa.Column("gone_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["registered_by"], ["users.id"], name=op.f("fk_groups_registered_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_groups_place",
        "groups",
        ["channel", "chat", "thread"],
        unique=True,
        sqlite_where=sa.text("gone_at IS NULL"),
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.create_table(
        "members",
        sa.Column("id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("dealer_id", Id, nullable=True),
        sa.Column("enrolled_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_members_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_members_user_id", "members", ["user_id"])
    op.create_index("ix_members_sender", "members", ["channel", "sender"])
    op.create_table(
        "strangers",
        sa.Column("group_id", Id, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_strangers_group_id_groups")),
        sa.PrimaryKeyConstraint("group_id", "sender", name=op.f("pk_strangers")),
        sqlite_with_rowid=False,
    )


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("id", Id, nullable=False),
        sa.Column("group_id", Id, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("conversation_id", Id, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("choices", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("seen_epoch", sa.Integer(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("snoozed_until", Instant(), nullable=True),
        sa.Column("snoozed_by", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_cards_group_id_groups")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_cards_conversation_id_conversations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint("group_id", "subject", name=op.f("uq_cards_group_id_subject")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cards_conversation_id", "cards", ["conversation_id"])
    op.create_table(
        "notices",
        sa.Column("id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=True),
        sa.Column("is_card", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("choices", sa.Text(), nullable=True),
        sa.Column("files", sa.Text(), nullable=True),
        sa.Column("opens", sa.Text(), nullable=True),
        sa.Column("answers", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_notices_card_id_cards")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_card_id", "notices", ["card_id"])
    op.create_table(
        "notice_ids",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("notice_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_ids_notice_id_notices")),
        sa.PrimaryKeyConstraint("channel", "external_id", name=op.f("pk_notice_ids")),
        sqlite_with_rowid=False,
    )
