"""Facts, products and purchases; dealers and their cases; who is assigned to a ticket."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0010"
down_revision = "0009"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dealers",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealers")),
        sa.UniqueConstraint("name", name=op.f("uq_dealers_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "products",
        sa.Column("id", Id, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("warranty_months", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("sku", name=op.f("uq_products_sku")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "absences",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_absences")),
    )
    op.create_table(
        "purchases",
        sa.Column("id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=False),
        sa.Column("warranty_ends_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_purchases_contact_id_contacts")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_purchases_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchases")),
        sa.UniqueConstraint("contact_id", "product_id", "serial", "bought_on", name="uq_purchases_what_and_when"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_purchases_product_id"), "purchases", ["product_id"], unique=False)
    op.create_index("ix_purchases_serial", "purchases", ["serial"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("ticket_id", Id, autoincrement=False, nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("dealer_id", Id, nullable=True),
        sa.Column("first_agent_id", Id, nullable=True),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("unowned_at", Instant(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_assignments_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["first_agent_id"], ["users.id"], name=op.f("fk_assignments_first_agent_id_users")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_assignments_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_dealer_id"), "assignments", ["dealer_id"], unique=False)
    op.create_table(
        "dealer_cases",
        sa.Column("ticket_id", Id, autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("dealer_id", Id, nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("member_id", Id, nullable=True),
        sa.Column("answer_due_at", Instant(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_dealer_cases_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_dealer_cases_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_dealer_cases")),
    )
    op.create_index(op.f("ix_dealer_cases_dealer_id"), "dealer_cases", ["dealer_id"], unique=False)
    op.create_index(
        "ix_dealer_cases_unanswered",
        "dealer_cases",
        ["answer_due_at"],
        unique=False,
        sqlite_where=sa.text("stage = 'offered'"),
        postgresql_where=sa.text("stage = 'offered'"),
    )
    op.create_table(
        "dealer_offers",
        sa.Column("ticket_id", Id, autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dealer_id", Id, nullable=False),
        sa.Column("member_id", Id, nullable=True),
        sa.Column("offered_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answer", sa.String(length=12), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("agreed_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_dealer_offers_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_dealer_offers_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "n", name=op.f("pk_dealer_offers")),
    )
    op.create_index("ix_dealer_offers_dealer", "dealer_offers", ["dealer_id", "offered_at"], unique=False)
    op.create_table(
        "facts",
        sa.Column("id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_facts_contact_id_contacts")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_facts_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_facts_of_contact",
        "facts",
        ["contact_id", "key"],
        unique=True,
        sqlite_where=sa.text("ticket_id IS NULL"),
        postgresql_where=sa.text("ticket_id IS NULL"),
    )
    op.create_index(
        "uq_facts_of_ticket",
        "facts",
        ["ticket_id", "key"],
        unique=True,
        sqlite_where=sa.text("ticket_id IS NOT NULL"),
        postgresql_where=sa.text("ticket_id IS NOT NULL"),
    )
