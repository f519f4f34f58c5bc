"""Whether a platform vouches for who wrote a message."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("message_details", sa.Column("is_verified", sa.Boolean(), nullable=True))
