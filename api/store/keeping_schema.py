"""The tables of what is kept how long: the root of each day, legal holds, and the proof of each deletion."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from api.store.schema import Utc, metadata

ONE_THING = (
    "CASE WHEN case_id IS NULL THEN 0 ELSE 1 END + CASE WHEN event_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN photo_id IS NULL THEN 0 ELSE 1 END = 1"
)

day_seals = Table(
    "day_seals",
    metadata,
    Column("day", Date, primary_key=True),
    Column("root", String(64), nullable=False),
    Column("first_audit", BigInteger, nullable=False),
    Column("last_audit", BigInteger, nullable=False),
    Column("manifests", Integer, nullable=False),
    Column("sealed_at", Utc, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("stamped_at", Utc, nullable=True),
    CheckConstraint("length(root) = 64", name="root"),
    CheckConstraint("first_audit >= 1 AND last_audit >= first_audit - 1", name="audit_rows"),
    CheckConstraint("manifests >= 0", name="manifests"),
    CheckConstraint("(stamp = '') = (stamped_at IS NULL)", name="stamped"),
)
"""The Merkle root over a day (UTC): its audit rows, then the manifests stored in it. Append-only but for the stamp.

`stamp` is the RFC 3161 response of an authority over the root, in base64; empty where none was asked.
"""

sealed_manifests = Table(
    "sealed_manifests",
    metadata,
    Column("day", Date, ForeignKey("day_seals.day"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("number >= 1", name="number"),
    Index(None, "event_id"),
)
"""Which manifests a day's root covers, in order: the root can be computed again after they were deleted."""

deletions = Table(
    "deletions",
    metadata,
    Column("event_id", String(36), ForeignKey("events.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("stored_at", Utc, nullable=False),
    Column("deleted_at", Utc, nullable=False),
    Column("rule", String(64), nullable=False),
    Column("edition", String(32), nullable=False),
    Index(None, "deleted_at"),
)
"""Append-only: what was deleted, when, and by which rule of which edition of the policy."""

photo_deletions = Table(
    "photo_deletions",
    metadata,
    Column("photo_id", String(36), ForeignKey("photos.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("stored_at", Utc, nullable=False),
    Column("deleted_at", Utc, nullable=False),
    Column("rule", String(64), nullable=False),
    Column("edition", String(32), nullable=False),
    Index(None, "deleted_at", "sha256"),
    Index(None, "sha256"),
)
"""The same of photos. Append-only: bytes that were deleted are not taken again, either."""

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("case_id", String(36), ForeignKey("cases.id"), nullable=True),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=True),
    Column("photo_id", String(36), ForeignKey("photos.id"), nullable=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("placed_at", Utc, nullable=False),
    Column("lifted_at", Utc, nullable=True),
    Column("lifted_by", String(64), ForeignKey("users.id"), nullable=True),
    CheckConstraint(ONE_THING, name="one_thing"),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
    Index(None, "case_id"),
    Index(None, "event_id"),
    Index(None, "photo_id"),
    Index(None, "site_id", "placed_at"),
)
"""While a hold is not lifted, nothing of its case, event or proof is deleted."""
