"""A case that is closed and contested awaits a decision: what falls due is found by whose turn it is."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
_AWAITS = sa.text("turn <> 'none'")


def upgrade() -> None:
    """Replace the index of what falls due."""
    op.drop_index("ix_cases_open_due", table_name="cases")
    columns = ["due_at", "id"]
    op.create_index("ix_cases_awaits_due", "cases", columns, sqlite_where=_AWAITS, postgresql_where=_AWAITS)
