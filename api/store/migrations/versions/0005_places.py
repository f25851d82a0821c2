"""Sites with licence, people, grade and holidays; gradings and reviews of cameras as devices."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, null where nothing was told, and the two registers."""
    op.add_column("regions", sa.Column("level", sa.String(length=16), nullable=True))
    for column in _site_columns():
        op.add_column("sites", column)
    op.create_index(op.f("ix_sites_name_id"), "sites", ["name", "id"])
    _gradings()
    _device_reviews()


def _site_columns() -> list[sa.Column[Any]]:
    types: dict[str, sa.types.TypeEngine[Any]] = {
        "holidays": sa.JSON(),
        "address": sa.String(length=256),
        "latitude": sa.Float(),
        "longitude": sa.Float(),
        "licence": sa.String(length=64),
        "licence_expires_on": sa.Date(),
        "contacts": sa.JSON(),
        "area_m2": sa.Integer(),
        "diners": sa.Integer(),
        "grade": sa.String(length=1),
        "graded_on": sa.Date(),
        "published": sa.Boolean(),
    }
    return [sa.Column(name, kind, nullable=True) for name, kind in types.items()]


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _gradings() -> None:
    op.create_table(
        "gradings",
        _text("site_id", 64),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("grade", 1),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        _text("edition", 32),
        sa.Column("graded_on", sa.Date(), nullable=False),
        _text("note", 1000),
        _text("user_id", 64),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_gradings_grade")),
        sa.CheckConstraint("points >= 0 AND points <= 100", name=op.f("ck_gradings_points")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_gradings_number")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_gradings_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_gradings_user_id")),
        sa.PrimaryKeyConstraint("site_id", "number", name=op.f("pk_gradings")),
    )


def _device_reviews() -> None:
    op.create_table(
        "device_reviews",
        _text("camera_id", 64),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Boolean(create_constraint=True, name=name), nullable=False) for name in _ASKED),
        _text("document", 200),
        _text("note", 1000),
        _text("looks_at", 64),
        sa.Column("valid_until", sa.Date(), nullable=True),
        _text("user_id", 64),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_device_reviews_number")),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_device_reviews_camera_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_device_reviews_user_id")),
        sa.PrimaryKeyConstraint("camera_id", "number", name=op.f("pk_device_reviews")),
    )
    op.create_index(op.f("ix_device_reviews_camera_id_at"), "device_reviews", ["camera_id", "at"])


_ASKED = ("legal", "technical", "siting", "signs", "published")
