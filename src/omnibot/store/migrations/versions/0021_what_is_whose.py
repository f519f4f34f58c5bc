"""Who said what is in a form, and who lent a name, of contacts whose chats are taken together.

Facts and purchases stay with the contact they were learnt of from here on, which needs no column. What moved before, when
two contacts were taken together, is the kept contact's for good: nothing tells any more whose it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("links", sa.Column("lent_name", sa.Text(), nullable=True))
    op.add_column("fillings", sa.Column("own_contact_id", Id, nullable=True))
    # A form of somebody who has several chats may hold what each of them said.
    op.execute(
        "UPDATE fillings SET own_contact_id = contact_id WHERE contact_id NOT IN"
        " (SELECT contact_id FROM links WHERE unlinked_at IS NULL)"
    )
