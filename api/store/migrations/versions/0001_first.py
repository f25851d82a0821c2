"""The first schema: places, people, events with their media and verdicts, the log, the registers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, the root of the region tree and the heads of the two chains."""
    for create in (
        _audit,
        _heads,
        _login_codes,
        _regions,
        _replays,
        _workers,
        _keys,
        _sites,
        _cameras,
        _users,
        _camera_states,
        _events,
        _event_indexes,
        _sessions,
        _log,
        _media,
        _reviews,
        _viewing_register,
    ):
        create()
    _first_rows()


def _first_rows() -> None:
    op.execute("INSERT INTO regions (id, name, parent_id, path) VALUES ('root', '', NULL, '/')")
    op.execute("INSERT INTO heads (name, sequence, digest) VALUES ('log', 0, ''), ('audit', 0, '')")


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=140), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_digest")),
    )


def _heads() -> None:
    op.create_table(
        "heads",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("name IN ('log', 'audit')", name=op.f("ck_heads_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heads")),
    )


def _login_codes() -> None:
    op.create_table(
        "login_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_codes")),
    )


def _regions() -> None:
    op.create_table(
        "regions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.CheckConstraint("(parent_id IS NULL) = (path = '/')", name=op.f("ck_regions_one_root")),
        sa.CheckConstraint("path LIKE '/%' AND path LIKE '%/'", name=op.f("ck_regions_path_form")),
        sa.ForeignKeyConstraint(["parent_id"], ["regions.id"], name=op.f("fk_regions_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("path", name=op.f("uq_regions_path")),
    )


def _replays() -> None:
    op.create_table(
        "replays",
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_replays")),
    )
    op.create_index(op.f("ix_replays_at"), "replays", ["at"])


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("spool", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("spool >= 0", name=op.f("ck_workers_spool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("region_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_keys_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_keys_prefix")),
    )


def _sites() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("region_id", sa.String(length=64), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("jurisdiction", sa.String(length=8), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("jurisdiction IN ('CN', 'EU', 'US')", name=op.f("ck_sites_jurisdiction")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_sites_version")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_sites_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
    )
    op.create_index(op.f("ix_sites_region_id"), "sites", ["region_id"])


def _cameras() -> None:
    op.create_table(
        "cameras",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("pre_roll_s", sa.Float(), nullable=False),
        sa.Column("post_roll_s", sa.Float(), nullable=False),
        sa.Column("attended", sa.Boolean(create_constraint=True, name="attended"), nullable=False),
        sa.Column("enabled", sa.Boolean(create_constraint=True, name="enabled"), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("interval_s > 0 AND interval_s <= 3600", name=op.f("ck_cameras_interval")),
        sa.CheckConstraint("pre_roll_s >= 0 AND post_roll_s >= 0", name=op.f("ck_cameras_rolls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_cameras_version")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_cameras_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cameras")),
    )
    op.create_index(op.f("ix_cameras_site_id"), "cameras", ["site_id"])


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("region_id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(role = 'kitchen') = (site_id IS NOT NULL)", name=op.f("ck_users_kitchen_has_site")),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_users_language")),
        sa.CheckConstraint("role IN ('admin', 'supervisor', 'analyst', 'kitchen')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_users_region_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_users_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )


def _camera_states() -> None:
    op.create_table(
        "camera_states",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("last_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("drops", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=512), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('ok', 'offline', 'refused', 'unreadable', 'starting')", name=op.f("ck_camera_states_state")
        ),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_camera_states_camera_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name=op.f("fk_camera_states_worker_id")),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_camera_states")),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("zone_type", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=3), nullable=False),
        sa.Column("tier_rank", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *_event_checks(),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_events_camera_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_events_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )


def _event_checks() -> tuple[sa.CheckConstraint, ...]:
    return (
        sa.CheckConstraint("phase = 'opened' OR ended_at IS NOT NULL", name=op.f("ck_events_closed_has_end")),
        sa.CheckConstraint("phase IN ('opened', 'closed')", name=op.f("ck_events_phase")),
        sa.CheckConstraint(
            "status IN ('pending_review', 'confirmed', 'dismissed', 'unsure')", name=op.f("ck_events_status")
        ),
        sa.CheckConstraint("tier IN ('I', 'II', 'III')", name=op.f("ck_events_tier")),
        sa.CheckConstraint("tier_rank = length(tier)", name=op.f("ck_events_tier_rank")),
        sa.CheckConstraint("version >= 1 AND reviews >= 0", name=op.f("ck_events_version")),
    )


def _event_indexes() -> None:
    op.create_index(op.f("ix_events_camera_id_started_at"), "events", ["camera_id", "started_at"])
    op.create_index(op.f("ix_events_site_id_started_at"), "events", ["site_id", "started_at"])
    op.create_index(op.f("ix_events_started_at_id"), "events", ["started_at", "id"])
    op.create_index(op.f("ix_events_status_started_at"), "events", ["status", "started_at"])
    op.create_index(op.f("ix_events_tier_rank_started_at_id"), "events", ["tier_rank", "started_at", "id"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_code", sa.Boolean(create_constraint=True, name="by_code"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"])


def _log() -> None:
    op.create_table(
        "log",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_log_sequence")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_log_event_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_log_site_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_log")),
        sa.UniqueConstraint("message_id", name=op.f("uq_log_message_id")),
    )
    op.create_index(op.f("ix_log_event_id"), "log", ["event_id"])


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=512), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("blurred", sa.Boolean(create_constraint=True, name="blurred"), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missing_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_media_sha256")),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_media_size")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_media_event_id")),
        sa.PrimaryKeyConstraint("event_id", "name", name=op.f("pk_media")),
        sa.UniqueConstraint("key", name=op.f("uq_media_key")),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('confirmed', 'dismissed', 'unsure', 'undone')", name=op.f("ck_reviews_verdict")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_reviews_number")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_reviews_event_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reviews_user_id")),
        sa.PrimaryKeyConstraint("event_id", "number", name=op.f("pk_reviews")),
    )


def _viewing_register() -> None:
    op.create_table(
        "viewing_register",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_viewing_register_reason")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_viewing_register_event_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_viewing_register_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_viewing_register")),
    )
    op.create_index(op.f("ix_viewing_register_at_id"), "viewing_register", ["at", "id"])
    op.create_index(op.f("ix_viewing_register_event_id"), "viewing_register", ["event_id"])
