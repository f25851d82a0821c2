"""Which account belongs to which user of an OpenID provider."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of bonds."""
    name = "identities"
    op.create_table(
        name,
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{name}_user_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f(f"pk_{name}")),
    )
    op.create_index("uq_identities_account", name, ["issuer", "user_id"], unique=True)
