"""Every table, with the rules that the database itself enforces."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

from api.store.sealing import SealedText
from vision.errors import InvalidInputError

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite keeps it as text without an offset, so that it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant; everything else is stored in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidInputError("instant", value.isoformat(), "an instant with an offset")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - overridden
        """Give the offset back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id(name: str = "id", **kind: Any) -> Column[str]:
    return Column(name, String(64), primary_key=True, **kind)


def _to(target: str, name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(64), ForeignKey(f"{target}.id"), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Utc, nullable=nullable)


regions = Table(
    "regions",
    metadata,
    _id(),
    Column("name", String(128), nullable=False),
    _to("regions", "parent_id", nullable=True),
    Column("path", String(1024), nullable=False, unique=True),
    Column("level", String(16), nullable=True, default=""),
    CheckConstraint("path LIKE '/%' AND path LIKE '%/'", name="path_form"),
    CheckConstraint("(parent_id IS NULL) = (path = '/')", name="one_root"),
)
"""A tree; `path` is every id from the root down, each followed by a slash; the root's is `/`.

`level` empty or null = not said; a level is never above that of its parent (`api.places.levels`).
"""

sites = Table(
    "sites",
    metadata,
    _id(),
    Column("name", String(128), nullable=False),
    Column("type", String(64), nullable=False),
    _to("regions", "region_id"),
    Column("time_zone", String(64), nullable=False),
    Column("jurisdiction", String(8), nullable=False),
    Column("hours", JSON, nullable=False),
    Column("holidays", JSON, nullable=True, default=list),
    Column("address", String(256), nullable=True, default=""),
    Column("latitude", Float, nullable=True),
    Column("longitude", Float, nullable=True),
    Column("licence", String(64), nullable=True, default=""),
    Column("licence_expires_on", Date, nullable=True),
    Column("contacts", JSON, nullable=True, default=list),
    Column("area_m2", Integer, nullable=True),
    Column("diners", Integer, nullable=True),
    Column("grade", String(1), nullable=True, default=""),
    Column("graded_on", Date, nullable=True),
    Column("published", Boolean, nullable=True, default=False),
    Column("version", Integer, nullable=False),
    _at("created_at"),
    _at("updated_at"),
    CheckConstraint("jurisdiction IN ('CN', 'EU', 'US')", name="jurisdiction"),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "region_id"),
    Index(None, "name", "id"),
)
"""What is null was never told: rows that are older than a column have it everywhere."""

cameras = Table(
    "cameras",
    metadata,
    _id(),
    _to("sites", "site_id"),
    Column("name", String(128), nullable=False),
    Column("source", SealedText("cameras.source"), nullable=False),
    Column("zones", JSON, nullable=False),
    Column("interval_s", Float, nullable=False),
    Column("pre_roll_s", Float, nullable=False),
    Column("post_roll_s", Float, nullable=False),
    Column("attended", Boolean(create_constraint=True, name="attended"), nullable=False),
    Column("enabled", Boolean(create_constraint=True, name="enabled"), nullable=False),
    Column("worker", String(64), nullable=False),
    Column("sampling", JSON, nullable=True, default=dict),
    Column("version", Integer, nullable=False),
    _at("created_at"),
    _at("updated_at"),
    _at("removed_at", nullable=True),
    CheckConstraint("interval_s > 0 AND interval_s <= 3600", name="interval"),
    CheckConstraint("pre_roll_s >= 0 AND post_roll_s >= 0", name="rolls"),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "site_id"),
)
"""A removed camera keeps its row: its events still need a name. `worker` empty = any worker of its region.

`sampling` null = the usual, for rows that are older than the column; the same for `figures` of a state.
"""

workers = Table(
    "workers",
    metadata,
    _id(),
    Column("spool", Integer, nullable=False),
    _at("reported_at"),
    CheckConstraint("spool >= 0", name="spool"),
)

camera_states = Table(
    "camera_states",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id"), primary_key=True),
    _to("workers", "worker_id"),
    Column("state", String(16), nullable=False),
    _at("last_look_at", nullable=True),
    Column("looks", BigInteger, nullable=False),
    Column("drops", JSON, nullable=False),
    Column("error", String(512), nullable=False),
    Column("figures", JSON, nullable=True, default=dict),
    _at("reported_at"),
    CheckConstraint("state IN ('ok', 'offline', 'refused', 'unreadable', 'starting')", name="state"),
)

events = Table(
    "events",
    metadata,
    Column("id", String(36), primary_key=True),
    _to("sites", "site_id"),
    _to("cameras", "camera_id"),
    Column("region_id", String(64), nullable=False, server_default=text("''")),
    Column("zone_type", String(32), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("tier", String(3), nullable=False),
    Column("tier_rank", Integer, nullable=False),
    Column("phase", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    _at("started_at"),
    _at("ended_at", nullable=True),
    Column("data", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("reviews", Integer, nullable=False),
    _at("stored_at"),
    _at("updated_at"),
    CheckConstraint("tier IN ('I', 'II', 'III')", name="tier"),
    CheckConstraint("tier_rank = length(tier)", name="tier_rank"),
    CheckConstraint("phase IN ('opened', 'closed')", name="phase"),
    CheckConstraint("status IN ('pending_review', 'confirmed', 'dismissed', 'unsure')", name="status"),
    CheckConstraint("phase = 'opened' OR ended_at IS NOT NULL", name="closed_has_end"),
    CheckConstraint("version >= 1 AND reviews >= 0", name="version"),
    Index(None, "started_at", "id", "region_id"),
    Index(None, "region_id", "started_at", "id"),
    Index(None, "region_id", "kind", "started_at", "id"),
    Index(None, "tier_rank", "started_at", "id"),
    Index(None, "status", "tier_rank", "started_at", "id", "region_id"),
    Index(None, "site_id", "started_at"),
    Index(None, "camera_id", "started_at"),
)
"""`data` is the newest body without what the API itself knows better: status, evidence, sequence.

`region_id` is the site's, and follows it, so that a page of a part of the tree is found in an index; `mingchu check`
compares.
"""

media = Table(
    "media",
    metadata,
    Column("event_id", String(36), ForeignKey("events.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("key", String(512), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("blurred", Boolean(create_constraint=True, name="blurred"), nullable=False),
    _at("stored_at"),
    _at("missing_at", nullable=True),
    CheckConstraint("size_bytes >= 0", name="size"),
    CheckConstraint("length(sha256) = 64", name="sha256"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("event_id", String(36), ForeignKey("events.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("note", String(1000), nullable=False),
    _to("users", "user_id"),
    _at("at"),
    CheckConstraint("verdict IN ('confirmed', 'dismissed', 'unsure', 'undone')", name="verdict"),
    CheckConstraint("number >= 1", name="number"),
)
"""Append-only; `undone` takes back the newest verdict that still stands."""

heads = Table(
    "heads",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    CheckConstraint("name IN ('log', 'audit')", name="name"),
)
"""The last number given out in `log` and in `audit`; its row lock makes commit order equal number order."""

log = Table(
    "log",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("type", String(64), nullable=False),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False),
    _to("sites", "site_id"),
    _at("at"),
    Column("body", Text, nullable=False),
    CheckConstraint("sequence >= 1", name="sequence"),
    Index(None, "event_id"),
)
"""Append-only; `body` is the CloudEvent exactly as it is sent."""

users = Table(
    "users",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("role", String(16), nullable=False),
    _to("regions", "region_id"),
    _to("sites", "site_id", nullable=True),
    Column("language", String(8), nullable=False),
    _at("created_at"),
    _at("disabled_at", nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("role IN ('admin', 'supervisor', 'analyst', 'kitchen')", name="role"),
    CheckConstraint("(role = 'kitchen') = (site_id IS NOT NULL)", name="kitchen_has_site"),
    CheckConstraint("language IN ('zh', 'en')", name="language"),
)
"""`password_hash` empty = can log in by a first-login code only. `name` is kept in lower case."""

login_codes = Table(
    "login_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    _at("created_at"),
    _at("expires_at"),
)
"""At most one row: a new code replaces the old, a used one is deleted."""

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    _to("users", "user_id"),
    _at("created_at"),
    _at("expires_at"),
    Column("by_code", Boolean(create_constraint=True, name="by_code"), nullable=False),
    Column("address", String(64), nullable=True),
    Column("agent", String(200), nullable=True),
    Index(None, "expires_at"),
)

keys = Table(
    "keys",
    metadata,
    _id(),
    Column("prefix", String(16), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    _to("regions", "region_id"),
    _at("created_at"),
    _at("last_used_at", nullable=True),
    _at("revoked_at", nullable=True),
    _at("expires_at", nullable=True),
    Column("networks", JSON(none_as_null=True), nullable=True),
    Column("old_digest", String(64), nullable=True),
    _at("old_until", nullable=True),
    Column("events_a_day", Integer, nullable=True),
    Column("events_day", Date, nullable=True),
    Column("events_count", Integer, nullable=True),
)
"""`networks` null = from anywhere, `events_a_day` null = any number; `events_count` are those of `events_day` (UTC).

A rotated key keeps its prefix; the secret before is good until `old_until`.
"""

viewing_register = Table(
    "viewing_register",
    metadata,
    _id(),
    _at("at"),
    _to("users", "user_id"),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False),
    Column("name", String(32), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    CheckConstraint("length(reason) > 0", name="reason"),
    Index(None, "at", "id"),
    Index(None, "event_id"),
)
"""Append-only: who saw which unblurred media, why and when (I7)."""

audit = Table(
    "audit",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _at("at"),
    Column("actor", String(140), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
)
"""Append-only; `digest` covers every other column and so, through `previous`, everything before."""

replays = Table(
    "replays",
    metadata,
    Column("caller", String(80), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    _at("at"),
    Index(None, "at"),
)
"""What was answered to an `Idempotency-Key`, for a day."""
