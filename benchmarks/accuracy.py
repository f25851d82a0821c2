"""Claim: the figures of README and cards are what the shipped weights reach on the held-out pictures.

Measures every shipped model, and the public AIZOO face-mask detector beside ours, on the test split of the labelled
sets, writes the JSON, and puts the tables into README.md and models/*/card.md. The split is looked at once per release;
thresholds, temperatures and the choice of weights come from val.

    python benchmarks/accuracy.py [--data DIR] [--split test|val] [--out FILE] [--pages]
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from machine import described

from vision.detectors.manifest import find_models
from vision.measuring.accuracy import measure
from vision.measuring.tables import pages, readme_block, replaced

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Measure, write the results, print the README's table."""
    asked = _arguments()
    results = {
        "claim": __doc__.splitlines()[0].removeprefix("Claim: "),
        "command": " ".join(["python", "benchmarks/accuracy.py", *sys.argv[1:]]),
        "machine": described(),
        **measure(find_models(None), ROOT / "datasets", asked.data, asked.split),
    }
    asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if asked.pages:
        write_pages(results)
    print(readme_block(results))
    return 0


def write_pages(results: dict[str, Any]) -> None:
    """Put the tables between the markers of README and cards."""
    for name, block in pages(results).items():
        page = ROOT / name
        page.write_text(replaced(page.read_text("utf-8"), block), "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--split", default="test", choices=("test", "val"))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "accuracy.json")
    parser.add_argument("--pages", action="store_true", help="write the tables into README.md and the cards")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
