"""The tables of five-fixed proofs: phones, challenges, photos with their files and hashes, spots of sites."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from api.photos.likeness import BANDS
from api.store.schema import Utc, metadata

_ORIGINAL = text("name IN ('scene', 'portrait')")

photo_devices = Table(
    "photo_devices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("public_key", JSON, nullable=False),
    Column("phone", String(20), nullable=False),
    Column("name", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("registered_at", Utc, nullable=False),
    Column("decided_at", Utc, nullable=True),
    Column("decided_by", String(64), ForeignKey("users.id"), nullable=True),
    CheckConstraint("state IN ('pending', 'active', 'retired')", name="state"),
    CheckConstraint("length(id) = 64", name="id"),
    Index(None, "user_id"),
    Index(None, "phone"),
    Index(None, "site_id", "state"),
)
"""A phone's public key, by its thumbprint (RFC 7638), with the number and the account that it belongs to."""

photo_challenges = Table(
    "photo_challenges",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("nonce", String(32), nullable=False),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("device_id", String(64), ForeignKey("photo_devices.id"), nullable=False),
    Column("subject", String(16), nullable=False),
    Column("about", String(64), nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_at", Utc, nullable=True),
    CheckConstraint("tries >= 0", name="tries"),
    Index(None, "issued_at"),
    Index(None, "user_id", "issued_at"),
)

photos = Table(
    "photos",
    metadata,
    Column("id", String(36), ForeignKey("photo_challenges.id"), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("device_id", String(64), ForeignKey("photo_devices.id"), nullable=False),
    Column("subject", String(16), nullable=False),
    Column("about", String(64), nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("claim", Text, nullable=False),
    Column("signature", String(128), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("verdicts", JSON, nullable=False),
    CheckConstraint("outcome IN ('passed', 'doubtful')", name="outcome"),
    Index(None, "site_id", "received_at", "id"),
    Index(None, "subject", "about", "received_at"),
)
"""A proof has its challenge's id: one proof for each. What is refused is not kept, only noted in the audit trail."""

photo_files = Table(
    "photo_files",
    metadata,
    Column("photo_id", String(36), ForeignKey("photos.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("key", String(512), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("blurred", Boolean(create_constraint=True, name="blurred"), nullable=False),
    Column("missing_at", Utc, nullable=True),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("size_bytes >= 0", name="size"),
    Index("uq_photo_files_bytes", "sha256", unique=True, sqlite_where=_ORIGINAL, postgresql_where=_ORIGINAL),
)
"""The same bytes are never taken twice, whoever sends them."""

photo_hashes = Table(
    "photo_hashes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("photo_id", String(36), ForeignKey("photos.id"), nullable=False),
    Column("name", String(32), nullable=False),
    Column("hash", BigInteger, nullable=False),
    *(Column(f"band_{number}", Integer, nullable=False) for number in range(BANDS)),
    *(Index(f"ix_photo_hashes_band_{number}", f"band_{number}", "hash", "id") for number in range(BANDS)),
    Index(None, "photo_id"),
)
"""Each band is indexed with hash and id, so that the candidates of ten million photos are read from the index alone."""

photo_prints = Table(
    "photo_prints",
    metadata,
    Column("photo_id", String(36), ForeignKey("photos.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("print", LargeBinary, nullable=False),
    Index(None, "site_id", "at"),
)
"""Of the newest pictures of each site, to find pieces of them again."""

photo_views = Table(
    "photo_views",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False),
    Column("photo_id", String(36), ForeignKey("photos.id"), nullable=False),
    Column("name", String(32), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    CheckConstraint("length(reason) > 0", name="reason"),
    Index(None, "photo_id", "at"),
)
"""Append-only: who saw which unblurred photo, why and when (I7)."""

photo_spots = Table(
    "photo_spots",
    metadata,
    Column("photo_id", String(36), ForeignKey("photos.id"), primary_key=True),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_at", Utc, nullable=True),
    Column("decided_by", String(64), ForeignKey("users.id"), nullable=True),
    CheckConstraint("state IN ('pending', 'approved', 'removed')", name="state"),
    Index(None, "site_id", "state"),
)
"""Spots of a site that photos are compared with, once a supervisor has approved them."""
