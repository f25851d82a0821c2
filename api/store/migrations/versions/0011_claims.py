"""Who is reviewing which event at the moment."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nobody holds anything yet."""
    op.create_table(
        "claims",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_claims_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_claims_user_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_until"), "claims", ["until"])


def downgrade() -> None:
    """Forget who holds what."""
    op.drop_table("claims")
