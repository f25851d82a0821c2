"""Secrets at rest: a sealed second factor is longer than an open one; what lies open is sealed at the first start."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for a sealed secret."""
    with op.batch_alter_table("second_factors") as table:
        table.alter_column("secret", existing_type=sa.String(length=64), type_=sa.Text(), existing_nullable=False)
