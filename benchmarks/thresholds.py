"""Claim: `open_at` of the wear rules in vision/catalogue.toml keeps a stated budget of false alarms on val.

Prints and writes the curve for every wear kind with a model, and the least `open_at` that keeps the budget: of persons
who wear the item and are looked at for a minute, so many may be accused. See vision/measuring/budget.py for how.

    python benchmarks/thresholds.py [--data DIR] [--budget SHARE] [--out FILE]
"""

import argparse
import json
from pathlib import Path

from machine import described

from vision.catalogue import load_catalogue
from vision.detectors.manifest import find_models
from vision.measuring.budget import told_of, within
from vision.measuring.held_out import held_out

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Measure, write, print."""
    asked = _arguments()
    held = held_out(ROOT / "datasets", asked.data, "val")
    models = {item: manifest for manifest in find_models(None) for item in manifest.outputs}
    results: dict[str, object] = {"budget": asked.budget, "machine": described()}
    for kind in load_catalogue().kinds.values():
        if kind.family == "wear" and kind.item in models:
            told = told_of(models[kind.item], held, kind.item, kind.thresholds)
            told["shipped_open_at"] = kind.thresholds.open_at
            told["open_at_within_budget"] = within(told["curve"], asked.budget)
            results[kind.name] = told
            print(json.dumps({kind.name: told}))
    asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--budget", type=float, default=0.02)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "thresholds.json")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
