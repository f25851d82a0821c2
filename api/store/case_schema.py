"""The tables of cases: where each stands, what it grew from, what was done, and its clocks."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from api.store.schema import Utc, metadata

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Stands in an index for what will not come; the end of our times (api.fields.LAST_YEAR)."""
_IS_OPEN = text("stage NOT IN ('closed', 'withdrawn')")
"""Also how queries must say it, word for word: only then a database sees that the partial index answers them."""
_AWAITS = text("turn <> 'none'")
_IS_IN = text("left_at IS NULL")

cases = Table(
    "cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("tier", String(3), nullable=False),
    Column("day", Date, nullable=False),
    Column("year_before", Date, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("appeal", String(16), nullable=False),
    Column("card", String(16), nullable=False),
    Column("turn", String(16), nullable=False),
    Column("confirmed_by", String(64), ForeignKey("users.id"), nullable=False),
    Column("policy", String(32), nullable=False),
    Column("terms", JSON, nullable=False),
    Column("order_texts", JSON, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("began_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("wakes_at", Utc, nullable=False),
    CheckConstraint("tier IN ('I', 'II', 'III')", name="tier"),
    CheckConstraint(
        "stage IN ('confirmed', 'ordered', 'acknowledged', 'planned', 'rectified', 'returned', 'closed', 'withdrawn')",
        name="stage",
    ),
    CheckConstraint("appeal IN ('none', 'filed', 'upheld', 'rejected')", name="appeal"),
    CheckConstraint("card IN ('none', 'yellow', 'red', 'on_site')", name="card"),
    CheckConstraint("turn IN ('supervisor', 'kitchen', 'none')", name="turn"),
    CheckConstraint("version >= 1 AND steps >= 0", name="version"),
    Index("uq_cases_open", "site_id", "kind", "day", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    Index(None, "began_at", "id"),
    Index("ix_cases_awaits_began", "began_at", "id", sqlite_where=_AWAITS, postgresql_where=_AWAITS),
    Index("ix_cases_awaits_kind_began", "kind", "began_at", "id", sqlite_where=_AWAITS, postgresql_where=_AWAITS),
    Index("ix_cases_awaits_due", "due_at", "id", sqlite_where=_AWAITS, postgresql_where=_AWAITS),
    Index(None, "wakes_at"),
    Index(None, "site_id", "began_at"),
    Index(None, "site_id", "kind", "day"),
    Index(None, "stage", "began_at"),
)
"""One open case for each site, kind and day of the site.

`event_id` is the event with which it began; `steps` the number of the newest row in `case_steps`; `due_at` when the
next duty of a person ends; `wakes_at` when the system has something to do by itself. `order_texts` is empty until it is
ordered, and never changes after.
"""

is_open: ColumnElement[bool] = literal_column("cases.stage NOT IN ('closed', 'withdrawn')")
"""An event of its ground joins it."""
awaits: ColumnElement[bool] = literal_column("cases.turn <> 'none'")
"""Somebody is to act: it is open, or closed and contested."""

case_events = Table(
    "case_events",
    metadata,
    Column("case_id", String(36), ForeignKey("cases.id"), primary_key=True),
    Column("event_id", String(36), ForeignKey("events.id"), primary_key=True),
    Column("joined_at", Utc, nullable=False),
    Column("left_at", Utc, nullable=True),
    Column("confirmed_by", String(64), ForeignKey("users.id"), nullable=False),
    Index("uq_case_events_one_case", "event_id", unique=True, sqlite_where=_IS_IN, postgresql_where=_IS_IN),
)
"""An event is in one case at most; one whose confirmation was taken back has left."""

case_steps = Table(
    "case_steps",
    metadata,
    Column("case_id", String(36), ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("action", String(16), nullable=False),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=True),
    Column("role", String(16), nullable=False),
    Column("at", Utc, nullable=False),
    Column("stored_at", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    Column("proof", JSON, nullable=False),
    Column("until", Utc, nullable=True),
    CheckConstraint("number >= 1", name="number"),
    CheckConstraint("role IN ('supervisor', 'kitchen', 'system')", name="role"),
    CheckConstraint("(role = 'system') = (user_id IS NULL)", name="system_is_nobody"),
    Index(None, "user_id", "case_id"),
)
"""Append-only. `at` is when a step counts, `stored_at` when it was written: the system may have been away."""

case_clocks = Table(
    "case_clocks",
    metadata,
    Column("case_id", String(36), ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(16), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("in_working_time", Boolean(create_constraint=True, name="in_working_time"), nullable=False),
    Column("stopped_at", Utc, nullable=True),
    Column("stopped_by", String(16), nullable=False),
    Column("left_us", BigInteger, nullable=True),
    Column("reminded", Integer, nullable=False),
    CheckConstraint("(stopped_at IS NULL) = (stopped_by = '')", name="explained"),
    CheckConstraint("stopped_at IS NULL OR left_us IS NULL", name="stopped_or_paused"),
    CheckConstraint("number >= 1 AND reminded >= 0", name="number"),
)
"""`left_us`: microseconds that are left of a clock which pauses. `reminded`: how many of its reminders were given."""

case_assignments = Table(
    "case_assignments",
    metadata,
    Column("case_id", String(36), ForeignKey("cases.id"), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("assigned_by", String(64), ForeignKey("users.id"), nullable=False),
    Column("assigned_at", Utc, nullable=False),
    Index(None, "user_id"),
)
"""Which officer answers for a case; one at most."""
