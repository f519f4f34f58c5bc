"""Dealers' cards, what their people are asked, photos of cases, and digests."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0011"
down_revision = "0010"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("cards", sa.Column("ticket_id", Id, nullable=True))
    op.create_index(op.f("ix_cards_ticket_id"), "cards", ["ticket_id"])
    op.create_table(
        "dealer_forms",
        sa.Column("ticket_id", Id, autoincrement=False, nullable=False),
        sa.Column("member_id", Id, autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_dealer_forms_ticket_id_tickets")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_dealer_forms_member_id_members")),
        sa.PrimaryKeyConstraint("ticket_id", "member_id", name=op.f("pk_dealer_forms")),
    )
    op.create_table(
        "case_photos",
        sa.Column("id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("file_id", Id, nullable=True),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_case_photos_ticket_id_tickets")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_case_photos_file_id_files"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_photos")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_case_photos_ticket_id"), "case_photos", ["ticket_id"])
    op.create_index(op.f("ix_case_photos_file_id"), "case_photos", ["file_id"])
    op.create_table(
        "dealer_digests",
        sa.Column("dealer_id", Id, autoincrement=False, nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_dealer_digests_dealer_id_dealers")),
        sa.PrimaryKeyConstraint("dealer_id", name=op.f("pk_dealer_digests")),
    )
