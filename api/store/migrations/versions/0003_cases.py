"""Confirmed violations become cases: with the events they grew from, every step, and every clock."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
_IS_OPEN = sa.text("stage NOT IN ('closed', 'withdrawn')")
_IS_IN = sa.text("left_at IS NULL")


def upgrade() -> None:
    """Create the tables of cases."""
    _cases()
    _case_indexes()
    _case_events()
    _case_steps()
    _case_clocks()


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _one(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _cases() -> None:
    op.create_table(
        "cases",
        _text("id", 36),
        _text("site_id", 64),
        _text("event_id", 36),
        _text("kind", 64),
        _text("tier", 3),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("year_before", sa.Date(), nullable=False),
        *(_text(name, 16) for name in ("stage", "appeal", "card", "turn")),
        _text("confirmed_by", 64),
        _text("policy", 32),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("order_texts", sa.JSON(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_instant(name) for name in ("began_at", "updated_at", "due_at", "wakes_at")),
        *_case_checks(),
        sa.ForeignKeyConstraint(["confirmed_by"], ["users.id"], name=op.f("fk_cases_confirmed_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_cases_event_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_cases_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )


def _case_checks() -> tuple[sa.CheckConstraint, ...]:
    stages = "'confirmed', 'ordered', 'acknowledged', 'planned', 'rectified', 'returned', 'closed', 'withdrawn'"
    return (
        sa.CheckConstraint("appeal IN ('none', 'filed', 'upheld', 'rejected')", name=op.f("ck_cases_appeal")),
        sa.CheckConstraint("card IN ('none', 'yellow', 'red', 'on_site')", name=op.f("ck_cases_card")),
        sa.CheckConstraint(f"stage IN ({stages})", name=op.f("ck_cases_stage")),
        sa.CheckConstraint("tier IN ('I', 'II', 'III')", name=op.f("ck_cases_tier")),
        sa.CheckConstraint("turn IN ('supervisor', 'kitchen', 'none')", name=op.f("ck_cases_turn")),
        sa.CheckConstraint("version >= 1 AND steps >= 0", name=op.f("ck_cases_version")),
    )


def _case_indexes() -> None:
    _one("uq_cases_open", "cases", ["site_id", "kind", "day"], _IS_OPEN)
    op.create_index("ix_cases_open_due", "cases", ["due_at", "id"], sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
    op.create_index(op.f("ix_cases_began_at_id"), "cases", ["began_at", "id"])
    op.create_index(op.f("ix_cases_wakes_at"), "cases", ["wakes_at"])
    op.create_index(op.f("ix_cases_site_id_began_at"), "cases", ["site_id", "began_at"])
    op.create_index(op.f("ix_cases_site_id_kind_day"), "cases", ["site_id", "kind", "day"])
    op.create_index(op.f("ix_cases_stage_began_at"), "cases", ["stage", "began_at"])


def _case_events() -> None:
    op.create_table(
        "case_events",
        _text("case_id", 36),
        _text("event_id", 36),
        _instant("joined_at"),
        _instant("left_at", nullable=True),
        _text("confirmed_by", 64),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["users.id"], name=op.f("fk_case_events_confirmed_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_case_events_event_id")),
        sa.PrimaryKeyConstraint("case_id", "event_id", name=op.f("pk_case_events")),
    )
    _one("uq_case_events_one_case", "case_events", ["event_id"], _IS_IN)


def _case_steps() -> None:
    op.create_table(
        "case_steps",
        _text("case_id", 36),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("action", 16),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        _text("role", 16),
        _instant("at"),
        _instant("stored_at"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proof", sa.JSON(), nullable=False),
        _instant("until", nullable=True),
        sa.CheckConstraint("(role = 'system') = (user_id IS NULL)", name=op.f("ck_case_steps_system_is_nobody")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_case_steps_number")),
        sa.CheckConstraint("role IN ('supervisor', 'kitchen', 'system')", name=op.f("ck_case_steps_role")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_steps_case_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_steps_user_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_case_steps")),
    )
    op.create_index(op.f("ix_case_steps_user_id_case_id"), "case_steps", ["user_id", "case_id"])


def _case_clocks() -> None:
    op.create_table(
        "case_clocks",
        _text("case_id", 36),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("name", 16),
        _instant("started_at"),
        _instant("due_at"),
        sa.Column("in_working_time", sa.Boolean(create_constraint=True, name="in_working_time"), nullable=False),
        _instant("stopped_at", nullable=True),
        _text("stopped_by", 16),
        sa.Column("left_us", sa.BigInteger(), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.CheckConstraint("(stopped_at IS NULL) = (stopped_by = '')", name=op.f("ck_case_clocks_explained")),
        sa.CheckConstraint("number >= 1 AND reminded >= 0", name=op.f("ck_case_clocks_number")),
        sa.CheckConstraint("stopped_at IS NULL OR left_us IS NULL", name=op.f("ck_case_clocks_stopped_or_paused")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_clocks_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_case_clocks")),
    )
