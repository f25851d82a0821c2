"""The score of each site as it was computed last, and when it may change by itself."""

from datetime import UTC, datetime

from sqlalchemy import JSON, CheckConstraint, Column, Float, ForeignKey, Index, Integer, String, Table

from api.store.schema import Utc, metadata

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""As `changes_at`: was never computed."""

site_scores = Table(
    "site_scores",
    metadata,
    Column("site_id", String(64), ForeignKey("sites.id"), primary_key=True),
    Column("points", Float, nullable=False),
    Column("colour", String(8), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("final_points", Float, nullable=False),
    Column("final_lines", JSON, nullable=False),
    Column("final_colour", String(8), nullable=False),
    Column("risk", Float, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("cameras", Integer, nullable=False),
    Column("unhealthy", Integer, nullable=False),
    Column("edition", String(32), nullable=False),
    Column("computed_at", Utc, nullable=False),
    Column("changes_at", Utc, nullable=False),
    CheckConstraint("points >= 0 AND points <= 100 AND final_points >= 0 AND final_points <= 100", name="points"),
    CheckConstraint("colour IN ('green', 'amber', 'red')", name="colour"),
    CheckConstraint("final_colour IN ('green', 'amber', 'red')", name="final_colour"),
    CheckConstraint("cameras >= 0 AND unhealthy >= 0", name="cameras"),
    Index(None, "colour"),
    Index(None, "risk", "site_id"),
    Index(None, "changes_at"),
    Index(None, "final_colour", "final_points"),
)
"""`final_…`: from cases only that nobody can appeal any more; what the public may see."""
