"""How one worker stands with the API: told when it changes and not each time, and how long to wait meanwhile."""

import logging
import random
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

State = Literal["untried", "ok", "silent", "refused", "failing"]
"""silent: no answer; refused: the key is wrong or may not do this; failing: an answer that we cannot use."""

log = logging.getLogger(__name__)
REMEDY = "; make a key with `mingchu key add` and the scopes events:write and workers"


def state_of(status: int) -> State:
    """Return what an answer that is no success says about us."""
    return "refused" if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} else "failing"


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after failures in a row: doubling, with jitter, up to a bound."""

    first_s: float = 1.0
    longest_s: float = 60.0
    _dice: random.Random = field(default_factory=random.Random, repr=False)  # spreads retries, guards no secret

    def wait_s(self, earlier: int, asked_s: float = 0.0) -> float:
        """Return the seconds after so many `earlier` failures; never less than the API asked for."""
        grown_s = min(self.longest_s, self.first_s * 2.0 ** min(earlier, 16))
        return max(asked_s, grown_s * self._dice.uniform(0.5, 1.0))


@dataclass(slots=True)
class Standing:
    """One matter between worker and API: deliveries, the assignment, or the status."""

    matter: str
    state: State = "untried"
    reason: str = ""
    """For people, of the newest failure; never holds a header."""
    failures: int = 0
    """In a row."""

    def well(self) -> None:
        """It worked; said once after a failure."""
        if self.failures:
            log.info("matter=%s api=ok event=resumes failures=%d", self.matter, self.failures)
        self.state, self.reason, self.failures = "ok", "", 0

    def ill(self, state: State, reason: str) -> None:
        """It did not; said once until it works again or fails in another way."""
        if state != self.state:
            remedy = REMEDY if state == "refused" else ""
            log.warning("matter=%s api=%s event=waits reason=%r%s", self.matter, state, reason, remedy)
        self.state, self.reason = state, reason
        self.failures += 1
