"""Takes a batch of one sender in: what becomes of each as if it had come alone, in their order, with few statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from api.auth.caller import Caller
from api.errors import ProblemError
from api.intake import Accepted, Step, changing, count_new, line_of, new_row, step_for, telling_of
from api.messages import EventMessage, Phase
from api.store import bulk, cameras, events, log, media
from vision.errors import InvalidInputError

MOST = 100
"""Messages in one batch: a reader of the log, and every other writer of it, waits for all of them."""
Sent = EventMessage | ValidationError
"""A message, or what is wrong with what should have been one."""
Fate = Accepted | InvalidInputError | ProblemError | ValidationError
"""What became of a message, or why it was not taken."""


def accept_batch(connection: Connection, caller: Caller, sent: Sequence[Sent], now: datetime) -> list[Fate]:
    """Take in what is right, in this order; what is wrong costs the others nothing."""
    log.take_turn(connection)
    ledger = _opened(connection, caller, [each for each in sent if isinstance(each, EventMessage)], now)
    steps = [ledger.tried(each) if isinstance(each, EventMessage) else each for each in sent]
    numbers = iter(ledger.write())
    return [_accepted(step, numbers) if isinstance(step, Step) else step for step in steps]


def _accepted(step: Step, numbers: Iterator[int]) -> Accepted:
    return Accepted(step, None if step is Step.IGNORE else next(numbers))


def _opened(connection: Connection, caller: Caller, messages: Sequence[EventMessage], now: datetime) -> "_Ledger":
    """Read, once for all, what decides about these messages."""
    ids = {str(message.data.id) for message in messages}
    mine, foreign = events.known(connection, caller.scope, ids)
    ledger = _Ledger(connection, caller, now, mine, foreign)
    ledger.sites = bulk.sites_of(connection, caller.scope, {message.data.site for message in messages})
    ledger.cameras = cameras.homes(connection, {message.data.camera for message in messages})
    if mine:
        ledger.evidence = media.of_events(connection, mine)
        ledger.logged = log.known(connection, {message.id for message in messages})
    return ledger


@dataclass(slots=True)
class _Ledger:
    """What the store knows about a batch, kept up to date while its messages are read one after the other."""

    connection: Connection
    caller: Caller
    now: datetime
    stored: dict[str, dict[str, Any]]
    """Events of the caller's part of the tree by id, and those that this batch begins."""
    foreign: set[str]
    """Ids that somebody else's events have."""
    sites: dict[str, str] = field(default_factory=dict)
    """Those that the caller may write to, each with its region."""
    cameras: dict[str, str] = field(default_factory=dict)
    """Camera → site, of every camera that ever was."""
    evidence: Any = field(default_factory=dict)
    logged: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    lines: list[log.Message] = field(default_factory=list)

    def tried(self, message: EventMessage) -> Step | InvalidInputError | ProblemError:
        """Return what a message does, or why it may not."""
        try:
            return self._taken(message)
        except (InvalidInputError, ProblemError) as error:
            return error

    def _taken(self, message: EventMessage) -> Step:
        data, event_id = message.data, str(message.data.id)
        row = self.stored.get(event_id)
        if row is None:
            return self._begun(message, event_id)
        if (row["site_id"], row["camera_id"]) != (data.site, data.camera):
            raise _not_yours(event_id)
        step = step_for(Phase(row["phase"]), message.phase, seen=message.id in self.logged)
        if step is not Step.IGNORE:
            row |= changing(message) if step is Step.ADVANCE else {}
            row |= {"version": row["version"] + 1, "updated_at": self.now}
            self.changed.add(event_id)
            self._tell(message, row)
        return step

    def _begun(self, message: EventMessage, event_id: str) -> Step:
        self._require_place(message.data.site, message.data.camera)
        if event_id in self.foreign:
            raise _not_yours(event_id)
        self._register(message.data.site, message.data.camera)
        count_new(self.connection, self.caller, self.now)
        row = self.stored[event_id] = {
            "version": 1,
            "reviews": 0,
            **new_row(message, self.sites[message.data.site], self.now),
        }
        self.new.add(event_id)
        self._tell(message, row)
        return Step.CREATE

    def _require_place(self, site: str, camera: str) -> None:
        if site not in self.sites:
            raise InvalidInputError("data.site", site, "a site that this key may write to")
        if self.cameras.get(camera, site) != site:
            raise InvalidInputError("data.camera", camera, f"a camera of the site {site}")

    def _register(self, site: str, camera: str) -> None:
        """Make sure that an event has a camera, as `api.intake` does for one that comes alone."""
        if camera not in self.cameras:
            cameras.add_unregistered(self.connection, camera, site, self.now)
            self.cameras |= cameras.homes(self.connection, {camera})
            self._require_place(site, camera)  # somebody may have registered it elsewhere just now

    def _tell(self, message: EventMessage, row: dict[str, Any]) -> None:
        self.logged.add(message.id)
        self.lines.append(line_of(row, self.evidence.get(row["id"], ()), telling_of(message), self.now))

    def write(self) -> Sequence[int]:
        """Write every event once, as its last message left it, and every line; return the lines' numbers."""
        events.add_unknown(self.connection, [row for event_id, row in self.stored.items() if event_id in self.new])
        events.change_all(self.connection, [self.stored[event_id] for event_id in sorted(self.changed - self.new)])
        return log.append_all(self.connection, self.lines)


def _not_yours(event_id: str) -> InvalidInputError:
    return InvalidInputError("data.id", event_id, "an id that no other camera's event has")
