"""Inspections at work: opened by a supervisor, filled in on the spot, concluded or void; each in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from api.answers import Answers
from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller
from api.bodies import version_etag
from api.errors import ConflictError, NotFoundError
from api.filling import require_photos
from api.inspections.lists import load_lists
from api.inspections.machine import Inspection, answered, concluded, voided
from api.photos.challenge import Subject
from api.preconditions import require
from api.store import inspections, sites
from api.store.inspections import Row
from vision.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Seen:
    """An inspection that a person has looked at, and the version that they saw."""

    inspection_id: str
    if_match: str


def begin(connection: Connection, caller: Caller, site_id: str, name: str, now: datetime) -> str:
    """Open an inspection and return its id; a gating list waits for its result from now on.

    Raises:
        NotFoundError: there is no such site for this caller.
        InvalidInputError: there is no such list, or it is not for this type of site.
        ConflictError: one of this list is open at the site.
    """
    site, lists = sites.find(connection, caller.scope, site_id), load_lists()
    if site is None:
        raise NotFoundError(f"there is no site {site_id}")
    chosen = lists.lists.get(name)
    if chosen is None or (chosen.sites and site["type"] not in chosen.sites):
        fitting = [each.name for each in lists.lists.values() if not each.sites or site["type"] in each.sites]
        raise InvalidInputError("list", name, f"for a site of type {site['type']}: {', '.join(fitting)}")
    known = inspections.open_at(connection, site_id, name)
    if known is not None:
        raise ConflictError(
            f"inspection {known} of this list is open at this site; conclude it, or say that it is void"
        )
    row = {"id": str(uuid4()), "site_id": site_id, "edition": lists.edition, "opened_by": caller.id}
    inspections.add(connection, row, Inspection(chosen, lists.lines_of(name), now))
    if chosen.gates:
        inspections.expect(connection, site_id, name, now)
    note(connection, Act(caller.actor, "inspection.opened", row["id"], {"site": site_id, "list": name}), now)
    return row["id"]


def fill_in(connection: Connection, caller: Caller, seen: Seen, answers: Answers) -> None:
    """Write answers; every photo must be a five-fixed one of this very inspection, taken by the site's people."""
    row, inspection = _held(connection, caller, seen)
    require_photos(connection, Subject.INSPECTION, seen.inspection_id, answers)
    inspections.put(connection, row, answered(inspection, answers))


def conclude(connection: Connection, caller: Caller, seen: Seen, told: str, now: datetime) -> None:
    """Say that everything was looked at; the outcome follows from the lines, and gates the site at once.

    Raises:
        InvalidInputError: lines are open, or it is not open.
    """
    row, inspection = _held(connection, caller, seen)
    after = concluded(inspection, now)
    inspections.put(connection, row, after, ended_at=now, ended_by=caller.id, note=told)
    if after.list.gates:
        inspections.admit(connection, row, after, now)
    faults = [line.id for line in after.faults]
    what = {"site": row["site_id"], "list": row["list"], "outcome": after.outcome, "faults": faults}
    note(connection, Act(caller.actor, "inspection.concluded", row["id"], what), now)


def void(connection: Connection, caller: Caller, seen: Seen, reason: str, now: datetime) -> None:
    """Say that an inspection was opened by mistake; a site that was never on its gating list before leaves it."""
    row, inspection = _held(connection, caller, seen)
    inspections.put(connection, row, voided(inspection), ended_at=now, ended_by=caller.id, note=reason)
    if inspection.list.gates:
        inspections.take_off(connection, row["site_id"], row["list"])
    what = {"site": row["site_id"], "list": row["list"], "reason": reason}
    note(connection, Act(caller.actor, "inspection.voided", row["id"], what), now)


def _held(connection: Connection, caller: Caller, seen: Seen) -> tuple[Row, Inspection]:
    row = inspections.find(connection, caller.scope, seen.inspection_id, lock=True)
    if row is None:
        raise NotFoundError(f"there is no inspection {seen.inspection_id}")
    require(seen.if_match, version_etag(row))
    return row, inspections.inspection_of(row, load_lists())
