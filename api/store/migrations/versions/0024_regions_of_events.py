"""Events know the region of their site: a page of any part of the tree is read from its own run of an index."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
_NEW = (
    ["started_at", "id", "region_id"],
    ["region_id", "started_at", "id"],
    ["region_id", "kind", "started_at", "id"],
    ["status", "tier_rank", "started_at", "id", "region_id"],
)
_OLD = ("ix_events_started_at_id_site_id", "ix_events_status_tier_rank_started_at_id_site_id")


def upgrade() -> None:
    """Fill the column from the sites before it is indexed."""
    op.add_column("events", sa.Column("region_id", sa.String(64), nullable=False, server_default=sa.text("''")))
    op.execute("UPDATE events SET region_id = (SELECT region_id FROM sites WHERE sites.id = events.site_id)")
    for name in _OLD:
        op.drop_index(op.f(name), "events")
    for columns in _NEW:
        op.create_index(op.f(f"ix_events_{'_'.join(columns)}"), "events", columns)
    awaits = sa.text("turn <> 'none'")
    name, columns = "ix_cases_awaits_kind_began", ["kind", "began_at", "id"]
    op.create_index(name, "cases", columns, sqlite_where=awaits, postgresql_where=awaits)
