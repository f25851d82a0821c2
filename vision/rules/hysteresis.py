"""When enough evidence is enough: a leaky sum that opens high, closes low, and rests before it opens again.

The sum S of one subject is in nats. Between looks it leaks, S ← S·exp(-dt/leak_s); a look adds its calibrated
log-odds, capped to ±4 nats so that no single picture decides, and weighted by min(1, dt/2 s) since the last look that
knew something, so that ten looks in two seconds of a burst count as one and not as ten independent witnesses (a leaky
form of A. Wald's sequential test, 1945, with E. S. Page's floor, 1954).

What *unknown* (NaN) does, and does not (I3): it adds nothing and never opens, because only a look that itself speaks
for the violation opens it, and unknown time does not count as dwelling. It is no evidence against it either; but while
nothing is known the sum leaks, and when it has leaked to `close_at` the violation closes: we no longer know that it
goes on. That cannot flap: leaking never raises the sum, and `rearm_s` stands between a closing and the next opening.
What closes: evidence against it, the leak, or the end of the subject (`vision.rules.ledger`).

Before it opens, a look that says as much against it as one look can (-4) starts its run, and so its dwell, anew.
"""

import math
from collections import deque
from datetime import datetime
from typing import Literal

from vision.catalogue import Thresholds
from vision.events import Look

CAP = 4.0
"""The most that one look may say, in nats."""
INDEPENDENT_S = 2.0
"""Looks this far apart count as independent."""
LOOKS = 64
"""So many of the newest looks are kept for the evidence curve."""
_NOTHING = 0.05
"""A sum at or below this has forgotten its run."""

Change = Literal["opened", "closed"]


def probability(nats: float) -> float:
    """Return the probability that belongs to log-odds; the prior is even odds."""
    return 1 / (1 + math.exp(-nats)) if nats >= 0 else math.exp(nats) / (1 + math.exp(nats))


def capped(log_odds: float) -> float:
    """Return log-odds within ±`CAP`; NaN stays NaN."""
    return log_odds if math.isnan(log_odds) else max(-CAP, min(CAP, log_odds))


class Hysteresis:
    """The evidence about one subject; the caller brings the time."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._looked_at: datetime | None = None
        self._known_at: datetime | None = None
        self._closed_at: datetime | None = None
        self._dwelt_s = 0.0
        self._is_over = False
        self.total = 0.0
        """The leaky sum after the newest look, in nats; kept between -CAP and `open_at` + CAP, so that nobody waits for
        ever for it to turn."""
        self.is_open = False
        self.peak = 0.0
        """The highest sum since the run began, in nats."""
        self.started_at: datetime | None = None
        """The first look of the present run that spoke for it."""
        self.started_pts_s = math.nan
        self.last_for_at: datetime | None = None
        """The newest look that spoke for it."""
        self.last_for_pts_s = math.nan
        self.looks: deque[Look] = deque(maxlen=LOOKS)
        """The newest looks of the present run."""

    def add(self, log_odds: float, at: datetime, pts_s: float = math.nan) -> Change | None:
        """Take one look and return what changed.

        `log_odds` > 0 speaks for the violation, NaN is unknown. Looks come in the order of `at`.
        """
        passed_s = self._pass_time(at)
        self._weigh(capped(log_odds), at)
        self._remember(log_odds, at, pts_s, passed_s)
        return self._decide(log_odds, at)

    def _pass_time(self, at: datetime) -> float:
        """Let the sum leak, and return the seconds since the last look."""
        passed_s = max(0.0, (at - self._looked_at).total_seconds()) if self._looked_at else 0.0
        self.total *= math.exp(-passed_s / self._thresholds.leak_s)
        self._looked_at = at
        return passed_s

    def _weigh(self, log_odds: float, at: datetime) -> None:
        if math.isnan(log_odds):
            return
        news_s = max(0.0, (at - self._known_at).total_seconds()) if self._known_at else INDEPENDENT_S
        self._known_at = at
        total = self.total + log_odds * min(1.0, news_s / INDEPENDENT_S)
        self.total = max(-CAP, min(self._thresholds.open_at + CAP, total))

    def _remember(self, log_odds: float, at: datetime, pts_s: float, passed_s: float) -> None:
        """Keep where the run began, how long it was watched, its peak and its curve."""
        refuted = self.total <= _NOTHING or log_odds <= -CAP
        if self._is_over or (not self.is_open and refuted):
            self._forget()
        if log_odds > 0:
            self._speaks_for(at, pts_s, passed_s)
        if self.started_at:
            self.peak = max(self.peak, self.total)
            self.looks.append(Look(pts_s, log_odds, self.total))

    def _speaks_for(self, at: datetime, pts_s: float, passed_s: float) -> None:
        if self.started_at is None:
            self.started_at, self.started_pts_s = at, pts_s
        elif self.looks and not math.isnan(self.looks[-1].log_odds):
            self._dwelt_s += passed_s
        self.last_for_at, self.last_for_pts_s = at, pts_s

    def _forget(self) -> None:
        """Begin anew; a closing keeps its run until the next look, so that it can be told."""
        self._is_over = False
        self.started_at, self.started_pts_s, self._dwelt_s, self.peak = None, math.nan, 0.0, 0.0
        self.last_for_at, self.last_for_pts_s = None, math.nan
        self.looks.clear()

    def _decide(self, log_odds: float, at: datetime) -> Change | None:
        if self.is_open and self.total <= self._thresholds.close_at:
            self.is_open, self._is_over, self._closed_at = False, True, at
            return "closed"
        if not self.is_open and log_odds > 0 and self._may_open(at):
            self.is_open = True
            return "opened"
        return None

    def _may_open(self, at: datetime) -> bool:
        limits = self._thresholds
        rested = self._closed_at is None or (at - self._closed_at).total_seconds() >= limits.rearm_s
        return self.total >= limits.open_at and self._dwelt_s >= limits.dwell_s and rested
