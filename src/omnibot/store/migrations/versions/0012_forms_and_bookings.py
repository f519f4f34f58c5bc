"""Forms that customers fill in, and the visits they book."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0012"
down_revision = "0011"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fillings",
        sa.Column("id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("asked_known", sa.Integer(), nullable=False),
        sa.Column("ticket_id", Id, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_fillings_contact_id_contacts")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_fillings_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fillings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_fillings_ticket_id"), "fillings", ["ticket_id"], unique=False)
    op.create_index(
        "uq_fillings_open",
        "fillings",
        ["contact_id", "form"],
        unique=True,
        sqlite_where=sa.text("ticket_id IS NULL"),
        postgresql_where=sa.text("ticket_id IS NULL"),
    )
    op.add_column("files", sa.Column("ticket_id", Id, nullable=True))
    op.create_index(op.f("ix_files_ticket_id"), "files", ["ticket_id"], unique=False)
    op.create_table(
        "bookings",
        sa.Column("ticket_id", Id, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("remind_at", Instant(), nullable=True),
        sa.Column("file_due", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_bookings_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_bookings")),
    )
    for name, column, where in (
        ("ix_bookings_remind", "remind_at", "remind_at IS NOT NULL"),
        ("ix_bookings_file", "ticket_id", "file_due"),
    ):
        op.create_index(
            name, "bookings", [column], unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
