"""Users, their sessions and the first-login code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from api.store.schema import login_codes, regions, sessions, users

FIRST_USER = "admin"
"""Who comes in by a first-login code."""


def by_name(connection: Connection, name: str) -> RowMapping | None:
    """Return a user; names do not differ by case."""
    return connection.execute(select(users).where(users.c.name == name.lower())).mappings().first()


def everything(connection: Connection) -> Sequence[RowMapping]:
    """Return every user by name."""
    return connection.execute(select(users).order_by(users.c.name)).mappings().all()


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a user."""
    connection.execute(insert(users).values(**values))


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
        select(users, regions.c.path.label("region_path"), sessions.c.by_code)
        .join(sessions, sessions.c.user_id == users.c.id)
        .join(regions, regions.c.id == users.c.region_id)
        .where(sessions.c.digest == digest, sessions.c.expires_at > now, users.c.disabled_at.is_(None))
    )
    return connection.execute(query).mappings().first()


def end_session(connection: Connection, digest: str) -> None:
    """Log out."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))


def end_sessions_of(connection: Connection, user_id: str, keep: str = "") -> None:
    """Log a user out everywhere but here."""
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.digest != keep))
