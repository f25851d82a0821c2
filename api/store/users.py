"""Users, their sessions and the first-login code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, select, true, update

from api.store.account_schema import second_factors
from api.store.schema import login_codes, regions, sessions, users
from api.store.scope import Scope, regions_within

FIRST_USER = "admin"
"""Who comes in by a first-login code."""


def by_name(connection: Connection, name: str) -> RowMapping | None:
    """Return a user; names do not differ by case."""
    return connection.execute(select(users).where(users.c.name == name.lower())).mappings().first()


def everything(connection: Connection) -> Sequence[RowMapping]:
    """Return every user by name."""
    return connection.execute(select(users).order_by(users.c.name)).mappings().all()


def _within(scope: Scope) -> ColumnElement[bool]:
    part = users.c.site_id == scope.site if scope.site is not None else true()
    return part & users.c.region_id.in_(select(regions.c.id).where(regions_within(scope)))


_HAS_FACTOR = second_factors.c.confirmed_at.is_not(None).label("has_factor")


def find(connection: Connection, scope: Scope, user_id: str) -> RowMapping | None:
    """Return one user of this part of the tree."""
    query = select(users, _HAS_FACTOR).outerjoin(second_factors).where(users.c.id == user_id, _within(scope))
    return connection.execute(query).mappings().first()


def by_id(connection: Connection, user_id: str) -> RowMapping | None:
    """Return a user wherever it is: for coming in, before there is a scope."""
    return connection.execute(select(users).where(users.c.id == user_id)).mappings().first()


def page(connection: Connection, scope: Scope, after: str, limit: int) -> Sequence[RowMapping]:
    """Return users of this part of the tree by name, from behind a name on."""
    query = select(users, _HAS_FACTOR).outerjoin(second_factors).where(users.c.name > after, _within(scope))
    return connection.execute(query.order_by(users.c.name).limit(limit)).mappings().all()


def change(connection: Connection, user_id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a user who is still at this version; tell whether they were."""
    query = update(users).where(users.c.id == user_id, users.c.version == version)
    return connection.execute(query.values(version=version + 1, **values)).rowcount == 1


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a user."""
    connection.execute(insert(users).values(**values))


def region_of(connection: Connection, user_id: str) -> str:
    """Return the id of the region that a user belongs to."""
    return str(connection.execute(select(users.c.region_id).where(users.c.id == user_id)).scalar_one())


def follow_site(connection: Connection, site: str, region: str) -> None:
    """Move the people of a kitchen to the region that their site is in now."""
    connection.execute(update(users).where(users.c.site_id == site).values(region_id=region))


def set_password(connection: Connection, user_id: str, password_hash: str) -> None:
    """Replace a password; the first user's ends the first-login code, which is for whoever has no password."""
    change = update(users).where(users.c.id == user_id).values(password_hash=password_hash)
    name = connection.execute(change.returning(users.c.name)).scalar_one()
    connection.execute(update(sessions).where(sessions.c.user_id == user_id).values(by_code=False))
    if name == FIRST_USER:
        connection.execute(delete(login_codes))


def disable(connection: Connection, user_id: str, at: datetime | None) -> None:
    """Shut a user out from now on and end every session; None lets the user in again."""
    connection.execute(update(users).where(users.c.id == user_id).values(disabled_at=at))
    if at is not None:
        end_sessions_of(connection, user_id)


def somebody_can_log_in(connection: Connection) -> bool:
    """Tell whether any user has a password."""
    query = select(func.count()).select_from(users).where(users.c.password_hash != "", users.c.disabled_at.is_(None))
    return bool(connection.execute(query).scalar_one())


def replace_code(connection: Connection, digest: str, created_at: datetime, expires_at: datetime) -> None:
    """Make this the only first-login code."""
    connection.execute(delete(login_codes))
    connection.execute(insert(login_codes).values(digest=digest, created_at=created_at, expires_at=expires_at))


def code_lives(connection: Connection, digest: str, now: datetime) -> bool:
    """Tell whether this is the first-login code, and not too old."""
    query = select(login_codes.c.digest).where(login_codes.c.digest == digest, login_codes.c.expires_at > now)
    return connection.execute(query).first() is not None


def use_code(connection: Connection, digest: str, now: datetime) -> bool:
    """Use a code up; False when there is none like it or it is too old."""
    query = delete(login_codes).where(login_codes.c.digest == digest, login_codes.c.expires_at > now)
    return connection.execute(query).rowcount == 1


def add_session(connection: Connection, values: Mapping[str, Any], now: datetime) -> None:
    """Insert a session and clear away those that have run out."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    connection.execute(insert(sessions).values(created_at=now, **values))


def by_session(connection: Connection, digest: str, now: datetime) -> RowMapping | None:
    """Return the user of a live session with the path of the user's region."""
    query = (
        select(users, regions.c.path.label("region_path"), sessions.c.by_code, _HAS_FACTOR)
        .join(sessions, sessions.c.user_id == users.c.id)
        .join(regions, regions.c.id == users.c.region_id)
        .outerjoin(second_factors, second_factors.c.user_id == users.c.id)
        .where(sessions.c.digest == digest, sessions.c.expires_at > now, users.c.disabled_at.is_(None))
    )
    return connection.execute(query).mappings().first()


def sessions_of(connection: Connection, user_id: str, now: datetime) -> Sequence[RowMapping]:
    """Return a user's live sessions, newest first."""
    query = select(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
    return connection.execute(query.order_by(sessions.c.created_at.desc(), sessions.c.digest)).mappings().all()


def end_session(connection: Connection, digest: str) -> None:
    """Log out."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))


def end_sessions_of(connection: Connection, user_id: str, keep: str = "") -> None:
    """Log a user out everywhere but here."""
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.digest != keep))
