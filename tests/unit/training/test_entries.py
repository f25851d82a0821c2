import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vision.errors import ConfigError
from vision.training.entries import Picture, read_by_eye
from vision.training.sources import pictures, read_source
from vision.training.twins import print_of, refuse_twins, twins

MANIFEST = """folder = "set"
licence = "none"
origin = "drawn"

[labels]
face = "head"
"""


def entry(**told: Any) -> dict[str, Any]:
    box = {"label": "face", "xyxy": [2, 2, 10, 12], "hat": "n"}
    return {"file": "images/a.png", "width": 32, "height": 24, "split": "train", "boxes": [box], **told}


def written(root: Path, *entries: dict[str, Any], manifest: str = MANIFEST) -> Path:
    """Write a set of one entry a line after the first line, with a grey picture, and return its manifest."""
    folder = root / "set"
    (folder / "images").mkdir(parents=True)
    cv2.imwrite(str(folder / "images/a.png"), np.full((24, 32, 3), 99, np.uint8))
    rows = ",\n".join(json.dumps(one) for one in entries)
    (folder / "annotations.json").write_text(f'{{"classes": ["face"], "images": [\n{rows}]}}', "utf-8")
    (root / "set.toml").write_text(manifest, "utf-8")
    return root / "set.toml"


def read(manifest: Path) -> list[Picture]:
    return list(pictures(read_source(manifest), manifest.parent))


def test_a_good_entry_is_read(tmp_path: Path) -> None:
    (picture,) = read(written(tmp_path, entry()))
    assert picture.boxes[0].attributes == {"hat": "n"}
    assert picture.where.endswith("annotations.json:2")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"file": "images/none.png"}, "file"),
        ({"split": "exam"}, "split"),
        ({"boxes": [{"label": "ghost", "xyxy": [2, 2, 10, 12]}]}, "ghost"),
        ({"boxes": [{"label": "face", "xyxy": [2, 2, 10, 12], "hat": "?"}]}, "hat"),
        ({"boxes": [{"label": "face", "xyxy": [2, 2, 10, 12], "shoes": "n"}]}, "shoes"),
        ({"boxes": [{"label": "face", "xyxy": [10, 2, 10, 12]}]}, "xyxy"),
        ({"boxes": [{"label": "face", "xyxy": [20, 2, 60, 12]}]}, "32 by 24"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_file_and_line(tmp_path: Path, wrong: dict[str, Any], named: str) -> None:
    manifest = written(tmp_path, entry(), entry(**{"file": "images/a.png", **wrong}))
    second = manifest.parent / "set/images/b.png"
    if "file" not in wrong:  # each entry has a file of its own, else the line would be the first one's
        second.write_bytes((manifest.parent / "set/images/a.png").read_bytes())
        labels = manifest.parent / "set/annotations.json"
        first, last = labels.read_text("utf-8").rsplit("images/a.png", 1)
        labels.write_text(f"{first}images/b.png{last}", "utf-8")
    with pytest.raises(ConfigError, match=rf"annotations\.json:3.*{named}"):
        read(manifest)


def test_a_label_that_the_set_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set\.toml: labels.*helmet"):
        read(written(tmp_path, entry(), manifest=MANIFEST + 'helmet = "head"\n'))


def test_what_is_left_out_is_neither_read_nor_checked(tmp_path: Path) -> None:
    manifest = written(tmp_path, entry(), entry(file="images/none.png"))
    manifest.with_suffix(".left_out").write_text("# why\nimages/none.png it is not there\n", "utf-8")
    assert len(read(manifest)) == 1


def test_boxes_by_eye_join_the_set_and_name_their_line(tmp_path: Path) -> None:
    manifest = written(tmp_path, entry())
    beside = manifest.with_suffix(".by_eye.json")
    beside.write_text('[\n{"file": "images/a.png", "label": "head", "xyxy": [1, 1, 9, 9]}\n]\n', "utf-8")
    assert [box.label for box in read(manifest)[0].boxes] == ["face", "head"]
    beside.write_text('[\n{"file": "images/a.png", "label": "foot", "xyxy": [1, 1, 9, 9]}\n]\n', "utf-8")
    with pytest.raises(ConfigError, match=r"by_eye\.json:2: label"):
        read_by_eye(beside)


def scene(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 9, 3)).astype(np.uint8)
    return cv2.resize(coarse, (160, 120), interpolation=cv2.INTER_CUBIC)


def test_twins_across_splits_are_refused_also_when_mirrored_or_recompressed() -> None:
    again = cv2.imdecode(cv2.imencode(".jpg", scene(1)[:, ::-1])[1], cv2.IMREAD_COLOR)
    first, second = print_of(scene(1), "a.json:1", "train"), print_of(again, "a.json:9", "test")
    with pytest.raises(ConfigError, match=r"a\.json:9: twin.*a\.json:1"):
        refuse_twins([first, second, print_of(scene(2), "a.json:3", "val")])


def test_different_scenes_and_twins_within_a_split_may_stay() -> None:
    kept = [print_of(scene(1), "1", "train"), print_of(scene(1), "2", "train"), print_of(scene(2), "3", "test")]
    assert twins(kept) == []
    refuse_twins([])
