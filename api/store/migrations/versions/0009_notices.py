"""What people are told: orders, notices and warnings with their copies, and the thread of each case."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of notices and threads."""
    _notices()
    _copies()
    _messages()
    _readings()


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _notices() -> None:
    name = "notices"
    op.create_table(
        name,
        _text("id", 36),
        _text("kind", 16),
        _text("region_id", 64),
        _text("case_id", 36, nullable=True),
        _text("user_id", 64),
        sa.Column("target", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        _instant("sent_at"),
        _instant("urged_at", nullable=True),
        _check(name, "kind", "kind IN ('order', 'notice', 'warning', 'training')"),
        _check(name, "order_has_case", "(kind = 'order') = (case_id IS NOT NULL)"),
        _foreign(name, "region_id", "regions"),
        _foreign(name, "case_id", "cases"),
        _foreign(name, "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("uq_notices_case_id", name, ["case_id"], unique=True)
    op.create_index(op.f("ix_notices_sent_at_id"), name, ["sent_at", "id"])
    op.create_index(op.f("ix_notices_region_id_sent_at"), name, ["region_id", "sent_at"])


def _copies() -> None:
    name = "notice_copies"
    op.create_table(
        name,
        _text("notice_id", 36),
        _text("recipient", 80),
        _text("site_id", 64, nullable=True),
        _text("user_id", 64, nullable=True),
        _instant("read_at", nullable=True),
        _text("read_by", 64, nullable=True),
        sa.Column("urged", sa.Integer(), nullable=False),
        _check(name, "one_recipient", "(site_id IS NULL) <> (user_id IS NULL)"),
        _check(name, "read_by_somebody", "(read_at IS NULL) = (read_by IS NULL)"),
        _check(name, "urged", "urged >= 0"),
        _foreign(name, "notice_id", "notices"),
        _foreign(name, "site_id", "sites"),
        _foreign(name, "user_id", "users"),
        _foreign(name, "read_by", "users"),
        sa.PrimaryKeyConstraint("notice_id", "recipient", name=op.f("pk_notice_copies")),
    )
    op.create_index(op.f("ix_notice_copies_site_id_notice_id"), name, ["site_id", "notice_id"])
    op.create_index(op.f("ix_notice_copies_user_id_notice_id"), name, ["user_id", "notice_id"])


def _messages() -> None:
    name = "case_messages"
    op.create_table(
        name,
        _text("case_id", 36),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("kind", 16),
        _text("user_id", 64),
        *(_text(column, 16) for column in ("party", "contact_role", "outcome")),
        sa.Column("text", sa.Text(), nullable=False),
        _instant("at"),
        _check(name, "kind", "kind IN ('message', 'urge', 'call')"),
        _check(name, "party", "party IN ('supervisor', 'kitchen')"),
        _check(name, "outcome", "outcome IN ('', 'reached', 'no_answer', 'wrong_number')"),
        _check(name, "call_has_outcome", "(kind = 'call') = (outcome <> '')"),
        _check(name, "number", "number >= 1"),
        _foreign(name, "case_id", "cases"),
        _foreign(name, "user_id", "users"),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_case_messages")),
    )
    op.create_index(op.f("ix_case_messages_case_id_kind_at"), name, ["case_id", "kind", "at"])


def _readings() -> None:
    name = "case_readings"
    op.create_table(
        name,
        _text("case_id", 36),
        _text("user_id", 64),
        _text("party", 16),
        sa.Column("number", sa.Integer(), nullable=False),
        _instant("at"),
        _check(name, "party", "party IN ('supervisor', 'kitchen')"),
        _check(name, "number", "number >= 1"),
        _foreign(name, "case_id", "cases"),
        _foreign(name, "user_id", "users"),
        sa.PrimaryKeyConstraint("case_id", "user_id", name=op.f("pk_case_readings")),
    )
