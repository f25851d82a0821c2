"""Which rate a camera is due at each hour: watched or patrolled, and how many seconds between looks."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from vision.errors import InvalidInputError
from vision.frames import CameraId, Mode
from vision.rules.schedule import Schedule

IDLE_STRETCH = 4.0
"""Outside working hours looks are this much rarer: rodents, intruders and the camera's health are still followed."""
SLOWEST_IDLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """How a camera is looked at for a while."""

    mode: Mode = "watch"
    interval_s: float = 2.0
    """Seconds between looks."""

    def __post_init__(self) -> None:
        """Refuse an interval that is none."""
        if not 0 < self.interval_s <= 3600:
            raise InvalidInputError("Rate.interval_s", self.interval_s, "more than 0 s, at most 3600 s")


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of the week with a rate of their own: a meal's peak, a night."""

    hours: Schedule
    rate: Rate


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """The rates of one camera over the week."""

    usual: Rate
    """During working hours, where no shift says otherwise."""
    working: Schedule
    shifts: tuple[Shift, ...] = ()
    """The first that fits the hour wins over everything else."""

    def rate(self, at: datetime) -> Rate:
        """Return the rate at an aware instant."""
        for shift in self.shifts:
            if shift.hours.is_open(at):
                return shift.rate
        return self.usual if self.working.is_open(at) else idle(self.usual)


def idle(usual: Rate) -> Rate:
    """Return the rate of the hours in which nobody works: rarer, but never rarer than a minute if it was not before."""
    stretched_s = min(usual.interval_s * IDLE_STRETCH, max(SLOWEST_IDLE_S, usual.interval_s))
    return Rate(usual.mode, stretched_s)


def phase_s(camera: CameraId, interval_s: float) -> float:
    """Return where in its interval a camera's visit falls: even over the fleet, the same after a restart."""
    return zlib.crc32(camera.encode()) / 2**32 * interval_s


def next_visit_s(camera: CameraId, interval_s: float, now_s: float) -> float:
    """Return the first instant after `now_s` (seconds since the epoch) at which a patrolled camera is due."""
    phase = phase_s(camera, interval_s)
    rounds = (now_s - phase) // interval_s + 1
    return phase + rounds * interval_s


def fastest(rates: Iterable[Rate]) -> Rate:
    """Return the most attentive of several rates: watching before patrolling, then the shorter interval."""
    return min(rates, key=lambda rate: (rate.mode != "watch", rate.interval_s))
