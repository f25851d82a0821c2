"""Claim: each kind of a camera's ill health is found in its stated time, and an ordinary day raises none.

Generated pictures at one look in two seconds go through the real meter, line and catalogue thresholds on a simulated
clock. Prints and writes detection times (s, from the first ill picture) and false alarms per camera-hour. Without a
codec: what compression does to a frozen or flat picture is held by tests/contract/test_health.py on encoded films.

    python benchmarks/health.py [--seeds N] [--minutes N] [--out FILE]
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from machine import described
from numpy.typing import NDArray

from vision.catalogue import load_catalogue
from vision.config import CameraConfig
from vision.detections import Detections
from vision.events import Opened
from vision.frames import CameraId, Frame, Packet
from vision.path import line_for, presence_line
from vision.picture import Pixels
from vision.pipeline import Abilities, LookInput
from vision.ports import People
from vision.scene import Unseen, Wear
from vision.sources.health import PacketStats, VitalsMeter
from vision.vigil import Pulse

HEIGHT, WIDTH, LOOK_S = 180, 320, 2.0
SOUND_S = 300.0
LONGEST_S = 600.0
START_AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
CATALOGUE = load_catalogue()
ABLE = Abilities("none@1", (), ())
CAMERA = CameraConfig(id="k1", source="rtsp://camera/1")
TICKS = Fraction(1, 1000)
Picture = NDArray[np.float32]
View = Callable[["Shot"], Picture]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to be made: where, when, of what."""

    seed: int
    at_s: float
    ill_s: float = 0.0
    """Seconds since it went ill; an ordinary day has none."""

    def dice(self) -> np.random.Generator:
        """Return the chance of this moment: the same in each run."""
        return np.random.default_rng([self.seed, round(self.at_s * 10)])


def room(shot: Shot) -> Picture:
    """Worktops with edges, the same for one seed."""
    image = np.full((HEIGHT, WIDTH), 120, np.float32)
    for left, top, wide, high, level in np.random.default_rng(shot.seed).integers(10, 90, (24, 5)):
        corner = (int(3.2 * left), int(1.6 * top))
        cv2.rectangle(image, corner, (corner[0] + int(wide), corner[1] + int(high) // 2), float(2 * level), cv2.FILLED)
    return image


def kitchen(shot: Shot) -> Picture:
    """The room and somebody at work."""
    image = room(shot)
    cv2.ellipse(image, (int(160 + 120 * np.sin(shot.at_s / 17)), 110), (14, 40), 0, 0, 360, 225.0, cv2.FILLED)
    return image


def close(shot: Shot) -> Picture:
    """Somebody walks by just before the lens every half minute and hides two thirds of the view for four seconds."""
    image = kitchen(shot)
    if shot.at_s % 30 < 4:
        cv2.rectangle(image, (40 + int(20 * (shot.at_s % 30)), 0), (250, HEIGHT), 70.0, cv2.FILLED)
    return image


def steam(shot: Shot) -> Picture:
    """Clouds that thin the contrast of half of the view, coming and going over a minute."""
    cloud = cv2.GaussianBlur(shot.dice().random((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 25)
    cloud = np.clip((cloud - cloud.min()) / np.ptp(cloud) * 1.2, 0, 0.85) * (0.5 + 0.5 * np.sin(shot.at_s / 10))
    return kitchen(shot) * (1 - cloud) + 210 * cloud


def night(shot: Shot) -> Picture:
    """An infra-red picture: a quarter of the contrast, with grain."""
    return 20 + 0.3 * room(shot) + shot.dice().normal(0, 6, (HEIGHT, WIDTH)).astype(np.float32)


def lights(shot: Shot) -> Picture:
    """The light is switched off and on every five minutes; what is left is a tenth, and a lamp."""
    image = kitchen(shot) * (0.12 if shot.at_s % 600 >= 300 else 1.0) + 6
    cv2.circle(image, (290, 20), 6, 230.0, cv2.FILLED)
    return image


def tiles(shot: Shot) -> Picture:
    """A wall of tiles, strictly periodic, and somebody before it."""
    image = np.full((HEIGHT, WIDTH), 190, np.float32)
    image[::20] = image[:, ::20] = image[1::20] = image[:, 1::20] = 90
    cv2.ellipse(image, (int(160 + 130 * np.sin(shot.at_s / 13)), 120), (30, 60), 0, 0, 360, 60.0, cv2.FILLED)
    return image


def exposure(shot: Shot) -> Picture:
    """The camera's gain follows the window: between a half and one and a half times, within twenty seconds."""
    return kitchen(shot) * (1 + 0.5 * np.sin(shot.at_s / 6.5))


def ill(change: Callable[[Picture, Shot], Picture]) -> View:
    """Return a kitchen that changes once it goes ill."""
    return lambda shot: change(kitchen(shot), shot) if shot.ill_s > 0 else kitchen(shot)


def shifted(image: Picture, shot: Shot) -> Picture:
    """Somebody pushed the camera aside by a sixth of its view; what comes in is another part of the room."""
    other = room(replace(shot, seed=shot.seed + 1000))
    step = WIDTH // 6
    return np.concatenate([image[:, step:], other[:, :step]], axis=1)


def hand(image: Picture, shot: Shot) -> Picture:
    """A palm on the lens: bright and soft."""
    del image, shot
    return np.tile(np.linspace(70, 150, WIDTH, dtype=np.float32), (HEIGHT, 1))


ILL: dict[str, View] = {
    "camera_black": ill(lambda image, _: image * 0),
    "camera_covered": ill(hand),
    "camera_blurred": ill(lambda image, _: cv2.GaussianBlur(image, (0, 0), 4)),
    "camera_moved": ill(shifted),
    "camera_frozen": ill(lambda _, shot: kitchen(replace(shot, at_s=SOUND_S, ill_s=0))),
    "clock_drift": kitchen,
}
WELL: dict[str, View] = {
    "kitchen": kitchen, "steam": steam, "night": night, "lights off": lights, "people close": close,
    "tiled wall": tiles, "exposure": exposure,
}  # fmt: skip


def shots(view: View, seed: int, seconds: float, ill_from_s: float) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield (s, uint8 (h, w, 3)) per look, with a sensor's noise; a frozen picture has the noise of its moment."""
    frozen = view is ILL["camera_frozen"]
    for number in range(int(seconds / LOOK_S)):
        at_s = number * LOOK_S
        shot = Shot(seed, at_s, max(0.0, at_s - ill_from_s))
        image = view(shot)
        grain = replace(shot, at_s=ill_from_s) if frozen and shot.ill_s > 0 else shot
        noisy = image + grain.dice().normal(0, 2.5, image.shape)
        yield at_s, np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def opened(view: View, seed: int, seconds: float, ill_from_s: float, drift: float = 0.0) -> list[tuple[str, float]]:
    """Return (kind, s at which it opened) of everything that the line opens."""
    line, meter, stats = line_for(CAMERA, CATALOGUE, ABLE), VitalsMeter(), PacketStats()
    nobody = People(Detections.empty(), np.empty((0, 4), np.float32))
    wear = Wear.unseen((), nobody.head_xyxy, Unseen.NO_HEAD)
    found = []
    for at_s, image in shots(view, seed, seconds, ill_from_s):
        at = START_AT + timedelta(seconds=at_s)
        pts = round(1000 * (at_s + drift * max(0.0, at_s - ill_from_s)))
        stats.add(Packet(CameraId("k1"), b"", True, pts, pts, 0, TICKS, at))
        vitals = meter.measure(Frame(CameraId("k1"), Pixels(image), at, at_s), stats)
        look = LookInput(at, at_s, (HEIGHT, WIDTH), nobody, Detections.empty(), wear, vitals)
        found += [(str(one.kind), at_s) for one in line.look(look).transitions if isinstance(one, Opened)]
    return found


def silence() -> float:
    """Return the seconds after the last packet at which `camera_offline` opens."""
    pulse = Pulse(presence_line(CAMERA, CATALOGUE, ABLE), START_AT)
    pulse.beat(START_AT, (HEIGHT, WIDTH))
    for second in range(1, int(LONGEST_S)):
        result = pulse.miss(START_AT + timedelta(seconds=second))
        if result and any(isinstance(one, Opened) for one in result.transitions):
            return float(second)
    return float("inf")


def detection(kind: str, seeds: int) -> dict[str, object]:
    """Measure how long a kind takes, how often it is missed, and what else was opened for the same cause."""
    times, others = [], Counter[str]()
    for seed in range(seeds):
        found = opened(ILL[kind], seed, SOUND_S + 300, SOUND_S, 0.1 if kind == "clock_drift" else 0.0)
        times += [at_s - SOUND_S for name, at_s in found if name == kind][:1]
        others.update(name for name, _ in found if name != kind)
    return told(times, seeds) | {"other_findings": dict(others)}


def told(times: list[float], tried: int) -> dict[str, object]:
    """Return a row of the table."""
    ends = {"median_s": median(times), "max_s": max(times)} if times else {}
    return {**ends, "found": len(times), "tried": tried}


def alarms(view: View, seeds: int, minutes: int) -> dict[str, object]:
    """Count what an ordinary day opens."""
    found = Counter(name for seed in range(seeds) for name, _ in opened(view, seed, 60.0 * minutes, float("inf")))
    hours = seeds * minutes / 60
    return {"camera_hours": hours, "per_camera_hour": round(found.total() / hours, 3), "kinds": dict(found)}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "health.json")
    asked = parser.parse_args()
    found = {kind: detection(kind, asked.seeds) for kind in ILL} | {"camera_offline": told([silence()], 1)}
    false = {name: alarms(view, asked.seeds, asked.minutes) for name, view in WELL.items()}
    for name, row in (found | false).items():
        print(f"{name:16} {row}")
    results = {"look_every_s": LOOK_S, "detection": found, "false_alarms": false, "machine": described(("numpy",))}
    asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
