"""What is decided about places: how risky a site was graded, and who has reviewed which camera as a device."""

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, Float, ForeignKey, Index, Integer, String, Table

from api.store.schema import Utc, metadata

gradings = Table(
    "gradings",
    metadata,
    Column("site_id", String(64), ForeignKey("sites.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("grade", String(1), nullable=False),
    Column("points", Float, nullable=False),
    Column("lines", JSON, nullable=False),
    Column("edition", String(32), nullable=False),
    Column("graded_on", Date, nullable=False),
    Column("note", String(1000), nullable=False),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("at", Utc, nullable=False),
    CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="grade"),
    CheckConstraint("points >= 0 AND points <= 100", name="points"),
    CheckConstraint("number >= 1", name="number"),
)
"""Append-only; the newest is the site's own grade. `edition` is that of the rule (`api/places/risk.toml`)."""

device_reviews = Table(
    "device_reviews",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("legal", Boolean(create_constraint=True, name="legal"), nullable=False),
    Column("technical", Boolean(create_constraint=True, name="technical"), nullable=False),
    Column("siting", Boolean(create_constraint=True, name="siting"), nullable=False),
    Column("signs", Boolean(create_constraint=True, name="signs"), nullable=False),
    Column("published", Boolean(create_constraint=True, name="published"), nullable=False),
    Column("document", String(200), nullable=False),
    Column("note", String(1000), nullable=False),
    Column("looks_at", String(64), nullable=False),
    Column("valid_until", Date, nullable=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("at", Utc, nullable=False),
    CheckConstraint("number >= 1", name="number"),
    Index(None, "camera_id", "at"),
)
"""Append-only: what Administrative Penalty Law article 41 asks of a device before its recordings count.

`looks_at` is the digest of the address and zones that were reviewed: a camera that looks elsewhere is another one.
"""
