"""A word that tells processes with another key that theirs is not the database's."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the next process that opens a shared database puts the word in."""
    op.create_table(
        "touchstones",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_touchstones")),
    )
