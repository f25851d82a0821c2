"""Claim: on the rendered demo site the shipped models and rules find what they can see, at few false alarms an hour.

`python benchmarks/demo.py` renders the site (or takes the films in --films), lets the whole line see each film once,
and holds what it opens against the exact truth of the film. Rendered pictures prove nothing about real kitchens.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import machine

from vision.catalogue import Catalogue, load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import Sightedness, load_sight
from vision.config import CameraConfig
from vision.demo.judging import Found, Verdict, judge
from vision.demo.site import DEMO_SITES, DemoCamera, demo_cameras, ensure_site
from vision.demo.truth import ClipTruth
from vision.path import CameraPath, line_for
from vision.pipeline import is_available
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.sources.opening import open_source
from vision.watching import watch_through

RESULTS = Path(__file__).parent / "results" / "demo.json"
HOURS = {site.id: site.hours for site in DEMO_SITES}


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, default=None, help="where the films are or shall lie")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--camera", action="append", default=[], help="only this camera; nothing is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        films = options.films or Path(scratch, "films")
        ensure_site(films, lambda name, done, of: print(f"film {done}/{of} {name}", file=sys.stderr))
        sight, catalogue = load_sight(), load_catalogue()
        chosen = [c for c in demo_cameras() if not options.camera or c.source[5:] in options.camera]
        verdicts = {camera.source[5:]: _measure(camera, films, sight, catalogue) for camera in chosen}
        seconds = sum(ClipTruth.load(films / f"{name}.json").seconds for name in verdicts)
    results = _results(verdicts, seconds, sight, catalogue)
    print(json.dumps(results, ensure_ascii=False, indent=1))
    if not options.camera:
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _measure(camera: DemoCamera, films: Path, sight: Sightedness, catalogue: Catalogue) -> Verdict:
    name = camera.source[5:]
    film, truth = films / f"{name}.mp4", ClipTruth.load(films / f"{name}.json")
    config = CameraConfig(
        id=camera.id, site=camera.site, source=str(film), zones=camera.zones, hours=HOURS[camera.site]
    )
    with tempfile.TemporaryDirectory() as scratch:
        bodies = _look(config, sight, catalogue, Path(scratch))
    last = {body["data"]["id"]: Found.of(body["data"]) for body in bodies}
    dwell_s = {str(name): kind.thresholds.dwell_s for name, kind in catalogue.kinds.items()}
    verdict = judge(truth, last.values(), dwell_s)
    _tell(name, verdict)
    return verdict


def _look(config: CameraConfig, sight: Sightedness, catalogue: Catalogue, scratch: Path) -> list[dict[str, Any]]:
    """Run the whole line over a film, evidence included, and return every body it told."""
    bodies: list[dict[str, Any]] = []
    models = (sight.detector.model, *sight.wear.models)
    (scratch / "staging").mkdir()
    chain = ManifestChain(scratch / "chain.json", "benchmark")
    outbox = FolderOutbox(scratch / "out", bodies.append)
    desk = Desk("benchmark", outbox, catalogue, models, chain, scratch / "staging")
    with open_source(config, clock=SystemClock()) as source:
        path = CameraPath(config, source, line_for(config, catalogue, sight.abilities), desk)
        watch_through(source, path, sight.eyes, lambda _: None)
    return bodies


def _tell(name: str, verdict: Verdict) -> None:
    for event, found in verdict.found:
        span = f"{event.start_s:6.1f}-{event.end_s:6.1f} s"
        print(
            f"{name:14} found    {event.kind:16} {span} {event.subject}, opened {found.opened_s:.1f}", file=sys.stderr
        )
    for word, events in (("missed", verdict.missed), ("short", verdict.short)):
        for event in events:
            span = f"{event.start_s:6.1f}-{event.end_s:6.1f} s"
            print(f"{name:14} {word:8} {event.kind:16} {span} {event.subject}", file=sys.stderr)
    for word, opened in (("repeated", verdict.repeated), ("FALSE", verdict.false)):
        for found in opened:
            print(f"{name:14} {word:8} {found.kind:16} opened {found.opened_s:6.1f} s {found.zone}", file=sys.stderr)


def _results(verdicts: dict[str, Verdict], seconds: float, sight: Sightedness, catalogue: Catalogue) -> dict[str, Any]:
    kinds = sorted({row for verdict in verdicts.values() for row in _kinds(verdict)})
    false = sum(len(verdict.false) for verdict in verdicts.values())
    blind = [str(name) for name, kind in catalogue.kinds.items() if not is_available(kind, sight.abilities)]
    return {
        "machine": machine.described(),
        "model": sight.eyes.model,
        "cameras": len(verdicts),
        "camera_hours": round(seconds / 3600, 4),
        "false_alarms": false,
        "false_alarms_per_camera_hour": round(false / (seconds / 3600), 2),
        "kinds": {kind: _of_kind(kind, verdicts.values()) for kind in kinds},
        "kinds_without_a_model": blind,
    }


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
