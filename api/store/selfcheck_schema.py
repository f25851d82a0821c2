"""The tables of self-checks: who holds which post, and every round of every site that takes part."""

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table

from api.store.schema import Utc, metadata

kitchen_posts = Table(
    "kitchen_posts",
    metadata,
    Column("user_id", String(64), ForeignKey("users.id"), primary_key=True),
    Column("post", String(16), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("given_by", String(64), ForeignKey("users.id"), nullable=False),
    CheckConstraint("post IN ('officer', 'director', 'principal')", name="post"),
    Index(None, "site_id"),
)
"""In a small shop one person holds all three."""

selfcheck_plans = Table(
    "selfcheck_plans",
    metadata,
    Column("site_id", String(64), ForeignKey("sites.id"), primary_key=True),
    Column("round", String(16), primary_key=True),
    Column("opens_at", Utc, nullable=False),
    CheckConstraint("round IN ('daily', 'weekly', 'monthly')", name="round"),
    Index(None, "opens_at"),
)
"""When the next round of a site opens. A site takes part from the day on which somebody got a post."""

selfchecks = Table(
    "selfchecks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("round", String(16), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("state", String(16), nullable=False),
    Column("edition", String(32), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("seen", JSON, nullable=False),
    Column("begins_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("reminded_at", Utc, nullable=True),
    Column("signed_at", Utc, nullable=True),
    Column("signed_by", String(64), ForeignKey("users.id"), nullable=True),
    Column("signed_late", Boolean(create_constraint=True, name="signed_late"), nullable=False),
    Column("wakes_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("round IN ('daily', 'weekly', 'monthly')", name="round"),
    CheckConstraint("state IN ('open', 'signed', 'missed')", name="state"),
    CheckConstraint("(state = 'signed') = (signed_at IS NOT NULL)", name="signed"),
    CheckConstraint("(signed_at IS NULL) = (signed_by IS NULL)", name="signed_by_somebody"),
    CheckConstraint("version >= 1", name="version"),
    Index("uq_selfchecks_period", "site_id", "round", "starts_on", unique=True),
    Index(None, "wakes_at"),
    Index(None, "begins_at", "id"),
    Index(None, "state", "begins_at"),
)
"""`lines` names the lines of the list as it was; `seen` what the cameras found, kept when it is signed."""
