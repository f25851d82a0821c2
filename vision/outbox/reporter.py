"""Empties the spool into the API: idempotently, each camera in its order, several at once, patient with outages."""

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import file_digest
from io import BufferedReader
from urllib.parse import quote

import httpx

from vision.clock import Clock
from vision.errors import StorageError
from vision.outbox.convoy import Convoy, joined
from vision.outbox.spool import Queued, Spool
from vision.outbox.standing import Backoff, Standing
from vision.outbox.verdict import Verdict, failed, judged, knows_no_batches, speaks_of_us, taken_of

log = logging.getLogger(__name__)

BATCH = 100
"""Things that are read from the spool at a time."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
"""For one event that the API does not take now, while it takes others."""
LONGEST_PAUSE_S = 15.0
"""While the API is out of reach: so late at most the spool begins to drain once it is back."""
IDLE_S = 0.25
"""How long `run` rests when nothing may be sent."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a reporter has done since it started; `Spool.state` tells what still waits."""

    sent: int
    retried: int
    buried: int


class Reporter:
    """Sends what the spool holds with a client that knows the API's address and carries the worker's key.

    One thread runs it; `counts` may be read from any. Nothing that it logs or stores holds a header: keys stay secret.
    """

    def __init__(self, spool: Spool, client: httpx.Client, clock: Clock) -> None:
        self._spool = spool
        self._client = client
        self._clock = clock
        self._tally = {"sent": 0, "later": 0, "pause": 0, "refused": 0}
        self._paused_until = datetime.min.replace(tzinfo=UTC)
        self._convoy = Convoy()
        self._backoffs = {
            "later": Backoff(FIRST_WAIT_S, LONGEST_WAIT_S),
            "pause": Backoff(FIRST_WAIT_S, LONGEST_PAUSE_S),
        }
        self.standing = Standing("delivery")

    @property
    def counts(self) -> Counts:
        """Return what has been done so far."""
        return Counts(self._tally["sent"], self._tally["later"] + self._tally["pause"], self._tally["refused"])

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop; a spool that cannot be read now is tried again."""
        while not stop.is_set():
            try:
                sent = self.run_once(stop)
            except StorageError as error:
                log.warning("reporter spool_error=%s", error)
                sent = 0
            if not sent:
                stop.wait(IDLE_S)

    def run_last(self) -> None:
        """Send what is left for as long as the API takes it; the rest waits on the disk for the next start."""
        try:
            while self.run_once():
                pass
        except StorageError as error:
            log.warning("reporter spool_error=%s", error)

    def run_once(self, stop: threading.Event | None = None) -> int:
        """Send the next batch and return how many things the API took; during a pause, nothing."""
        if self._clock.now() < self._paused_until:
            return 0
        before, line = self._tally["sent"], self._convoy.lined_up(self._spool.peek(BATCH))
        while line and not (stop is not None and stop.is_set()):
            told = self._told(self._convoy.chosen(line, self._clock.now()))
            fates = {queued: self._settle(queued, verdict).fate for queued, verdict in told}
            settled = {queued.id for queued in fates}
            self._convoy.arrived(settled)
            if "pause" in fates.values():
                break
            waiting = {queued.item.event_id for queued, fate in fates.items() if fate == "later"}
            line = [w for w in line if w.queued.id not in settled and w.queued.item.event_id not in waiting]
        return self._tally["sent"] - before

    def _told(self, going: list[Queued]) -> list[tuple[Queued, Verdict]]:
        """Send what goes next; return what the API said of each that it decided about."""
        return self._sent_together(going) if len(going) > 1 else [(going[0], self._sent(going[0]))]

    def _sent_together(self, going: list[Queued]) -> list[tuple[Queued, Verdict]]:
        """Send a batch; who is not taken by it is asked about singly, and hears then why."""
        headers, now = {"Content-Type": going[0].item.media_type}, self._clock.now()
        try:
            response = self._client.post("/v1/events/batch", content=joined(going), headers=headers)
        except httpx.HTTPError as error:
            if not isinstance(error, httpx.ConnectError):
                self._convoy.part(going)
            return [(going[0], failed(error))]
        if knows_no_batches(response):
            self._convoy.give_up(now)
            return []
        if speaks_of_us(response):
            self._convoy.part(going)
            return [(going[0], judged(response, going[0], now))]
        taken = [queued for queued, ok in zip(going, taken_of(response, len(going)), strict=True) if ok]
        self._convoy.part(going)
        return [(queued, Verdict("sent")) for queued in taken]

    def _sent(self, queued: Queued) -> Verdict:
        try:
            with ExitStack() as files:
                response = self._put(queued, files)
        except httpx.HTTPError as error:
            return failed(error)
        except FileNotFoundError:
            return Verdict("refused", "its file is gone")
        except OSError as error:
            return Verdict("pause", f"its file cannot be read now ({error.strerror})")
        return judged(response, queued, self._clock.now())

    def _put(self, queued: Queued, files: ExitStack) -> httpx.Response:
        item = queued.item
        address = f"/v1/events/{quote(item.event_id, safe='')}"
        if item.path is None:
            return self._client.put(address, content=item.body, headers={"Content-Type": item.media_type})
        file = files.enter_context(item.path.open("rb"))
        headers = {"Content-Type": item.media_type, "X-Content-SHA256": item.sha256 or _sha256(file)}
        return self._client.put(f"{address}/media/{quote(item.name, safe='')}", content=file, headers=headers)

    def _settle(self, queued: Queued, verdict: Verdict) -> Verdict:
        """Tell the spool, count, and pause where the whole API is out of reach."""
        self._tally[verdict.fate] += 1
        if verdict.fate == "sent":
            self._spool.done([queued.id])
        elif verdict.fate == "refused":
            self._spool.bury(queued.id, verdict.reason)
            log.warning("reporter buried %s reason=%r", _named(queued), verdict.reason)
        else:
            # During a pause too: the next attempt begins with another event, so that no single one can block the rest.
            self._spool.fail(queued.id, verdict.reason, self._after(queued.attempts, verdict))
        self._mind(verdict)
        return verdict

    def _mind(self, verdict: Verdict) -> None:
        """Keep the pause, and say once when it begins and once when it ends."""
        if verdict.fate == "pause":
            self._paused_until = self._after(self.standing.failures, verdict)
            self.standing.ill(verdict.state, verdict.reason)
        else:
            self.standing.well()

    def _after(self, attempts: int, verdict: Verdict) -> datetime:
        """Return when to try again: later and later up to a bound, jittered, never before the API asked for it."""
        wait_s = self._backoffs[verdict.fate].wait_s(attempts, verdict.wait_s)
        return self._clock.now() + timedelta(seconds=wait_s)


def _named(queued: Queued) -> str:
    return f"event={queued.item.event_id} part={queued.item.part} name={queued.item.name}"


def _sha256(file: BufferedReader) -> str:
    digest = file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest
