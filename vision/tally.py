"""What was done for one camera and how it fares: all that status and metrics tell."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from vision.frames import Mode
from vision.scene import Vitals


@dataclass(slots=True)
class Tally:
    """What was done for one camera so far; every loss has a reason (I2)."""

    packets: int = 0
    looks: int = 0
    spared: int = 0
    """Looks at an unchanged picture, for which the models were not asked again."""
    bursts: int = 0
    confirmed: int = 0
    """Bursts in which something opened."""
    refuted: int = 0
    """Bursts that ended without."""
    damaged: int = 0
    """Key frames that did not decode."""
    opened: int = 0
    unrecorded: int = 0
    """Transitions that the disk refused until there was no room left to keep them."""
    last_look_at: datetime | None = None
    gap_s: float = 0.0
    """Seconds between looks as they come, smoothed over some five of them."""
    decoded: int = 0
    decode_s: float = 0.0
    """For `decoded` pictures, in all: what lies between them is in it where every packet is decoded."""
    asked: int = 0
    models_s: float = 0.0
    """For the `asked` pictures that the models were shown, in all."""
    gop_s: float = 0.0
    """Between the last two key frames."""
    codec: str = ""
    frame_wh: tuple[int, int] = (0, 0)
    vitals: Vitals | None = None

    def looked(self, at: datetime) -> None:
        """Count a look."""
        if self.last_look_at is not None:
            gap_s = max(0.0, (at - self.last_look_at).total_seconds())
            self.gap_s += (gap_s - self.gap_s) * (0.2 if self.gap_s else 1.0)
        self.looks += 1
        self.last_look_at = at

    def saw(self, took_s: float) -> None:
        """Count a picture that the models were shown."""
        self.asked += 1
        self.models_s += took_s


@dataclass(slots=True)
class CameraStatus:
    """What the API and the metrics tell of one camera."""

    state: str = "starting"
    """starting | ok | offline | refused | unreadable"""
    error: str = ""
    """Masked; empty while all is well."""
    connections: int = 0
    tally: Tally = field(default_factory=Tally)
    """Of all connections together."""
    drops: Counter[str] = field(default_factory=Counter)
    mode: Mode = "watch"
    interval_s: float = 0.0
    """Seconds between looks (on patrol: visits) that are wanted at this hour."""
    stretch: float = 1.0
    """By how much they are rarer, because the machine has too much to do."""
    decodes_fully: bool = False
    """The camera's key frames are too far apart: every packet is decoded, at many times the cost."""
