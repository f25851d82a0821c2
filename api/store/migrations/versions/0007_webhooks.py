"""Receivers outside are told what the log says: webhooks, their deliveries and dead letters, everybody's place."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of those who are told."""
    _followers()
    _webhooks()
    _deliveries()
    _letters()


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _followers() -> None:
    op.create_table(
        "followers",
        _text("id", 64),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        *(_count(name) for name in ("failures", "refusals", "letters")),
        _instant("failing_since", nullable=True),
        _instant("due_at"),
        _text("holder", 64),
        _instant("held_until"),
        sa.CheckConstraint("cursor >= 0", name=op.f("ck_followers_cursor")),
        sa.CheckConstraint("failures >= 0 AND refusals >= 0 AND letters >= 0", name=op.f("ck_followers_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followers")),
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        _text("id", 64),
        _text("region_id", 64),
        _text("name", 128),
        _text("url", 2048),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("types", "kinds", "secrets")),
        _text("state", 16),
        _text("reason", 200),
        _count("version"),
        _instant("created_at"),
        _instant("updated_at"),
        sa.CheckConstraint("state IN ('active', 'paused', 'disabled')", name=op.f("ck_webhooks_state")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_webhooks_version")),
        sa.ForeignKeyConstraint(["id"], ["followers.id"], name=op.f("fk_webhooks_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_webhooks_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_region_id"), "webhooks", ["region_id"])


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _text("webhook_id", 64),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        _text("type", 64),
        _count("attempt"),
        _instant("at"),
        _count("took_ms"),
        _count("status"),
        _text("outcome", 16),
        _text("reason", 300),
        sa.CheckConstraint(
            "outcome IN ('taken', 'refused', 'away', 'gone')", name=op.f("ck_webhook_deliveries_outcome")
        ),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(op.f("ix_webhook_deliveries_webhook_id_number"), "webhook_deliveries", ["webhook_id", "number"])


def _letters() -> None:
    op.create_table(
        "webhook_letters",
        _text("webhook_id", 64),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("state", 16),
        _count("status"),
        _text("reason", 300),
        _instant("at"),
        sa.CheckConstraint("state IN ('dead', 'queued')", name=op.f("ck_webhook_letters_state")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_letters_webhook_id")),
        sa.PrimaryKeyConstraint("webhook_id", "sequence", name=op.f("pk_webhook_letters")),
    )
