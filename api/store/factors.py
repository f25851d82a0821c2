"""Second factors and recovery codes, invitations, and the wrong guesses that all processes count together."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from api.store.account_schema import invitations, login_failures, recovery_codes, second_factors
from api.store.database import upsert

_QUIET = timedelta(hours=1)
"""Failures that ended so long ago are forgotten."""


def factor_of(connection: Connection, user_id: str) -> RowMapping | None:
    """Return a user's second factor, confirmed or not."""
    query = select(second_factors).where(second_factors.c.user_id == user_id)
    return connection.execute(query).mappings().first()


def begin_factor(connection: Connection, user_id: str, secret: str, now: datetime) -> None:
    """Store a secret that the user has not confirmed yet, in place of another such."""
    row = {"user_id": user_id, "secret": secret, "last_step": 0, "created_at": now, "confirmed_at": None}
    upsert(connection, second_factors, row)


def confirm_factor(connection: Connection, user_id: str, digests: Iterable[str], now: datetime) -> None:
    """Make a factor count from now on, with these recovery codes and no others."""
    connection.execute(update(second_factors).where(second_factors.c.user_id == user_id).values(confirmed_at=now))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    connection.execute(insert(recovery_codes), [{"user_id": user_id, "digest": digest} for digest in digests])


def use_step(connection: Connection, user_id: str, step: int) -> bool:
    """Take the code of a time step; False when it, or a later one, was taken already."""
    query = update(second_factors).where(second_factors.c.user_id == user_id, second_factors.c.last_step < step)
    return connection.execute(query.values(last_step=step)).rowcount == 1


def use_recovery_code(connection: Connection, user_id: str, digest: str) -> bool:
    """Use a recovery code up; False when there is none like it."""
    query = delete(recovery_codes).where(recovery_codes.c.user_id == user_id, recovery_codes.c.digest == digest)
    return connection.execute(query).rowcount == 1


def end_factor(connection: Connection, user_id: str) -> bool:
    """Forget a user's second factor and recovery codes; tell whether there was one."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    return connection.execute(delete(second_factors).where(second_factors.c.user_id == user_id)).rowcount == 1


def invite(connection: Connection, user_id: str, digest: str, now: datetime, until: datetime) -> None:
    """Make this the only first-login code of a user."""
    end_invitations(connection, user_id)
    connection.execute(delete(invitations).where(invitations.c.expires_at <= now))
    row = {"digest": digest, "user_id": user_id, "created_at": now, "expires_at": until}
    connection.execute(insert(invitations).values(**row))


def invited(connection: Connection, digest: str, now: datetime) -> str | None:
    """Return the id of the user whom a first-login code lets in."""
    query = select(invitations.c.user_id).where(invitations.c.digest == digest, invitations.c.expires_at > now)
    return connection.scalar(query)


def use_invitation(connection: Connection, digest: str) -> bool:
    """Use an invitation up; False when somebody was quicker."""
    return connection.execute(delete(invitations).where(invitations.c.digest == digest)).rowcount == 1


def end_invitations(connection: Connection, user_id: str) -> None:
    """Forget the first-login codes of a user."""
    connection.execute(delete(invitations).where(invitations.c.user_id == user_id))


def failures(connection: Connection, account: str, address: str) -> RowMapping | None:
    """Return what is known of an address that guessed at an account."""
    query = select(login_failures).where(login_failures.c.account == account, login_failures.c.address == address)
    return connection.execute(query).mappings().first()


def count_failure(connection: Connection, account: str, address: str, count: int, until: datetime) -> None:
    """Remember a failure, and forget those that are long over."""
    connection.execute(delete(login_failures).where(login_failures.c.until < until - _QUIET))
    upsert(connection, login_failures, {"account": account, "address": address, "count": count, "until": until})


def forget_failures(connection: Connection, account: str, address: str) -> None:
    """Forget the failures of a pair that got it right."""
    pair = (login_failures.c.account == account) & (login_failures.c.address == address)
    connection.execute(delete(login_failures).where(pair))
