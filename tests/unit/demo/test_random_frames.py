import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def drawn(folder: Path) -> tuple[dict[str, Any], bytes]:
    command = [sys.executable, "-m", "vision.demo", "frames", folder, "--seed", "7", "--count", "1"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    notes = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    return notes, (folder / "images" / notes["images"][0]["file"].removeprefix("images/")).read_bytes()


def test_the_same_seed_draws_the_same_labelled_picture_and_boxes_lie_inside(tmp_path: Path) -> None:
    (notes, picture), again = drawn(tmp_path / "a"), drawn(tmp_path / "b")
    assert (notes, picture) == again
    assert any(image["boxes"] for image in notes["images"]), "an empty kitchen proves nothing about boxes"
    for image in notes["images"]:
        for box in image["boxes"]:
            x0, y0, x1, y1 = box["xyxy"]
            assert 0 <= x0 < x1 <= image["width"]
            assert 0 <= y0 < y1 <= image["height"]
