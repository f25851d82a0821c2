"""Which account belongs to which user of an OpenID provider."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from api.store.account_schema import identities


def user_of(connection: Connection, issuer: str, subject: str) -> str | None:
    """Return the id of the account that is bound to a provider's user."""
    query = select(identities.c.user_id).where(identities.c.issuer == issuer, identities.c.subject == subject)
    return connection.scalar(query)


def is_bound(connection: Connection, issuer: str, user_id: str) -> bool:
    """Tell whether an account belongs to some user of this provider already."""
    query = select(identities.c.subject).where(identities.c.issuer == issuer, identities.c.user_id == user_id)
    return connection.execute(query).first() is not None


def bind(connection: Connection, issuer: str, subject: str, user_id: str, now: datetime) -> None:
    """Let an account belong to a provider's user from now on."""
    row = {"issuer": issuer, "subject": subject, "user_id": user_id, "bound_at": now}
    connection.execute(insert(identities).values(**row))


def unbind(connection: Connection, user_id: str) -> int:
    """Let an account belong to nobody of any provider; return how many bonds there were."""
    return connection.execute(delete(identities).where(identities.c.user_id == user_id)).rowcount
