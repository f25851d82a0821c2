"""Finds out who wants to come in: by a code, or by password, and where there is one by the second factor, too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.gate import UnknownCallerError
from api.auth.secrets import code_digest
from api.auth.totp import DIGITS, step_of
from api.services import Services
from api.store import factors, users

WRONG = "this code or password is wrong, used up or too old"


class FactorNeededError(UnknownCallerError):
    """Name and password are right, and the account asks for the second factor."""

    def __init__(self) -> None:
        super().__init__("this account wants a code of its authenticator app, too: send it as second_factor")
        self.kind = "second-factor-needed"


def by_password(services: Services, name: str, password: str) -> str | None:
    """Return the id of the user whose name and password these are."""
    with services.database.read() as connection:
        row = users.by_name(connection, name)
    live = row if row is not None and row["disabled_at"] is None else None
    right = services.passwords.verify(password, live["password_hash"] if live else "")
    return str(live["id"]) if right and live else None


def by_code(services: Services, code: str, second_factor: str) -> str | None:
    """Use a first-login code up and return whom it lets in: the first administrator, or who was invited.

    Raises:
        FactorNeededError: the code is right, and a second factor is missing; the code is not used up.
    """
    now, hashed = services.clock.now(), code_digest(code)
    with services.database.write() as connection:
        invited = factors.invited(connection, hashed, now)
        if invited is not None:
            if not passes_factor(connection, invited, second_factor, now):
                return None
            return invited if factors.use_invitation(connection, hashed) else None
        return _administrator(connection, hashed, second_factor, now)


def _administrator(connection: Connection, hashed: str, second_factor: str, now: datetime) -> str | None:
    known = users.by_name(connection, users.FIRST_USER)
    if not users.code_lives(connection, hashed, now):
        return None
    if known is not None and not passes_factor(connection, known["id"], second_factor, now):
        return None
    if not users.use_code(connection, hashed, now):
        return None
    return str(known["id"]) if known is not None else _first_user(connection, now)


def _first_user(connection: Connection, now: datetime) -> str:
    user = {"id": uuid4().hex, "name": users.FIRST_USER, "password_hash": "", "role": "admin", "language": "zh"}
    users.add(connection, {**user, "region_id": "root", "site_id": None, "created_at": now})
    note(connection, Act("code", "user.added", users.FIRST_USER, {"role": "admin", "region": "root"}), now)
    return user["id"]


def passes_factor(connection: Connection, user_id: str, told: str, now: datetime) -> bool:
    """Tell whether the second factor is right, or there is none; what was told is used up.

    Raises:
        FactorNeededError: there is one, and nothing was told.
    """
    factor = factors.factor_of(connection, user_id)
    if factor is None or factor["confirmed_at"] is None:
        return True
    if not told.strip():
        raise FactorNeededError
    return proves(connection, factor, told, now)


def proves(connection: Connection, factor: Mapping[Any, Any], told: str, now: datetime) -> bool:
    """Tell whether this is a fresh code of the app, or one of the recovery codes; either works once."""
    code = "".join(told.split())
    if len(code) == DIGITS and code.isdecimal() and code.isascii():
        step = step_of(factor["secret"], code, now)
        return step is not None and factors.use_step(connection, factor["user_id"], step)
    return factors.use_recovery_code(connection, factor["user_id"], code_digest(told))
