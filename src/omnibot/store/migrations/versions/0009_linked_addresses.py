"""Which addresses are one contact's, and what an album's parts said."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0009"
down_revision = "0008"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("message_details", sa.Column("captions", sa.Text(), nullable=True))
    op.add_column("conversations", sa.Column("continues", Id, nullable=True))
    op.create_table(
        "links",
        sa.Column("id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("own_contact_id", Id, nullable=False),
        sa.Column("proof", sa.String(8), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.Column("unlinked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_links_contact_id_contacts")),
        sa.ForeignKeyConstraint(["own_contact_id"], ["contacts.id"], name=op.f("fk_links_own_contact_id_contacts")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_links_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_links_contact_id"), "links", ["contact_id"])
    op.create_index(
        "uq_links_address",
        "links",
        ["channel", "chat"],
        unique=True,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
