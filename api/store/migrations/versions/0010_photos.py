"""Five-fixed proofs: phones, one-time challenges, photos with files and hashes, spots of sites."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
_ORIGINAL = sa.text("name IN ('scene', 'portrait')")


def upgrade() -> None:
    """Create the tables of photos."""
    _devices()
    _challenges()
    _photos()
    _files()
    _hashes()
    _prints()
    _views()
    _spots()


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _devices() -> None:
    name = "photo_devices"
    op.create_table(
        name,
        *(_text("id", 64), _text("user_id", 64), _text("site_id", 64)),
        sa.Column("public_key", sa.JSON(), nullable=False),
        *(_text("phone", 20), _text("name", 64), _text("state", 16)),
        *(_at("registered_at"), _at("decided_at", nullable=True)),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        _check(name, "state", "state IN ('pending', 'active', 'retired')"),
        _check(name, "id", "length(id) = 64"),
        *(_to(name, "user_id", "users"), _to(name, "site_id", "sites"), _to(name, "decided_by", "users")),
        _key(name, "id"),
    )
    for columns in (("user_id",), ("phone",), ("site_id", "state")):
        _index(name, *columns)


def _challenges() -> None:
    name = "photo_challenges"
    op.create_table(
        name,
        *(_text("id", 36), _text("nonce", 32), _text("user_id", 64), _text("site_id", 64), _text("device_id", 64)),
        *(_text("subject", 16), _text("about", 64), _at("issued_at")),
        sa.Column("tries", sa.Integer(), nullable=False),
        _at("used_at", nullable=True),
        _check(name, "tries", "tries >= 0"),
        *(_to(name, "user_id", "users"), _to(name, "site_id", "sites"), _to(name, "device_id", "photo_devices")),
        _key(name, "id"),
    )
    _index(name, "issued_at")
    _index(name, "user_id", "issued_at")


def _photos() -> None:
    name = "photos"
    op.create_table(
        name,
        *(_text("id", 36), _text("user_id", 64), _text("site_id", 64), _text("device_id", 64)),
        *(_text("subject", 16), _text("about", 64), _at("received_at")),
        sa.Column("claim", sa.Text(), nullable=False),
        *(_text("signature", 128), _text("outcome", 16)),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        _check(name, "outcome", "outcome IN ('passed', 'doubtful')"),
        *(_to(name, "id", "photo_challenges"), _to(name, "user_id", "users"), _to(name, "site_id", "sites")),
        _to(name, "device_id", "photo_devices"),
        _key(name, "id"),
    )
    _index(name, "site_id", "received_at", "id")
    _index(name, "subject", "about", "received_at")


def _files() -> None:
    name = "photo_files"
    op.create_table(
        name,
        *(_text("photo_id", 36), _text("name", 32), _text("key", 512), _text("sha256", 64)),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("blurred", sa.Boolean(create_constraint=True, name="blurred"), nullable=False),
        _at("missing_at", nullable=True),
        _check(name, "sha256", "length(sha256) = 64"),
        _check(name, "size", "size_bytes >= 0"),
        _to(name, "photo_id", "photos"),
        _key(name, "photo_id", "name"),
        sa.UniqueConstraint("key", name=op.f("uq_photo_files_key")),
    )
    where = _ORIGINAL
    op.create_index("uq_photo_files_bytes", name, ["sha256"], unique=True, sqlite_where=where, postgresql_where=where)


def _hashes() -> None:
    name = "photo_hashes"
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(_text("photo_id", 36), _text("name", 32)),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        *(sa.Column(f"band_{number}", sa.Integer(), nullable=False) for number in range(4)),
        _to(name, "photo_id", "photos"),
        _key(name, "id"),
    )
    for number in range(4):
        op.create_index(f"ix_photo_hashes_band_{number}", name, [f"band_{number}", "hash", "id"])
    _index(name, "photo_id")


def _prints() -> None:
    name = "photo_prints"
    op.create_table(
        name,
        *(_text("photo_id", 36), _text("name", 32), _text("site_id", 64), _at("at")),
        sa.Column("print", sa.LargeBinary(), nullable=False),
        *(_to(name, "photo_id", "photos"), _to(name, "site_id", "sites"), _key(name, "photo_id", "name")),
    )
    _index(name, "site_id", "at")


def _views() -> None:
    name = "photo_views"
    op.create_table(
        name,
        *(_text("id", 64), _at("at"), _text("user_id", 64), _text("photo_id", 36)),
        *(_text("name", 32), _text("sha256", 64), _text("reason", 200)),
        _check(name, "reason", "length(reason) > 0"),
        *(_to(name, "user_id", "users"), _to(name, "photo_id", "photos"), _key(name, "id")),
    )
    _index(name, "photo_id", "at")


def _spots() -> None:
    name = "photo_spots"
    op.create_table(
        name,
        *(_text("photo_id", 36), _text("site_id", 64), _text("name", 64), _text("state", 16)),
        _at("decided_at", nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        _check(name, "state", "state IN ('pending', 'approved', 'removed')"),
        *(_to(name, "photo_id", "photos"), _to(name, "site_id", "sites"), _to(name, "decided_by", "users")),
        _key(name, "photo_id"),
    )
    _index(name, "site_id", "state")
