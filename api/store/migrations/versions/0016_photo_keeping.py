"""Photos under retention: the proof of each deletion, and holds on a proof."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
_ONE_THING = (
    "CASE WHEN case_id IS NULL THEN 0 ELSE 1 END + CASE WHEN event_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN photo_id IS NULL THEN 0 ELSE 1 END = 1"
)


def upgrade() -> None:
    """Create the table of deleted photos; let a hold name a proof."""
    _photo_deletions()
    if op.get_context().dialect.name == "sqlite":
        _holds_anew()
    else:
        _holds_altered()
    op.create_index(op.f("ix_legal_holds_photo_id"), "legal_holds", ["photo_id"])


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _photo_deletions() -> None:
    name = "photo_deletions"
    op.create_table(
        name,
        *(_text("photo_id", 36), _text("name", 32), _text("sha256", 64)),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        *(_instant("stored_at"), _instant("deleted_at"), _text("rule", 64), _text("edition", 32)),
        _foreign(name, "photo_id", "photos.id"),
        sa.PrimaryKeyConstraint("photo_id", "name", name=op.f("pk_photo_deletions")),
    )
    for columns in (["deleted_at", "sha256"], ["sha256"]):
        op.create_index(op.f(f"ix_photo_deletions_{'_'.join(columns)}"), name, columns)


def _holds_altered() -> None:
    op.add_column("legal_holds", _text("photo_id", 36, nullable=True))
    op.create_foreign_key(op.f("fk_legal_holds_photo_id"), "legal_holds", "photos", ["photo_id"], ["id"])
    op.drop_constraint(op.f("ck_legal_holds_one_thing"), "legal_holds", type_="check")
    op.create_check_constraint(op.f("ck_legal_holds_one_thing"), "legal_holds", _ONE_THING)


def _holds_anew() -> None:
    """Write the table anew: SQLite changes no constraint of one that is there. Nothing refers to it."""
    op.rename_table("legal_holds", "legal_holds_before")
    for columns in (["case_id"], ["event_id"], ["site_id", "placed_at"]):
        op.drop_index(op.f(f"ix_legal_holds_{'_'.join(columns)}"), "legal_holds_before")
    _holds()
    kept = "id, case_id, event_id, site_id, reason, user_id, placed_at, lifted_at, lifted_by"
    op.execute(f"INSERT INTO legal_holds ({kept}) SELECT {kept} FROM legal_holds_before")  # noqa: S608 - our names
    op.drop_table("legal_holds_before")
    for columns in (["case_id"], ["event_id"], ["site_id", "placed_at"]):
        op.create_index(op.f(f"ix_legal_holds_{'_'.join(columns)}"), "legal_holds", columns)


def _holds() -> None:
    name = "legal_holds"
    targets = {"case_id": "cases", "event_id": "events", "photo_id": "photos", "site_id": "sites"}
    people = {"user_id": "users", "lifted_by": "users"}
    op.create_table(
        name,
        *(_text("id", 36), _text("case_id", 36, nullable=True), _text("event_id", 36, nullable=True)),
        *(_text("photo_id", 36, nullable=True), _text("site_id", 64), _text("reason", 400), _text("user_id", 64)),
        *(_instant("placed_at"), _instant("lifted_at", nullable=True), _text("lifted_by", 64, nullable=True)),
        sa.CheckConstraint(_ONE_THING, name=op.f("ck_legal_holds_one_thing")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_legal_holds_lifted_by_somebody")),
        *(_foreign(name, column, f"{table}.id") for column, table in (targets | people).items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
