"""Accounts: invitations, second factors, sessions that can be told apart, keys that end, rotate and stay at home."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables; what is there already has no second factor and no limits."""
    op.add_column("users", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    for name, length in (("address", 64), ("agent", 200)):
        op.add_column("sessions", sa.Column(name, sa.String(length), nullable=True))
    op.add_column("keys", _instant("expires_at"))
    op.add_column("keys", sa.Column("networks", sa.JSON(), nullable=True))
    op.add_column("keys", sa.Column("old_digest", sa.String(64), nullable=True))
    op.add_column("keys", _instant("old_until"))
    _invitations()
    _second_factors()
    _login_failures()


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int = 64) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"))


def _invitations() -> None:
    op.create_table(
        "invitations",
        _text("digest"),
        _text("user_id"),
        _instant("created_at", nullable=False),
        _instant("expires_at", nullable=False),
        _user("invitations"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_user_id"), "invitations", ["user_id"])


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        _text("user_id"),
        _text("secret"),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        _instant("created_at", nullable=False),
        _instant("confirmed_at"),
        _user("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        _text("user_id"),
        _text("digest"),
        _user("recovery_codes"),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_recovery_codes")),
    )


def _login_failures() -> None:
    op.create_table(
        "login_failures",
        _text("account"),
        _text("address"),
        sa.Column("count", sa.Integer(), nullable=False),
        _instant("until", nullable=False),
        sa.CheckConstraint("count >= 1", name=op.f("ck_login_failures_count")),
        sa.PrimaryKeyConstraint("account", "address", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_until"), "login_failures", ["until"])
