"""Sites have a score, a colour and a place in the worklist; all are computed at once after this."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
_COLOURS = "IN ('green', 'amber', 'red')"
_POINTS = "points >= 0 AND points <= 100 AND final_points >= 0 AND final_points <= 100"


def upgrade() -> None:
    """Create the table, with a row for every site that is due since ever."""
    _create()
    op.create_index(op.f("ix_site_scores_risk_site_id"), "site_scores", ["risk", "site_id"])
    op.create_index(op.f("ix_site_scores_changes_at"), "site_scores", ["changes_at"])
    colour = ["final_colour", "final_points"]
    op.create_index(op.f("ix_site_scores_final_colour_final_points"), "site_scores", colour)
    op.execute(
        "INSERT INTO site_scores (site_id, points, colour, lines, final_points, final_lines, final_colour, risk,"
        " reasons, cameras, unhealthy, edition, computed_at, changes_at)"
        " SELECT id, 100, 'green', '[]', 100, '[]', 'green', 0, '[]', 0, 0, '', '1970-01-01 00:00:00',"
        " '1970-01-01 00:00:00' FROM sites"
    )


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _create() -> None:
    op.create_table(
        "site_scores",
        _text("site_id", 64),
        sa.Column("points", sa.Float(), nullable=False),
        _text("colour", 8),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("final_points", sa.Float(), nullable=False),
        sa.Column("final_lines", sa.JSON(), nullable=False),
        _text("final_colour", 8),
        sa.Column("risk", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("cameras", sa.Integer(), nullable=False),
        sa.Column("unhealthy", sa.Integer(), nullable=False),
        _text("edition", 32),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("computed_at", "changes_at")),
        sa.CheckConstraint(_POINTS, name=op.f("ck_site_scores_points")),
        sa.CheckConstraint(f"colour {_COLOURS}", name=op.f("ck_site_scores_colour")),
        sa.CheckConstraint(f"final_colour {_COLOURS}", name=op.f("ck_site_scores_final_colour")),
        sa.CheckConstraint("cameras >= 0 AND unhealthy >= 0", name=op.f("ck_site_scores_cameras")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_scores_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_scores")),
    )
