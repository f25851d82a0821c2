"""Self-checks: posts of kitchen people, plans of sites, and every round."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of self-checks."""
    _posts()
    _plans()
    _checks()


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _posts() -> None:
    name = "kitchen_posts"
    op.create_table(
        name,
        *(_text("user_id", 64), _text("post", 16), _text("site_id", 64), _at("given_at"), _text("given_by", 64)),
        _check(name, "post", "post IN ('officer', 'director', 'principal')"),
        *(_to(name, "user_id", "users"), _to(name, "site_id", "sites"), _to(name, "given_by", "users")),
        sa.PrimaryKeyConstraint("user_id", "post", name=op.f(f"pk_{name}")),
    )
    _index(name, "site_id")


def _plans() -> None:
    name = "selfcheck_plans"
    op.create_table(
        name,
        *(_text("site_id", 64), _text("round", 16), _at("opens_at")),
        _check(name, "round", "round IN ('daily', 'weekly', 'monthly')"),
        *(_to(name, "site_id", "sites"), sa.PrimaryKeyConstraint("site_id", "round", name=op.f(f"pk_{name}"))),
    )
    _index(name, "opens_at")


def _checks() -> None:
    name = "selfchecks"
    op.create_table(
        name,
        *(_text("id", 36), _text("site_id", 64), _text("round", 16)),
        *(sa.Column(day, sa.Date(), nullable=False) for day in ("starts_on", "ends_on")),
        *(_text("state", 16), _text("edition", 32)),
        *(sa.Column(told, sa.JSON(), nullable=False) for told in ("lines", "answers", "seen")),
        *(_at("begins_at"), _at("ends_at"), _at("reminded_at", nullable=True), _at("signed_at", nullable=True)),
        sa.Column("signed_by", sa.String(length=64), nullable=True),
        sa.Column("signed_late", sa.Boolean(create_constraint=True, name="signed_late"), nullable=False),
        *(_at("wakes_at"), sa.Column("version", sa.Integer(), nullable=False)),
        _check(name, "round", "round IN ('daily', 'weekly', 'monthly')"),
        _check(name, "state", "state IN ('open', 'signed', 'missed')"),
        _check(name, "signed", "(state = 'signed') = (signed_at IS NOT NULL)"),
        _check(name, "signed_by_somebody", "(signed_at IS NULL) = (signed_by IS NULL)"),
        _check(name, "version", "version >= 1"),
        *(_to(name, "site_id", "sites"), _to(name, "signed_by", "users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index("uq_selfchecks_period", name, ["site_id", "round", "starts_on"], unique=True)
    for columns in (("wakes_at",), ("begins_at", "id"), ("state", "begins_at")):
        _index(name, *columns)
