"""When somebody should look at an FAQ entry, be it to read it again or because it ends; and of which days people were told."""

import json
from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

from omnibot.store.schema import Instant

revision = "0016"
down_revision = "0015"

EntryId = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ENDS_SOON = timedelta(days=7)  # as `domain.knowledge` had it


def upgrade() -> None:
    op.execute("ALTER TABLE faq_entries RENAME COLUMN review_by TO look_after")
    _count_endings()
    op.create_table(
        "faq_reminders",
        sa.Column("entry_id", EntryId, nullable=False),
        sa.Column("occasion", sa.String(8), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "occasion", "day", name=op.f("pk_faq_reminders")),
        sqlite_with_rowid=False,
    )


def _count_endings() -> None:
    """The day by which an entry was to be reviewed is there; that from which it ends soon may be earlier."""
    tx = op.get_bind()
    newest = sa.text(
        "SELECT e.id, v.content FROM faq_entries e JOIN faq_versions v ON v.entry_id = e.id AND v.n = e.newest"
    )
    for id, content in tx.execute(newest).all():
        found = json.loads(content)
        if found.get("valid_until"):
            ending = date.fromisoformat(found["valid_until"]) - ENDS_SOON
            look_after = min(ending.isoformat(), found.get("review_by") or "9999-12-31")
            tx.execute(
                sa.text("UPDATE faq_entries SET look_after = :day WHERE id = :id"), {"day": look_after, "id": id}
            )
