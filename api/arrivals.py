"""Takes what comes at the same time in with few statements: most of it is new, and of cameras that are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.intake import Accepted, Step, accept, line_of, new_row, telling_of
from api.messages import EventMessage, Phase
from api.store import cameras, events, log
from api.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message on its way in; as a work of `Database.together` it takes itself in."""

    caller: Caller
    message: EventMessage
    now: datetime

    def __call__(self, connection: Connection) -> Accepted:
        """Take it in by itself."""
        return accept(connection, self.caller, self.message, self.now)

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing but its id and its place decides what becomes of it."""
        return self.message.phase is Phase.OPENED and not self.caller.limited

    @property
    def place(self) -> "Place":
        """Return whose it is, its camera, and the site that it says the camera has."""
        return self.caller.scope, self.message.data.camera, self.message.data.site


def accept_all(connection: Connection, arrivals: Sequence[Arrival]) -> list[Accepted]:
    """Take all in, with the same outcome as one after the other; InvalidInputError of any is the error of all."""
    log.take_turn(connection)
    added = _added(connection, *_on_known_places(connection, arrivals))
    return [added.get(id(each)) or each(connection) for each in arrivals]


Place = tuple[Scope, str, str]


def _on_known_places(connection: Connection, arrivals: Sequence[Arrival]) -> tuple[list[Arrival], Mapping[Place, str]]:
    """Return the plain ones whose camera stands where they say, and the regions of the places.

    Of several with one id only the first is plain.
    """
    plain = list({each.message.data.id: each for each in reversed(arrivals) if each.is_plain}.values())[::-1]
    known = {
        (scope, camera, site): region
        for scope in {each.caller.scope for each in plain}
        for (camera, site), region in _standing(connection, scope, plain).items()
    }
    return [each for each in plain if each.place in known], known


def _standing(connection: Connection, scope: Scope, plain: Sequence[Arrival]) -> Mapping[tuple[str, str], str]:
    return cameras.standing(connection, scope, {each.message.data.camera for each in plain})


def _added(connection: Connection, arrivals: Sequence[Arrival], regions: Mapping[Place, str]) -> dict[int, Accepted]:
    """Insert what is new, write its lines, and return what became of it by the arrival's identity."""
    rows = {str(each.message.data.id): new_row(each.message, regions[each.place], each.now) for each in arrivals}
    new = events.add_all(connection, list(rows.values()))
    fresh = [each for each in arrivals if str(each.message.data.id) in new]
    lines = [line_of(rows[str(each.message.data.id)], (), telling_of(each.message), each.now) for each in fresh]
    numbers = log.append_all(connection, lines)
    return {id(each): Accepted(Step.CREATE, number) for each, number in zip(fresh, numbers, strict=True)}
