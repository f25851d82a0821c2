"""What a worker asks of the API besides delivering events: what to look at, and where to say how it goes."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event
from typing import Any

import httpx
from pydantic import ValidationError

from vision.config import Assignment
from vision.frames import CameraId
from vision.outbox.standing import Backoff, Standing, state_of
from vision.outbox.verdict import detail, failed, retry_after_s
from vision.tally import CameraStatus

WAIT_S = 20.0
"""Long poll: the API answers at once when something changes."""
STATUS_EVERY_S = 5.0
STATUS_TIMEOUT_S = 10.0
LONGEST_RETRY_S = 30.0
MEASURED = ("luma", "contrast", "sharpness", "change", "edge_loss", "shift", "clock_drift_s")
"""Vitals that are told, as far as they could be measured."""
NEXT_S = 0.05
"""Between two questions that were answered: the API holds the answer back, we do not."""


class Headquarters:
    """The API as one worker sees it; its client carries address and key."""

    def __init__(self, client: httpx.Client, worker: str) -> None:
        self._client = client
        self._path = f"/v1/workers/{worker}"
        self._etag = ""
        self._asked_s = 0.0
        self._backoff = Backoff(longest_s=LONGEST_RETRY_S)
        self.assignments = Standing("assignment")
        self.reports = Standing("status")

    def assignment(self) -> Assignment | None:
        """Return the cameras when they have changed; None when not, or when the API gave no answer that we can use."""
        asked = {"params": {"wait_s": WAIT_S}, "headers": {"If-None-Match": self._etag}, "timeout": WAIT_S + 10}
        answer = self._answer(self.assignments, "GET", "/assignment", asked)
        if answer is None:
            return None
        found = self._parsed(answer)
        if found is not None:
            self._etag = answer.headers.get("ETag", "")
        return found

    def report(self, cameras: Mapping[CameraId, CameraStatus], spooled: int) -> None:
        """Tell how the cameras are doing; a report that does not arrive is not repeated, the next one says more.

        While the assignment is refused or unanswered, nothing is told: it would fail for the same reason.
        """
        if self.assignments.failures:
            return
        body = {"cameras": [_told(key, status) for key, status in cameras.items()], "spool": spooled}
        if self._answer(self.reports, "PUT", "/status", {"json": body, "timeout": STATUS_TIMEOUT_S}) is not None:
            self.reports.well()

    def wait_s(self) -> float:
        """Return the seconds to wait before the next question: none to speak of while the API answers."""
        failures = self.assignments.failures
        return self._backoff.wait_s(failures - 1, self._asked_s) if failures else NEXT_S

    def _answer(self, standing: Standing, method: str, path: str, asked: Mapping[str, Any]) -> httpx.Response | None:
        """Return a usable answer; None after a failure, which `standing` then knows and has told."""
        try:
            answer = self._client.request(method, self._path + path, **asked)
        except httpx.HTTPError as error:
            standing.ill("silent", failed(error).reason)
            return None
        self._asked_s = retry_after_s(answer.headers.get("Retry-After", ""), datetime.now(UTC))
        if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
            return answer
        standing.ill(state_of(answer.status_code), f"{answer.status_code} {detail(answer)}")
        return None

    def _parsed(self, answer: httpx.Response) -> Assignment | None:
        try:
            changed = answer.status_code != httpx.codes.NOT_MODIFIED
            found = Assignment.model_validate_json(answer.content) if changed else None
        except ValidationError as error:
            # Only where and why: the input may be an address with its password.
            self.assignments.ill("failing", "; ".join(f"{e['loc']}: {e['msg']}" for e in error.errors()[:3]))
            return None
        self.assignments.well()
        return found


def follow(headquarters: Headquarters, assign: Callable[[Assignment], None], stop: Event) -> None:
    """Hand every new assignment on until told to stop; wait longer while the API does not answer, with jitter."""
    while not stop.is_set():
        found = headquarters.assignment()
        if found is not None and not stop.is_set():
            assign(found)
        stop.wait(headquarters.wait_s())


def _told(camera: CameraId, status: CameraStatus) -> dict[str, Any]:
    tally = status.tally
    drops = {**status.drops, "damaged": tally.damaged, "not recorded": tally.unrecorded}
    return {
        "camera": camera,
        "state": status.state,
        "last_look_at": tally.last_look_at.isoformat() if tally.last_look_at else None,
        "looks": tally.looks,
        "drops": {reason: count for reason, count in drops.items() if count},
        "error": status.error[:500],
        "figures": figures(status),
    }


def figures(status: CameraStatus) -> dict[str, Any]:
    """Return what the API shows of one camera's work: rates, counts, costs per picture, stream and health."""
    tally = status.tally
    vitals = tally.vitals
    told = {name: getattr(vitals, name) for name in MEASURED if math.isfinite(getattr(vitals, name))} if vitals else {}
    return {
        **{name: getattr(status, name) for name in ("mode", "interval_s", "stretch", "decodes_fully", "connections")},
        **{name: getattr(tally, name) for name in ("packets", "spared", "bursts", "confirmed", "refuted", "opened")},
        "gap_s": round(tally.gap_s, 3),
        "decode_ms": round(1000 * tally.decode_s / max(1, tally.decoded), 2),
        "models_ms": round(1000 * tally.models_s / max(1, tally.asked), 2),
        "gop_s": round(tally.gop_s, 3),
        "codec": tally.codec,
        "frame_wh": tally.frame_wh,
        "health": {name: round(value, 4) for name, value in told.items()},
    }
