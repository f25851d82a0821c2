"""Inspections with their check-lists, and which of them let a site supply others."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
_OPEN = sa.text("state = 'open'")
_OUTCOMES = "outcome IN ('', 'passed', 'to_correct', 'failed')"


def upgrade() -> None:
    """Create both tables."""
    _inspections()
    _admissions()


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _inspections() -> None:
    name = "inspections"
    op.create_table(
        name,
        *(_text("id", 36), _text("site_id", 64), _text("list", 64), _text("edition", 32)),
        *(_text("state", 16), _text("outcome", 16)),
        *(sa.Column(told, sa.JSON(), nullable=False) for told in ("lines", "answers")),
        sa.Column("note", sa.Text(), nullable=False),
        *(_at("opened_at"), _text("opened_by", 64)),
        *(_at("ended_at", nullable=True), _text("ended_by", 64, nullable=True), _at("valid_until", nullable=True)),
        sa.Column("version", sa.Integer(), nullable=False),
        _check(name, "state", "state IN ('open', 'concluded', 'void')"),
        _check(name, "outcome", _OUTCOMES),
        _check(name, "concluded", "(state = 'concluded') = (outcome <> '')"),
        _check(name, "ended", "(state = 'open') = (ended_at IS NULL)"),
        _check(name, "ended_by_somebody", "(ended_at IS NULL) = (ended_by IS NULL)"),
        _check(name, "version", "version >= 1"),
        *(_to(name, "site_id", "sites"), _to(name, "opened_by", "users"), _to(name, "ended_by", "users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    open_ones = ["site_id", "list"]
    op.create_index("uq_inspections_open", name, open_ones, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index(op.f("ix_inspections_opened_at_id"), name, ["opened_at", "id"])
    op.create_index(op.f("ix_inspections_site_id_opened_at"), name, ["site_id", "opened_at"])


def _admissions() -> None:
    name = "admissions"
    op.create_table(
        name,
        *(_text("site_id", 64), _text("list", 64), _text("inspection_id", 36, nullable=True), _text("outcome", 16)),
        *(_at("since"), _at("valid_until", nullable=True)),
        _check(name, "outcome", _OUTCOMES),
        _check(name, "concluded", "(outcome = '') = (inspection_id IS NULL)"),
        *(_to(name, "site_id", "sites"), _to(name, "inspection_id", "inspections")),
        sa.PrimaryKeyConstraint("site_id", "list", name=op.f(f"pk_{name}")),
    )
