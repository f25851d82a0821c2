"""Find a page of events in the indices alone: they hold the site, by which a caller's part of the tree is told."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace two indices by ones that hold more."""
    op.create_index(op.f("ix_events_started_at_id_site_id"), "events", ["started_at", "id", "site_id"])
    columns = ["status", "tier_rank", "started_at", "id", "site_id"]
    op.create_index(op.f("ix_events_status_tier_rank_started_at_id_site_id"), "events", columns)
    op.drop_index(op.f("ix_events_started_at_id"), "events")
    op.drop_index(op.f("ix_events_status_started_at"), "events")
