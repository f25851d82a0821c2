"""How a camera is looked at can be set for each, and its worker tells how it goes in figures."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give both a place; null means the usual settings, and nothing told yet."""
    op.add_column("cameras", sa.Column("sampling", sa.JSON(), nullable=True))
    op.add_column("camera_states", sa.Column("figures", sa.JSON(), nullable=True))
