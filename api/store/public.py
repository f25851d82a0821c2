"""What everybody may see: sites that a person has published, and of their cases what nobody can appeal any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, or_, select, tuple_

from api.insight.scores import FULL
from api.store.case_schema import cases
from api.store.insight_schema import site_scores
from api.store.schema import media, regions, sites

BLURRED = ("annotated_blurred", "snapshot_blurred")
"""Pictures that may be shown, the better one first."""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """Which part of the list by name."""

    text: str
    limit: int
    behind: tuple[str, str] | None = None


def _listed() -> Select[Any]:
    names = ("id", "name", "type", "address", "grade", "graded_on", "region_id", "created_at")
    return (
        select(*(sites.c[name] for name in names), site_scores, regions.c.name.label("region_name"))
        .join(site_scores, site_scores.c.site_id == sites.c.id)
        .join(regions, regions.c.id == sites.c.region_id)
        .where(sites.c.published.is_(True))
    )


def find(connection: Connection, site: str) -> RowMapping | None:
    """Return one published site."""
    return connection.execute(_listed().where(sites.c.id == site)).mappings().first()


def page(connection: Connection, part: PublicPage) -> Sequence[RowMapping]:
    """Return up to `limit + 1` published sites by name."""
    query = _listed()
    if part.text:
        query = query.where(or_(sites.c.id == part.text, sites.c.name.contains(part.text, autoescape=True)))
    if part.behind is not None:
        query = query.where(tuple_(sites.c.name, sites.c.id) > tuple_(*part.behind))
    return connection.execute(query.order_by(sites.c.name, sites.c.id).limit(part.limit + 1)).mappings().all()


def black(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Return published sites whose final score is red, the lowest first."""
    query = _listed().where(site_scores.c.final_colour == "red")
    return connection.execute(query.order_by(site_scores.c.final_points, sites.c.id).limit(limit)).mappings().all()


def red(connection: Connection, since: datetime, limit: int) -> Sequence[RowMapping]:
    """Return published sites graded A or B that have lost no point, and were known before an instant."""
    spotless = (site_scores.c.points == site_scores.c.final_points, site_scores.c.points >= FULL)
    query = _listed().where(*spotless, sites.c.grade.in_(("A", "B")), sites.c.created_at <= since)
    return connection.execute(query.order_by(sites.c.name, sites.c.id).limit(limit)).mappings().all()


def place_of(connection: Connection, case_id: str) -> RowMapping | None:
    """Return site and first event of a case at a published site."""
    query = (
        select(cases.c.site_id, cases.c.event_id, cases.c.day)
        .join(sites, sites.c.id == cases.c.site_id)
        .where(cases.c.id == case_id, sites.c.published.is_(True))
    )
    return connection.execute(query).mappings().first()


def picture(connection: Connection, event_id: str) -> RowMapping | None:
    """Return the best blurred picture of an event; an unblurred one never."""
    query = select(media).where(
        media.c.event_id == event_id,
        media.c.name.in_(BLURRED),
        media.c.blurred.is_(True),
        media.c.missing_at.is_(None),
    )
    rows = connection.execute(query.order_by(media.c.name)).mappings().all()  # annotated comes before snapshot
    return rows[0] if rows else None
