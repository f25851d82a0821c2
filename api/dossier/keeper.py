"""Keeps the house in order: seals each day that is over, has it stamped, deletes what the policy lets go."""

import logging
import threading
from datetime import datetime, timedelta

from api.dossier.retention import load_policy
from api.dossier.sealing import keep_stamp, seal_due, unstamped
from api.dossier.stamping import stamp
from api.dossier.sweeping import sweep
from api.services import Services
from vision.errors import StorageError

_log = logging.getLogger(__name__)
SWEEP_EVERY = timedelta(hours=6)


def seal_days(services: Services) -> int:
    """Seal every day that is over; return how many were not."""
    count = 0
    while True:
        with services.database.write() as connection:
            if seal_due(connection, services.clock.now()) is None:
                return count
        count += 1


def stamp_days(services: Services) -> int:
    """Ask the authority for a stamp on each sealed day that has none; return how many it gave.

    Raises:
        StorageError: the authority or the store does not answer; the days wait.
    """
    count = 0
    while services.tsa_url:
        with services.database.read() as connection:
            day = unstamped(connection)
        if day is None:
            return count
        response = stamp(services.tsa_url, day["root"])
        with services.database.write() as connection:
            keep_stamp(connection, day["day"], response, services.clock.now())
        count += 1
    return count


class Keeper:
    """A thread that keeps house until it is stopped."""

    def __init__(self, services: Services, every_s: float = 60.0) -> None:
        self._services, self._every_s = services, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._swept_at: datetime | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            for work in (self._seal, self._stamp, self._sweep):
                try:
                    work()
                except StorageError as error:
                    _log.warning("event=keeping-failed reason=%s", error)

    def _seal(self) -> None:
        if count := seal_days(self._services):
            _log.info("event=days-sealed count=%d", count)

    def _stamp(self) -> None:
        stamp_days(self._services)

    def _sweep(self) -> None:
        now = self._services.clock.now()
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            count = sweep(self._services.database, self._services.objects, load_policy(), now)
            _log.info("event=swept deleted=%d", count)
