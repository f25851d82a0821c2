"""Says which officer answers for a case: chained, told to whoever reads the log, and to the officer with the order."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.bodies import version_etag
from api.casework.delivering import order_id_of
from api.casework.holding import hold
from api.casework.telling import Happening, tell
from api.errors import ConflictError
from api.preconditions import require
from api.store import assignments, cases, log, notices
from vision.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who shall answer for a case of which one version was seen; None: nobody."""

    case_id: str
    officer: str | None
    if_match: str


def assign(connection: Connection, caller: Caller, wanted: Assignment, now: datetime) -> None:
    """Let an officer answer for a case; who does already stays, and nothing is told.

    Raises:
        NotFoundError: there is no such case for this caller.
        StaleError: it was changed since the caller looked.
        ConflictError: it is over.
        InvalidInputError: nobody of this name answers for its site.
    """
    log.take_turn(connection)
    row = hold(connection, caller.scope, wanted.case_id).row
    require(wanted.if_match, version_etag(row))
    if row["turn"] == "none":
        raise ConflictError(f"case {wanted.case_id} is {row['stage']}: nobody has to answer for it")
    before = assignments.of_cases(connection, [row["id"]]).get(row["id"])
    after = _put(connection, caller, wanted, row["site_id"], now)
    if before == after:
        return
    cases.touch(connection, row["id"], now)
    told = {"assignee": after, "before": before}
    tell(connection, row["id"], Happening("assigned", f"assigned/{row['version'] + 1}", now, caller.actor, told), now)


def _put(connection: Connection, caller: Caller, wanted: Assignment, site: str, now: datetime) -> str | None:
    """Write it and return the officer's name as it is written."""
    if wanted.officer is None:
        assignments.remove(connection, wanted.case_id)
        return None
    known = {name: user for user, name in assignments.candidates(connection, site)}
    name = wanted.officer.lower()
    if name not in known:
        allowed = f"a supervisor whose region the site is in: {', '.join(known) or 'there is none'}"
        raise InvalidInputError("officer", wanted.officer, allowed)
    assignments.put(connection, wanted.case_id, known[name], caller.id, now)
    notices.copy_to_new_users(connection, order_id_of(wanted.case_id), [known[name]])
    return name
