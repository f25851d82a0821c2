"""Papers with an end; cold-chain batches with a code, their scans and traces."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of papers and batches."""
    _batches()
    _scans()
    _traces()
    _documents()


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(table: str, column: str, target: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.{key}"], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _batches() -> None:
    name = "batches"
    op.create_table(
        name,
        *(_text("code", 16), _text("site_id", 64), _text("product", 128), _text("origin", 128)),
        *(_text("producer", 128), sa.Column("made_on", sa.Date(), nullable=False)),
        *(sa.Column("expires_on", sa.Date(), nullable=False), _text("unit", 16), _at("coded_at")),
        *(_text("coded_by", 64), _at("recalled_at", nullable=True), _text("recalled_by", 64, nullable=True)),
        _text("recall_reason", 500),
        _check(name, "days", "expires_on >= made_on"),
        _check(name, "recalled", "(recalled_at IS NULL) = (recalled_by IS NULL)"),
        *(_to(name, "site_id", "sites"), _to(name, "coded_by", "users"), _to(name, "recalled_by", "users")),
        sa.PrimaryKeyConstraint("code", name=op.f(f"pk_{name}")),
    )
    _index(name, "site_id", "coded_at")


def _scans() -> None:
    name = "batch_scans"
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(_text("code", 64), _text("site_id", 64), _text("user_id", 64), _text("direction", 8)),
        *(sa.Column("thousandths", sa.BigInteger(), nullable=False), _at("at"), _text("refused", 16)),
        _check(name, "direction", "direction IN ('in', 'out', 'sale')"),
        _check(name, "refused", "refused IN ('', 'uncoded', 'recalled', 'expired', 'papers', 'amount')"),
        _check(name, "thousandths", "thousandths > 0"),
        *(_to(name, "site_id", "sites"), _to(name, "user_id", "users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for columns in (("code", "site_id"), ("site_id", "at"), ("refused", "at")):
        _index(name, *columns)


def _traces() -> None:
    name = "batch_traces"
    op.create_table(
        name,
        *(_text("id", 36), _text("code", 16), _text("reason", 500), _at("asked_at"), _text("asked_by", 64)),
        *(_at("answered_at", nullable=True), _text("answered_by", 64, nullable=True), _text("answer", 2000)),
        _check(name, "answered", "(answered_at IS NULL) = (answered_by IS NULL)"),
        *(_to(name, "code", "batches", "code"), _to(name, "asked_by", "users"), _to(name, "answered_by", "users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    _index(name, "code", "asked_at")


def _documents() -> None:
    name = "documents"
    op.create_table(
        name,
        *(_text("id", 36), _text("site_id", 64), _text("batch_code", 16, nullable=True), _text("kind", 32)),
        *(_text("number", 64), _text("holder", 64)),
        *(sa.Column(day, sa.Date(), nullable=True) for day in ("issued_on", "expires_on")),
        *(sa.Column("photos", sa.JSON(), nullable=False), _at("added_at"), _text("added_by", 64)),
        _at("ended_at", nullable=True),
        *(_to(name, "site_id", "sites"), _to(name, "batch_code", "batches", "code"), _to(name, "added_by", "users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for columns in (("site_id", "expires_on"), ("batch_code",), ("expires_on",)):
        _index(name, *columns)
