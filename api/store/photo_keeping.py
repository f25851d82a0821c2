"""Photos and the retention policy: what is old enough to be judged, what a hold protects, what was deleted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, insert, or_, select, tuple_

from api.photos.challenge import Subject
from api.store.case_schema import case_events, cases
from api.store.keeping_schema import legal_holds, photo_deletions
from api.store.photo_schema import photo_files, photo_prints, photo_spots, photos
from api.store.schema import sites
from api.store.scope import Scope, sites_within

_ENROLLED = photo_spots.c.state.in_(["pending", "approved"])


def aged(connection: Connection, before: datetime, behind: tuple[str, str], limit: int) -> Sequence[RowMapping]:
    """Return photos that were taken before an instant and that no hold protects, behind a key, in the order of keys.

    Each comes with the stage, tier and newest change of its case, and whether it is, or when it ended as, a spot.
    """
    query = (
        select(
            photo_files,
            photos.c.received_at.label("stored_at"),
            cases.c.stage,
            cases.c.tier,
            cases.c.updated_at.label("case_at"),
            photo_spots.c.decided_at.label("spot_at"),
            func.coalesce(_ENROLLED, False).label("enrolled"),
        )
        .join(photos, photos.c.id == photo_files.c.photo_id)
        .outerjoin(cases, and_(photos.c.subject == str(Subject.CASE), cases.c.id == photos.c.about))
        .outerjoin(photo_spots, photo_spots.c.photo_id == photos.c.id)
        .where(photos.c.received_at < before, ~select(legal_holds.c.id).where(_holds()).exists())
        .where(tuple_(photo_files.c.photo_id, photo_files.c.name) > tuple_(*behind))
        .order_by(photo_files.c.photo_id, photo_files.c.name)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def _holds() -> ColumnElement[bool]:
    """Return the condition on `legal_holds` beside `photos`: on the photo, its case, or an event that was in it."""
    of_case = photos.c.subject == str(Subject.CASE)
    members = select(case_events.c.event_id).where(case_events.c.case_id == photos.c.about)
    here = or_(legal_holds.c.case_id == photos.c.about, legal_holds.c.event_id.in_(members))
    return and_(or_(legal_holds.c.photo_id == photos.c.id, and_(of_case, here)), legal_holds.c.lifted_at.is_(None))


def is_held(connection: Connection, photo_id: str) -> bool:
    """Tell whether a hold protects a photo."""
    query = select(photos.c.id).where(photos.c.id == photo_id, select(legal_holds.c.id).where(_holds()).exists())
    return connection.execute(query).first() is not None


def remove(connection: Connection, file: Mapping[Any, Any], proof: Mapping[str, Any]) -> bool:
    """Delete the row of a photo, with the small copy in its print, and keep the proof; False when it is gone.

    Its hashes stay, in which nobody can be seen: whoever sends it again is still found out.
    """
    here = (photo_files.c.photo_id == file["photo_id"], photo_files.c.name == file["name"])
    if not connection.execute(delete(photo_files).where(*here)).rowcount:
        return False
    print_ = (photo_prints.c.photo_id == file["photo_id"], photo_prints.c.name == file["name"])
    connection.execute(delete(photo_prints).where(*print_))
    facts = {name: file[name] for name in ("photo_id", "name", "sha256", "size_bytes", "stored_at")}
    connection.execute(insert(photo_deletions).values(**facts, **proof))
    return True


def deleted(connection: Connection, scope: Scope, limit: int, behind: tuple[datetime, str]) -> Sequence[RowMapping]:
    """Return up to `limit + 1` deletions of photos behind an instant and digest, oldest first."""
    place = (photo_deletions.c.deleted_at, photo_deletions.c.sha256)
    query = (
        select(photo_deletions, photos.c.site_id)
        .join(photos, photos.c.id == photo_deletions.c.photo_id)
        .join(sites, sites.c.id == photos.c.site_id)
        .where(sites_within(scope), tuple_(*place) > tuple_(*behind, types=(place[0].type, place[1].type)))
        .order_by(*place)
        .limit(limit + 1)
    )
    return connection.execute(query).mappings().all()


def deleted_of(connection: Connection, photo_ids: Iterable[str]) -> Sequence[RowMapping]:
    """Return what was deleted of these proofs, oldest first."""
    query = select(photo_deletions).where(photo_deletions.c.photo_id.in_(list(photo_ids)))
    return connection.execute(query.order_by(photo_deletions.c.deleted_at, photo_deletions.c.name)).mappings().all()
