"""What is kept: days' roots, legal holds, what is old enough to be judged by the retention policy, and deletions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, insert, or_, select, update

from api.store.case_schema import case_events, cases
from api.store.keeping_schema import day_seals, deletions, legal_holds
from api.store.schema import events, media, sites, users
from api.store.scope import Scope, sites_within


def days(connection: Connection, limit: int, before: Any = None) -> Sequence[RowMapping]:
    """Return up to `limit + 1` sealed days, newest first."""
    query = select(day_seals).order_by(day_seals.c.day.desc()).limit(limit + 1)
    return connection.execute(query.where(day_seals.c.day < before) if before else query).mappings().all()


def aged(connection: Connection, before: datetime, behind: tuple[str, str], limit: int) -> Sequence[RowMapping]:
    """Return media that were stored before an instant and that no hold protects, behind a key, in the order of keys.

    Each comes with the verdict on its event, its tier, and the newest change of its event and of its case.
    """
    home = case_events.alias("home")
    query = (
        select(
            media,
            events.c.status,
            events.c.tier,
            events.c.updated_at.label("event_at"),
            cases.c.stage,
            cases.c.updated_at.label("case_at"),
        )
        .join(events, events.c.id == media.c.event_id)
        .outerjoin(home, (home.c.event_id == media.c.event_id) & home.c.left_at.is_(None))
        .outerjoin(cases, cases.c.id == home.c.case_id)
        .where(media.c.stored_at < before, ~_held(home.c.case_id))
        .where((media.c.event_id > behind[0]) | ((media.c.event_id == behind[0]) & (media.c.name > behind[1])))
        .order_by(media.c.event_id, media.c.name)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def _held(case_id: ColumnElement[str]) -> ColumnElement[bool]:
    here = or_(legal_holds.c.event_id == media.c.event_id, legal_holds.c.case_id == case_id)
    return select(legal_holds.c.id).where(here, legal_holds.c.lifted_at.is_(None)).exists()


def is_held(connection: Connection, event_id: str) -> bool:
    """Tell whether a hold protects an event, by itself or by a case that it is or was in."""
    in_cases = select(case_events.c.case_id).where(case_events.c.event_id == event_id)
    here = or_(legal_holds.c.event_id == event_id, legal_holds.c.case_id.in_(in_cases))
    query = select(legal_holds.c.id).where(here, legal_holds.c.lifted_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def remove_media(connection: Connection, piece: Mapping[Any, Any], proof: Mapping[str, Any]) -> bool:
    """Delete the row of a piece of evidence and keep the proof; False when it is gone or another by now."""
    row = (media.c.event_id == piece["event_id"], media.c.name == piece["name"], media.c.sha256 == piece["sha256"])
    if not connection.execute(delete(media).where(*row)).rowcount:
        return False
    facts = {name: piece[name] for name in ("event_id", "name", "sha256", "size_bytes", "stored_at")}
    connection.execute(insert(deletions).values(**facts, **proof))
    return True


def deleted(connection: Connection, scope: Scope, limit: int, behind: tuple[datetime, str]) -> Sequence[RowMapping]:
    """Return up to `limit + 1` deletions of media behind an instant and digest, oldest first."""
    query = (
        select(deletions, events.c.site_id)
        .join(events, events.c.id == deletions.c.event_id)
        .join(sites, sites.c.id == events.c.site_id)
        .where(sites_within(scope))
        .where(
            (deletions.c.deleted_at > behind[0])
            | ((deletions.c.deleted_at == behind[0]) & (deletions.c.sha256 > behind[1]))
        )
        .order_by(deletions.c.deleted_at, deletions.c.sha256)
        .limit(limit + 1)
    )
    return connection.execute(query).mappings().all()


def _holds(scope: Scope) -> Select[Any]:
    return (
        select(legal_holds, users.c.name.label("by"))
        .join(sites, sites.c.id == legal_holds.c.site_id)
        .join(users, users.c.id == legal_holds.c.user_id)
        .where(sites_within(scope))
    )


def holds(connection: Connection, scope: Scope, *, standing: bool) -> Sequence[RowMapping]:
    """Return the newest holds of the caller's part of the tree."""
    query = _holds(scope).order_by(legal_holds.c.placed_at.desc(), legal_holds.c.id).limit(500)
    return connection.execute(query.where(legal_holds.c.lifted_at.is_(None)) if standing else query).mappings().all()


def find_hold(connection: Connection, scope: Scope, hold_id: str) -> RowMapping | None:
    """Return one hold."""
    return connection.execute(_holds(scope).where(legal_holds.c.id == hold_id)).mappings().first()


def add_hold(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a hold."""
    connection.execute(insert(legal_holds).values(lifted_at=None, lifted_by=None, **values))


def lift_hold(connection: Connection, hold_id: str, user_id: str, at: datetime) -> bool:
    """End a hold; False when it has ended before."""
    query = update(legal_holds).where(legal_holds.c.id == hold_id, legal_holds.c.lifted_at.is_(None))
    return connection.execute(query.values(lifted_at=at, lifted_by=user_id)).rowcount == 1
