"""Claim: on the rendered demo site the shipped models and rules find what they can see, at few false alarms an hour.

`python benchmarks/demo.py` renders the site (or takes the films in --films), plays each film --turns times as
`mingchu run` plays it (in a loop, but on a simulated clock), lets the whole line look, and holds what it opens against
the films' exact truth. Every turn shows the same scenes: more turns try the seams, the memory of the camera's health
and the steadiness of the answers, not new kitchens. Rendered pictures prove nothing about real ones.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import machine
from projector import Projector

from vision.catalogue import Catalogue, load_catalogue
from vision.commands.composing import Sightedness, load_sight
from vision.config import CameraConfig
from vision.demo.judging import PERSONAL, Found, Verdict, judge
from vision.demo.site import DEMO_SITES, DemoCamera, demo_cameras, ensure_site
from vision.demo.truth import ClipTruth, EventTruth
from vision.events import KindName
from vision.pipeline import is_available

RESULTS = Path(__file__).parent / "results" / "demo.json"
CLOSES_S = 8.0
"""A sum closes within four looks of the last sign."""
HOURS = {site.id: site.hours for site in DEMO_SITES}


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, default=None, help="where the films are or shall lie")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--turns", type=int, default=4, help="how often each film is played")
    parser.add_argument("--camera", action="append", default=[], help="only this camera; nothing is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        films = options.films or Path(scratch, "films")
        ensure_site(films, lambda name, done, of: print(f"film {done}/{of} {name}", file=sys.stderr))
        sight, catalogue = load_sight(), load_catalogue()
        chosen = [c for c in demo_cameras() if not options.camera or c.source[5:] in options.camera]
        task = _Task(films, options.turns, Projector(sight, catalogue))
        verdicts = {camera.source[5:]: task.measure(camera) for camera in chosen}
        seconds = sum(ClipTruth.load(films / f"{name}.json").seconds for name in verdicts) * options.turns
    results = _results([v for turns in verdicts.values() for v in turns], seconds, sight, catalogue)
    results = {"cameras": len(verdicts), "turns": options.turns, **results}
    print(json.dumps(results, ensure_ascii=False, indent=1))
    if not options.camera:
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Task:
    films: Path
    turns: int
    projector: Projector

    def measure(self, camera: DemoCamera) -> list[Verdict]:
        """Return one verdict for each turn of a camera's film."""
        name = camera.source[5:]
        truth = ClipTruth.load(self.films / f"{name}.json")
        source = f"loop+file:{self.films / name}.mp4"
        config = CameraConfig(
            id=camera.id, site=camera.site, source=source, zones=camera.zones, hours=HOURS[camera.site]
        )
        opened, _ = self.projector.play(config, len(truth.frames) * self.turns)
        dwell_s = self.projector.dwell_s
        verdicts = [judge(truth, _of_turn(opened, turn, truth.seconds), dwell_s) for turn in range(self.turns)]
        verdicts = [self._rested(verdict, opened, turn * truth.seconds) for turn, verdict in enumerate(verdicts)]
        for turn, verdict in enumerate(verdicts, start=1):
            _tell(f"{name}/{turn}", verdict)
        return verdicts

    def _rested(self, verdict: Verdict, opened: list[Found], shift_s: float) -> Verdict:
        """Forgive what was missed while its rule had to rest after the last closing: no rule may open it then."""
        resting = tuple(event for event in verdict.missed if self._rests(event, opened, shift_s))
        missed = tuple(event for event in verdict.missed if event not in resting)
        return replace(verdict, missed=missed, short=verdict.short + resting)

    def _rests(self, event: EventTruth, opened: list[Found], shift_s: float) -> bool:
        rest_s = self.projector.catalogue.kinds[KindName(event.kind)].thresholds.rearm_s + CLOSES_S
        begins_s, ends_s = event.start_s + shift_s, event.end_s + shift_s
        same = [f for f in opened if (f.kind, f.zone) == (event.kind, event.zone) and f.ended_s < begins_s]
        return event.kind not in PERSONAL and any(ends_s - f.ended_s <= rest_s for f in same)


def _of_turn(opened: list[Found], turn: int, seconds: float) -> list[Found]:
    """Return what began in one turn, in the film's own seconds."""
    shift_s = turn * seconds
    mine = [found for found in opened if shift_s <= found.started_s < shift_s + seconds]
    return [
        replace(f, started_s=f.started_s - shift_s, opened_s=f.opened_s - shift_s, ended_s=f.ended_s - shift_s)
        for f in mine
    ]


def _tell(name: str, verdict: Verdict) -> None:
    for event, found in verdict.found:
        span = f"{event.start_s:6.1f}-{event.end_s:6.1f} s"
        print(
            f"{name:16} found    {event.kind:16} {span} {event.subject}, opened {found.opened_s:.1f}", file=sys.stderr
        )
    for word, events in (("missed", verdict.missed), ("not due", verdict.short)):
        for event in events:
            span = f"{event.start_s:6.1f}-{event.end_s:6.1f} s"
            print(f"{name:16} {word:8} {event.kind:16} {span} {event.subject}", file=sys.stderr)
    for word, opened in (("repeated", verdict.repeated), ("FALSE", verdict.false)):
        for found in opened:
            print(f"{name:16} {word:8} {found.kind:16} opened {found.opened_s:6.1f} s {found.zone}", file=sys.stderr)


def _results(verdicts: list[Verdict], seconds: float, sight: Sightedness, catalogue: Catalogue) -> dict[str, Any]:
    kinds = sorted({row for verdict in verdicts for row in _kinds(verdict)})
    false = sum(len(verdict.false) for verdict in verdicts)
    blind = [str(name) for name, kind in catalogue.kinds.items() if not is_available(kind, sight.abilities)]
    return {
        "machine": machine.described(),
        "model": sight.eyes.model,
        "camera_hours": round(seconds / 3600, 4),
        "false_alarms": false,
        "false_alarms_per_camera_hour": round(false / (seconds / 3600), 2),
        "false_alarms_per_camera_hour_95_upper": round(_poisson_upper(false) / (seconds / 3600), 2),
        "kinds": {kind: _of_kind(kind, verdicts) for kind in kinds},
        "kinds_without_a_model": blind,
    }


def _poisson_upper(count: int) -> float:
    """Return the 95 % upper limit of a Poisson mean of which `count` were seen (Wilson and Hilferty, 1931)."""
    n = count + 1
    return n * (1 - 1 / (9 * n) + 1.645 / (3 * n**0.5)) ** 3


def _of_kind(kind: str, verdicts: Iterable[Verdict]) -> dict[str, int]:
    counts: Counter[str] = Counter(found=0, missed=0, short=0, repeated=0, false=0)
    for verdict in verdicts:
        counts["found"] += sum(event.kind == kind for event, _ in verdict.found)
        for word in ("missed", "short", "repeated", "false"):
            counts[word] += sum(event.kind == kind for event in getattr(verdict, word))
    return dict(counts)


def _kinds(verdict: Verdict) -> set[str]:
    opened = [*verdict.missed, *verdict.short, *verdict.repeated, *verdict.false]
    return {event.kind for event in opened} | {event.kind for event, _ in verdict.found}


if __name__ == "__main__":
    main()
