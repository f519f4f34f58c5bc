"""What platforms tell: their ids of messages, edits, files, who cannot be reached, and the state of each channel."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0002"
down_revision = "0001"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("subject", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("edited_at", Instant(), nullable=True))
    op.add_column("messages", sa.Column("deleted_at", Instant(), nullable=True))
    op.add_column("messages", sa.Column("files", sa.Text(), nullable=True))
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.alter_column("agent_id", existing_type=Id, nullable=True)
    _messages()
    _files()
    _channels()


def _messages() -> None:
    op.create_table(
        "message_details",
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("quoted", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["messages.conversation_id", "messages.seq"],
            name=op.f("fk_message_details_conversation_id_messages"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_message_details")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_message_details_sender", "message_details", ["sender"], unique=False)
    op.create_table(
        "message_versions",
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replaced_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["messages.conversation_id", "messages.seq"],
            name=op.f("fk_message_versions_conversation_id_messages"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", "n", name=op.f("pk_message_versions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "external_ids",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["messages.conversation_id", "messages.seq"],
            name=op.f("fk_external_ids_conversation_id_messages"),
        ),
        sa.PrimaryKeyConstraint("channel", "external_id", name=op.f("pk_external_ids")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_external_ids_message", "external_ids", ["conversation_id", "seq"], unique=False)
    op.create_table(
        "unreachable",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat", name=op.f("pk_unreachable")),
        sqlite_with_rowid=False,
    )


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("uploaded_by", Id, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=32), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_files_conversation_id_conversations")
        ),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_files_uploaded_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("key", name=op.f("uq_files_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_files_message", "files", ["conversation_id", "seq"], unique=False)


def _channels() -> None:
    op.create_table(
        "channel_state",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "key", name=op.f("pk_channel_state")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("is_working", sa.Boolean(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("last_in", Instant(), nullable=True),
        sa.Column("last_out", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
    )
