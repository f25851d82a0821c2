"""How many new events a key may tell of in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the limit, and what was told on the day that counts."""
    op.add_column("keys", sa.Column("events_a_day", sa.Integer(), nullable=True))
    op.add_column("keys", sa.Column("events_day", sa.Date(), nullable=True))
    op.add_column("keys", sa.Column("events_count", sa.Integer(), nullable=True))
