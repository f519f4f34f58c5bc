"""What lists of visits are looked up by."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("bookings", sa.Column("stage", sa.String(length=16), nullable=True))
    op.add_column("bookings", sa.Column("starts_at", Instant(), nullable=True))
    op.add_column("bookings", sa.Column("wanted_at", Instant(), nullable=True))
    op.create_index(op.f("ix_bookings_starts_at"), "bookings", ["starts_at"], unique=False)
    bookings = sa.table(
        "bookings",
        sa.column("ticket_id", sa.BigInteger),
        sa.column("state", sa.Text),
        sa.column("stage", sa.String),
        sa.column("starts_at", Instant()),
    )
    tx = op.get_bind()
    for ticket_id, text in tx.execute(sa.select(bookings.c.ticket_id, bookings.c.state)).all():
        state = json.loads(text)
        slot = state.get("slot")
        starts_at = datetime.fromisoformat(slot["starts_at"]) if slot else None
        values = {"stage": state["stage"], "starts_at": starts_at}
        tx.execute(sa.update(bookings).where(bookings.c.ticket_id == ticket_id).values(values))
