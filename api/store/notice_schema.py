"""The tables of what people are told: orders, notices and warnings with their copies, and the thread of each case."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from api.store.schema import Utc, metadata

notices = Table(
    "notices",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("region_id", String(64), ForeignKey("regions.id"), nullable=False),
    Column("case_id", String(36), ForeignKey("cases.id"), nullable=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("target", JSON, nullable=False),
    Column("texts", JSON, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("urged_at", Utc, nullable=True),
    CheckConstraint("kind IN ('order', 'notice', 'warning', 'training')", name="kind"),
    CheckConstraint("(kind = 'order') = (case_id IS NOT NULL)", name="order_has_case"),
    Index("uq_notices_case_id", "case_id", unique=True),
    Index(None, "sent_at", "id"),
    Index(None, "region_id", "sent_at"),
)
"""Append-only but for `urged_at`: title and body in `texts` by language; `region_id` is where it was sent to."""

notice_copies = Table(
    "notice_copies",
    metadata,
    Column("notice_id", String(36), ForeignKey("notices.id"), primary_key=True),
    Column("recipient", String(80), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=True),
    Column("read_at", Utc, nullable=True),
    Column("read_by", String(64), ForeignKey("users.id"), nullable=True),
    Column("urged", Integer, nullable=False),
    CheckConstraint("(site_id IS NULL) <> (user_id IS NULL)", name="one_recipient"),
    CheckConstraint("(read_at IS NULL) = (read_by IS NULL)", name="read_by_somebody"),
    CheckConstraint("urged >= 0", name="urged"),
    Index(None, "site_id", "notice_id"),
    Index(None, "user_id", "notice_id"),
)
"""One for each site, read by whoever of its people is first, and one for each officer.

`recipient` is site:ID or user:ID.
"""

case_messages = Table(
    "case_messages",
    metadata,
    Column("case_id", String(36), ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("party", String(16), nullable=False),
    Column("contact_role", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Utc, nullable=False),
    CheckConstraint("kind IN ('message', 'urge', 'call')", name="kind"),
    CheckConstraint("party IN ('supervisor', 'kitchen')", name="party"),
    CheckConstraint("outcome IN ('', 'reached', 'no_answer', 'wrong_number')", name="outcome"),
    CheckConstraint("(kind = 'call') = (outcome <> '')", name="call_has_outcome"),
    CheckConstraint("number >= 1", name="number"),
    Index(None, "case_id", "kind", "at"),
)
"""Append-only: what both sides write to each other about a case, and which telephone calls were made."""

case_readings = Table(
    "case_readings",
    metadata,
    Column("case_id", String(36), ForeignKey("cases.id"), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), primary_key=True),
    Column("party", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    CheckConstraint("party IN ('supervisor', 'kitchen')", name="party"),
    CheckConstraint("number >= 1", name="number"),
)
"""Up to which message each person has read a thread."""
