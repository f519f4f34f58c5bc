"""Who else gets a message: copies and hidden copies."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("message_details", sa.Column("cc", sa.Text(), nullable=True))
    op.add_column("message_details", sa.Column("bcc", sa.Text(), nullable=True))
