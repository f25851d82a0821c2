"""The tables of inspections: each with its lines and answers, and the newest result of each gating list of a site."""

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text

from api.store.schema import Utc, metadata

_OPEN = text("state = 'open'")

inspections = Table(
    "inspections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("list", String(64), nullable=False),
    Column("edition", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("opened_by", String(64), ForeignKey("users.id"), nullable=False),
    Column("ended_at", Utc, nullable=True),
    Column("ended_by", String(64), ForeignKey("users.id"), nullable=True),
    Column("valid_until", Utc, nullable=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("state IN ('open', 'concluded', 'void')", name="state"),
    CheckConstraint("outcome IN ('', 'passed', 'to_correct', 'failed')", name="outcome"),
    CheckConstraint("(state = 'concluded') = (outcome <> '')", name="concluded"),
    CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
    CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    CheckConstraint("version >= 1", name="version"),
    Index("uq_inspections_open", "site_id", "list", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "opened_at", "id"),
    Index(None, "site_id", "opened_at"),
)
"""`lines` names the lines of the list as it was; `note` is what was said at its end."""

admissions = Table(
    "admissions",
    metadata,
    Column("site_id", String(64), ForeignKey("sites.id"), primary_key=True),
    Column("list", String(64), primary_key=True),
    Column("inspection_id", String(36), ForeignKey("inspections.id"), nullable=True),
    Column("outcome", String(16), nullable=False),
    Column("since", Utc, nullable=False),
    Column("valid_until", Utc, nullable=True),
    CheckConstraint("outcome IN ('', 'passed', 'to_correct', 'failed')", name="outcome"),
    CheckConstraint("(outcome = '') = (inspection_id IS NULL)", name="concluded"),
)
"""One for each gating list that a site was ever put on; without an outcome until its first inspection is concluded."""
