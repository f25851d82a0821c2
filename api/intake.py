"""Takes events in: each message once, phases only forward, in one transaction with its line in the log (I1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum, auto
from http import HTTPStatus
from math import ceil
from typing import Any

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.bodies import event_data
from api.errors import ProblemError
from api.messages import PREFIX, EventMessage, Phase, envelope
from api.store import cameras, events, keys, log, media, sites
from vision.errors import InvalidInputError


class Step(Enum):
    """What a message does to the event it is about."""

    CREATE = auto()
    ADVANCE = auto()
    """Its body replaces the stored one."""
    NOTE = auto()
    """It goes into the log; the stored body stays."""
    IGNORE = auto()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a message."""

    step: Step
    sequence: int | None
    """Its number in the log; None when it changed nothing."""

    @property
    def created(self) -> bool:
        """Tell whether the event is new to the store."""
        return self.step is Step.CREATE


def step_for(stored: Phase | None, sent: Phase, *, seen: bool) -> Step:
    """Decide what a message does; `stored` is opened, closed, or None for an unknown event."""
    if stored is None:
        return Step.CREATE
    if seen or sent is Phase.OPENED:
        return Step.IGNORE
    if stored is Phase.CLOSED:
        return Step.NOTE if sent is Phase.UPDATED else Step.IGNORE
    return Step.ADVANCE


def accept(connection: Connection, caller: Caller, message: EventMessage, now: datetime) -> Accepted:
    """Store a message; InvalidInputError when its site or camera is not one the caller may write to."""
    log.take_turn(connection)
    event_id = str(message.data.id)
    row = events.find(connection, caller.scope, event_id, lock=True)
    if row is None:
        new = new_row(message, _place(connection, caller, message, now), now)
        if events.add(connection, new):
            count_new(connection, caller, now)
            return Accepted(Step.CREATE, write_line(connection, new, (), telling_of(message), now))
        row = events.find(connection, caller.scope, event_id, lock=True)
    if row is None or (row["site_id"], row["camera_id"]) != (message.data.site, message.data.camera):
        raise InvalidInputError("data.id", event_id, "an id that no other camera's event has")
    return _continue(connection, caller, message, row, now)


def _continue(
    connection: Connection, caller: Caller, message: EventMessage, row: Mapping[Any, Any], now: datetime
) -> Accepted:
    step = step_for(Phase(row["phase"]), message.phase, seen=log.knows(connection, message.id))
    if step is Step.IGNORE:
        return Accepted(step, None)
    values = changing(message) if step is Step.ADVANCE else {}
    events.change(connection, row["id"], {**values, "updated_at": now})
    return Accepted(step, tell(connection, caller, row["id"], telling_of(message), now))


def count_new(connection: Connection, caller: Caller, now: datetime) -> None:
    """Count a new event where its key has a daily limit; what follows of known events is never refused."""
    if caller.limited and not keys.count_event(connection, caller.id, now.astimezone(UTC).date()):
        tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        wait = {"Retry-After": str(ceil((tomorrow - now).total_seconds()))}
        detail = "this key has told of as many new events as it may in a day (UTC)"
        raise ProblemError(detail, status=HTTPStatus.TOO_MANY_REQUESTS, headers=wait, kind="quota-used-up")


def _place(connection: Connection, caller: Caller, message: EventMessage, now: datetime) -> str:
    """Make sure that the event has a camera, as a box that nobody registered must lose nothing; return its region."""
    site, camera = message.data.site, message.data.camera
    row = sites.find(connection, caller.scope, site)
    if row is None:
        raise InvalidInputError("data.site", site, "a site that this key may write to")
    known = cameras.place(connection, camera)
    if known is None:
        cameras.add_unregistered(connection, camera, site, now)
        known = cameras.place(connection, camera)
    if known is None or known["site_id"] != site:
        raise InvalidInputError("data.camera", camera, f"a camera of the site {site}")
    return str(row["region_id"])


def new_row(message: EventMessage, region: str, now: datetime) -> dict[str, Any]:
    """Return the row of an event that nobody has told of before, on a site of this region."""
    data = message.data
    return {
        "id": str(data.id),
        "site_id": data.site,
        "camera_id": data.camera,
        "region_id": region,
        "zone_type": data.zone.type,
        "kind": data.kind,
        "tier": data.tier,
        "tier_rank": len(data.tier),
        "started_at": data.started_at,
        "status": "pending_review",
        "stored_at": now,
        "updated_at": now,
        **changing(message),
    }


def changing(message: EventMessage) -> dict[str, Any]:
    """Return what a message that advances an event changes in its row."""
    data = message.data
    # Not by ended_at: an `updated` may know the end already, and `closed` must still be told after it.
    phase = Phase.CLOSED if message.phase is Phase.CLOSED else Phase.OPENED
    return {"phase": phase, "ended_at": data.ended_at, "data": data.stored()}


def telling_of(message: EventMessage) -> "Telling":
    """Return what the log says of a message."""
    return Telling(message.id, message.phase, message.source)


Evidence = Iterable[Mapping[Any, Any]]


@dataclass(frozen=True, slots=True)
class Telling:
    """What goes into the log about an event as it stands now."""

    message_id: str
    phase: str
    """The end of the CloudEvents type: opened, updated, closed, reviewed."""
    source: str


def tell(connection: Connection, caller: Caller, event_id: str, telling: Telling, now: datetime) -> int:
    """Write an event as it stands now into the log; return its number."""
    row = events.find(connection, caller.scope, event_id)
    assert row is not None  # noqa: S101 - written in this transaction
    evidence = media.of_events(connection, [event_id]).get(event_id, ())
    return write_line(connection, row, evidence, telling, now)


def write_line(
    connection: Connection, row: Mapping[Any, Any], evidence: Evidence, telling: Telling, now: datetime
) -> int:
    """Write an event, as this row and this evidence have it, into the log; return its number."""
    return log.append(connection, line_of(row, evidence, telling, now))


def line_of(row: Mapping[Any, Any], evidence: Evidence, telling: Telling, now: datetime) -> log.Message:
    """Return the line of the log that tells of an event, without its number."""
    body = envelope(telling.message_id, telling.phase, now, telling.source, event_data(row, evidence))
    return log.Message(telling.message_id, PREFIX + telling.phase, row["id"], row["site_id"], now, body)
