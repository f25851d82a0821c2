"""What a photo may be about: it must be there, be open, and belong to the site of who takes it."""

from collections.abc import Callable

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.cases.machine import OVER
from api.errors import ConflictError, NotFoundError
from api.photos.challenge import Subject
from api.store import cases, inspections, selfchecks
from vision.errors import InvalidInputError

Check = Callable[[Connection, Caller, str], None]


def require(connection: Connection, caller: Caller, subject: Subject, about: str) -> None:
    """Pass when this caller may take a photo about this.

    Raises:
        NotFoundError: there is none like it for this caller.
        ConflictError: it is over.
        InvalidInputError: nothing like it can be photographed.
    """
    _CHECKS[subject](connection, caller, about)


def _case(connection: Connection, caller: Caller, about: str) -> None:
    row = cases.find(connection, caller.scope, about)
    if row is None:
        raise NotFoundError(f"there is no case {about}")
    if row["stage"] in OVER:
        raise ConflictError(f"case {about} is {row['stage']}: nothing is left to be proven")


def _spot(_: Connection, __: Caller, about: str) -> None:
    if not about.strip():
        raise InvalidInputError("about", about, "how the spot is called, such as 'hand basin'")


def _selfcheck(connection: Connection, caller: Caller, about: str) -> None:
    row = selfchecks.find(connection, caller.scope, about)
    if row is None:
        raise NotFoundError(f"there is no self-check {about}")
    if row["state"] != "open":
        raise ConflictError(f"self-check {about} is {row['state']}")


def _inspection(connection: Connection, caller: Caller, about: str) -> None:
    row = inspections.find(connection, caller.scope, about)
    if row is None:
        raise NotFoundError(f"there is no inspection {about}")
    if row["state"] != "open":
        raise ConflictError(f"inspection {about} is {row['state']}")


def _none(_: Connection, __: Caller, about: str) -> None:
    raise InvalidInputError("about", about, "a case, a self-check, an inspection or a spot")


_CHECKS: dict[Subject, Check] = {
    Subject.CASE: _case,
    Subject.SPOT: _spot,
    Subject.SELFCHECK: _selfcheck,
    Subject.BATCH: _none,
    Subject.INSPECTION: _inspection,
}
