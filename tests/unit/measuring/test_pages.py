import json
from pathlib import Path
from typing import Any

import pytest

from vision.detectors.manifest import find_models
from vision.measuring.tables import pages, replaced

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((ROOT / "benchmarks/results/accuracy.json").read_text("utf-8"))
    return told


def test_what_was_measured_is_what_is_shipped(results: dict[str, Any]) -> None:
    shipped = {one.name: one.sha256 for one in find_models(ROOT / "models")}
    assert {name: told["sha256"] for name, told in results["models"].items()} == shipped
    assert results["split"] == "test"


@pytest.mark.parametrize(
    "name", ["README.md", "models/detector/card.md", "models/wear/card.md", "models/clothing/card.md"]
)
def test_pages_quote_the_results(results: dict[str, Any], name: str) -> None:
    page = (ROOT / name).read_text("utf-8")
    assert replaced(page, pages(results)[name]) == page
