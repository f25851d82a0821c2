"""The tables of those who are told: their place in the log, webhooks, what was delivered to them, and dead letters."""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from api.store.schema import Utc, metadata
from api.store.sealing import SealedJson

followers = Table(
    "followers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("letters", Integer, nullable=False),
    Column("failing_since", Utc, nullable=True),
    Column("due_at", Utc, nullable=False),
    Column("holder", String(64), nullable=False),
    Column("held_until", Utc, nullable=False),
    CheckConstraint("cursor >= 0", name="cursor"),
    CheckConstraint("failures >= 0 AND refusals >= 0 AND letters >= 0", name="counts"),
)
"""Whoever reads the log with our help: `cursor` is the last number that is settled for it.

One process at a time serves a follower: `holder`, until `held_until`; empty = whoever comes first.
"""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(64), ForeignKey("followers.id"), primary_key=True),
    Column("region_id", String(64), ForeignKey("regions.id"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("url", String(2048), nullable=False),
    Column("types", JSON, nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("secrets", SealedJson("webhooks.secrets"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    CheckConstraint("state IN ('active', 'paused', 'disabled')", name="state"),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "region_id"),
)
"""`state` paused = a person stopped it, disabled = we did and `reason` says why."""

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("webhook_id", String(64), ForeignKey("webhooks.id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("type", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(300), nullable=False),
    CheckConstraint("outcome IN ('taken', 'refused', 'away', 'gone')", name="outcome"),
    Index(None, "webhook_id", "number"),
)
"""Every try, kept for two weeks; `sequence` 0 = a test."""

webhook_letters = Table(
    "webhook_letters",
    metadata,
    Column("webhook_id", String(64), ForeignKey("webhooks.id"), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("status", Integer, nullable=False),
    Column("reason", String(300), nullable=False),
    Column("at", Utc, nullable=False),
    CheckConstraint("state IN ('dead', 'queued')", name="state"),
)
"""Messages that a receiver refused to the end; queued = somebody asked for another try."""
