"""What somebody said under a card and may make a promise of with one press."""

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant
from omnibot.store.schema.columns import Id

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "promise_offers",
        sa.Column("id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("holder", sa.String(8), nullable=False),
        sa.Column("holder_id", Id, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("promise_id", Id),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_promise_offers_card_id_cards")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_offers")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_promise_offers_card_id"), "promise_offers", ["card_id"])
