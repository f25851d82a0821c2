"""How the camera itself is doing: offline, black, frozen, covered, blurred, moved, a clock that drifts.

Each kind maps the vitals of one look to log-odds by a line through its threshold: (measured - threshold) / scale, so
that the threshold says nothing and a scale further says one nat. The numbers are design defaults; what is not measured
is NaN. One cause gives one finding: a black picture is not also covered or blurred, a covered one not also blurred or
moved.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from vision.events import KindName
from vision.rules.hearing import Hearing
from vision.rules.ledger import Charge, Testimony
from vision.rules.zones import COVERED_EDGE_LOSS, DARK_LUMA, FLAT_CONTRAST
from vision.scene import Scene, Vitals, Zone

SUBJECT = "camera"
_SILENT_S = 10.0
_SHARPNESS = 0.35
_SHIFT = 0.05
_DRIFT_S = 5.0
_SURE = 4.0


def offline(vitals: Vitals) -> float:
    """Silence speaks for it; a connected camera that sends speaks against it."""
    return -_SURE if vitals.connected else (vitals.silent_s - _SILENT_S) / 2.5


def black(vitals: Vitals) -> float:
    """Dark and flat at once: a night picture is dark but has contrast."""
    darkness, flatness = (DARK_LUMA - vitals.luma) / 4, (FLAT_CONTRAST - vitals.contrast) / 2
    return darkness if math.isnan(flatness) else _least(darkness, flatness)


def frozen(vitals: Vitals) -> float:
    """A live sensor's noise never repeats exactly."""
    if math.isnan(vitals.change):
        return math.nan
    return _SURE / 2 if vitals.change == 0 else -_SURE


def covered(vitals: Vitals) -> float:
    """Most of the known edges are gone."""
    return math.nan if _is_black(vitals) else (vitals.edge_loss - COVERED_EDGE_LOSS) / 0.05


def blurred(vitals: Vitals) -> float:
    """Sharpness fell to a fraction of this camera's usual one; a ratio, so on a log scale."""
    if _hides(vitals) or math.isnan(vitals.sharpness):
        return math.nan
    return 3 * math.log(_SHARPNESS / max(vitals.sharpness, 1e-3))


def moved(vitals: Vitals) -> float:
    """The view is displaced against its reference."""
    return math.nan if _hides(vitals) else (abs(vitals.shift) - _SHIFT) / 0.0125


def drifting(vitals: Vitals) -> float:
    """The stream's clock runs away from ours."""
    return (abs(vitals.clock_drift_s) - _DRIFT_S) / 2


EVIDENCE: Mapping[KindName, Callable[[Vitals], float]] = {
    KindName("camera_offline"): offline,
    KindName("camera_black"): black,
    KindName("camera_frozen"): frozen,
    KindName("camera_covered"): covered,
    KindName("camera_blurred"): blurred,
    KindName("camera_moved"): moved,
    KindName("clock_drift"): drifting,
}


def _least(a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else min(a, b)


def _is_black(vitals: Vitals) -> bool:
    return black(vitals) > 0


def _hides(vitals: Vitals) -> bool:
    return _is_black(vitals) or vitals.edge_loss > COVERED_EDGE_LOSS


class CameraRule(Hearing):
    """One kind of ill health; the only family that goes on judging when the camera sees nothing."""

    def __init__(self, charge: Charge, zones: Sequence[Zone]) -> None:
        super().__init__(charge, needs_sight=False)
        self._measure = EVIDENCE[charge.kind.name]
        self._needs_picture = self._measure is not offline
        self._zone = next((zone for zone in zones if charge.duty(zone)), None)

    @property
    def suspects(self) -> bool:
        """A camera's health asks for patience, not for more pictures."""
        return False

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        """Say what the vitals say; without a connection only `camera_offline` speaks."""
        if self._zone is not None:
            unknown = self._needs_picture and not scene.vitals.connected
            yield Testimony(SUBJECT, self._zone, math.nan if unknown else self._measure(scene.vitals))
