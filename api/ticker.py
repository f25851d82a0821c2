"""The one place where time makes things happen: looks for cases in which something fell due, and lets it happen."""

import logging
import threading

from api.casework.acting import advance
from api.selfchecks import rounds
from api.services import Services
from api.store import cases, selfchecks
from vision.errors import MingchuError, StorageError

_log = logging.getLogger(__name__)
TICK_S = 5.0
AT_ONCE = 200
"""Cases of one look; while anything happens, the next look follows at once."""


def tick(services: Services) -> int:
    """Let everything happen that fell due by now; return how much did.

    However many processes tick: each case is advanced in a transaction of its own that locks the log's head and the
    case's row, so each thing happens once. A case that cannot go on is told of and stops no other.
    """
    now = services.clock.now()
    with services.database.read() as connection:
        due = cases.due(connection, now, AT_ONCE)
    happened = sum(_advance(services, case_id) for case_id in due)
    if happened:
        services.log_bell.ring()
    return happened + _tick_selfchecks(services)


def _tick_selfchecks(services: Services) -> int:
    """Open rounds whose time has come, remind of those that end soon, and call missed what nobody signed."""
    now = services.clock.now()
    with services.database.read() as connection:
        opens = bool(selfchecks.due_plans(connection, now, 1))
        due = selfchecks.due(connection, now, AT_ONCE)
    happened = 0
    if opens:
        with services.database.write() as connection:
            happened += rounds.open_due(connection, now)
    for check_id in due:
        with services.database.write() as connection:
            happened += rounds.advance(connection, check_id, now)
    return happened


def _advance(services: Services, case_id: str) -> int:
    try:
        with services.database.write() as connection:
            return advance(connection, case_id, services.clock.now())
    except StorageError:
        raise
    except MingchuError as error:
        _log.error("event=case-stuck case=%s reason=%s", case_id, error)
        return 0


class Ticker:
    """A thread that ticks until it is stopped."""

    def __init__(self, services: Services, every_s: float = TICK_S) -> None:
        self._services, self._every_s = services, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin to tick; what fell due while nobody ticked happens at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the look that is under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._tick_once():
                self._stop.wait(self._every_s)

    def _tick_once(self) -> int:
        """Return how much happened: after something there may be more."""
        try:
            return tick(self._services)
        except StorageError as error:
            _log.warning("event=tick-failed reason=%s", error)
            return 0
