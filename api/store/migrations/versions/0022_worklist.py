"""Count sites by colour, and find the newest cases in which somebody is to act, by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
_AWAITS = sa.text("turn <> 'none'")


def upgrade() -> None:
    """Create both indexes."""
    op.create_index(op.f("ix_site_scores_colour"), "site_scores", ["colour"])
    columns = ["began_at", "id"]
    op.create_index("ix_cases_awaits_began", "cases", columns, sqlite_where=_AWAITS, postgresql_where=_AWAITS)
