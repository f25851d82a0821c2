"""How long what is kept: roots of days, legal holds, and the proof of each deletion."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of seals, holds and deletions."""
    _day_seals()
    _sealed_manifests()
    _deletions()
    _legal_holds()


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _day_seals() -> None:
    name = "day_seals"
    op.create_table(
        name,
        sa.Column("day", sa.Date(), nullable=False),
        _text("root", 64),
        sa.Column("first_audit", sa.BigInteger(), nullable=False),
        sa.Column("last_audit", sa.BigInteger(), nullable=False),
        sa.Column("manifests", sa.Integer(), nullable=False),
        _instant("sealed_at"),
        sa.Column("stamp", sa.Text(), nullable=False),
        _instant("stamped_at", nullable=True),
        _check(name, "root", "length(root) = 64"),
        _check(name, "audit_rows", "first_audit >= 1 AND last_audit >= first_audit - 1"),
        _check(name, "manifests", "manifests >= 0"),
        _check(name, "stamped", "(stamp = '') = (stamped_at IS NULL)"),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_day_seals")),
    )


def _sealed_manifests() -> None:
    name = "sealed_manifests"
    op.create_table(
        name,
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("event_id", 36),
        _text("sha256", 64),
        _check(name, "sha256", "length(sha256) = 64"),
        _check(name, "number", "number >= 1"),
        _foreign(name, "day", "day_seals.day"),
        _foreign(name, "event_id", "events.id"),
        sa.PrimaryKeyConstraint("day", "number", name=op.f("pk_sealed_manifests")),
    )
    op.create_index(op.f("ix_sealed_manifests_event_id"), name, ["event_id"])


def _deletions() -> None:
    name = "deletions"
    op.create_table(
        name,
        _text("event_id", 36),
        _text("name", 32),
        _text("sha256", 64),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        _instant("stored_at"),
        _instant("deleted_at"),
        _text("rule", 64),
        _text("edition", 32),
        _foreign(name, "event_id", "events.id"),
        sa.PrimaryKeyConstraint("event_id", "name", "sha256", name=op.f("pk_deletions")),
    )
    op.create_index(op.f("ix_deletions_deleted_at"), name, ["deleted_at"])


def _legal_holds() -> None:
    name = "legal_holds"
    op.create_table(
        name,
        _text("id", 36),
        _text("case_id", 36, nullable=True),
        _text("event_id", 36, nullable=True),
        _text("site_id", 64),
        _text("reason", 400),
        _text("user_id", 64),
        _instant("placed_at"),
        _instant("lifted_at", nullable=True),
        _text("lifted_by", 64, nullable=True),
        _check(name, "one_thing", "(case_id IS NULL) <> (event_id IS NULL)"),
        _check(name, "lifted_by_somebody", "(lifted_at IS NULL) = (lifted_by IS NULL)"),
        _foreign(name, "case_id", "cases.id"),
        _foreign(name, "event_id", "events.id"),
        _foreign(name, "site_id", "sites.id"),
        _foreign(name, "user_id", "users.id"),
        _foreign(name, "lifted_by", "users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    for columns in (["case_id"], ["event_id"], ["site_id", "placed_at"]):
        op.create_index(op.f(f"ix_legal_holds_{'_'.join(columns)}"), name, columns)
