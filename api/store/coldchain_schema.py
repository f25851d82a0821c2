"""The tables of papers and cold-chain batches: what is held, every scan, accepted or refused, and every trace."""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from api.store.schema import Utc, metadata

batches = Table(
    "batches",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("product", String(128), nullable=False),
    Column("origin", String(128), nullable=False),
    Column("producer", String(128), nullable=False),
    Column("made_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("coded_at", Utc, nullable=False),
    Column("coded_by", String(64), ForeignKey("users.id"), nullable=False),
    Column("recalled_at", Utc, nullable=True),
    Column("recalled_by", String(64), ForeignKey("users.id"), nullable=True),
    Column("recall_reason", String(500), nullable=False),
    CheckConstraint("expires_on >= made_on", name="days"),
    CheckConstraint("(recalled_at IS NULL) = (recalled_by IS NULL)", name="recalled"),
    Index(None, "site_id", "coded_at"),
)
"""Coded by the site at which it entered first (首站赋码)."""

batch_scans = Table(
    "batch_scans",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("code", String(64), nullable=False),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("thousandths", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    Column("refused", String(16), nullable=False),
    CheckConstraint("direction IN ('in', 'out', 'sale')", name="direction"),
    CheckConstraint("refused IN ('', 'uncoded', 'recalled', 'expired', 'papers', 'amount')", name="refused"),
    CheckConstraint("thousandths > 0", name="thousandths"),
    Index(None, "code", "site_id"),
    Index(None, "site_id", "at"),
    Index(None, "refused", "at"),
)
"""Append-only; `code` is what was read, also where no batch has it. Amounts in thousandths: SQLite has no decimals."""

batch_traces = Table(
    "batch_traces",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("code", String(16), ForeignKey("batches.code"), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("asked_by", String(64), ForeignKey("users.id"), nullable=False),
    Column("answered_at", Utc, nullable=True),
    Column("answered_by", String(64), ForeignKey("users.id"), nullable=True),
    Column("answer", String(2000), nullable=False),
    CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered"),
    Index(None, "code", "asked_at"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("batch_code", String(16), ForeignKey("batches.code"), nullable=True),
    Column("kind", String(32), nullable=False),
    Column("number", String(64), nullable=False),
    Column("holder", String(64), nullable=False),
    Column("issued_on", Date, nullable=True),
    Column("expires_on", Date, nullable=True),
    Column("photos", JSON, nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("added_by", String(64), ForeignKey("users.id"), nullable=False),
    Column("ended_at", Utc, nullable=True),
    Index(None, "site_id", "expires_on"),
    Index(None, "batch_code"),
    Index(None, "expires_on"),
)
"""A paper that is replaced or withdrawn keeps its row, with `ended_at`."""
