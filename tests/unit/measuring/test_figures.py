import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision.detections import Detections
from vision.errors import ConfigError
from vision.measuring.aizoo import anchors, decoded
from vision.measuring.comparison import losses
from vision.measuring.detection import score
from vision.measuring.faces import face_of
from vision.measuring.held_out import HeldOut, held_out
from vision.measuring.intervals import figure
from vision.measuring.tables import BEGIN, END, interval, number, replaced
from vision.measuring.wearing import Judged, balanced_accuracy, coverage
from vision.training.entries import Box, Picture
from vision.training.labels import GROW, head_of
from vision.training.sources import Source

STATES = ("worn", "missing", "unknown")


def judged(rows: list[tuple[float, float, float]], target: list[int], least: float = 0.6) -> Judged:
    ends = np.arange(len(rows))
    return Judged(np.array(rows), np.array(target), ends, np.full(len(rows), 50.0), STATES, least)


def test_an_interval_holds_the_figure_and_narrows_with_more_pictures() -> None:
    values = np.random.default_rng(1).random(400)
    few, many = (figure(n, lambda chosen: float(values[chosen].mean())) for n in (20, 400))
    assert few.low <= few.value <= few.high
    assert many.high - many.low < few.high - few.low


def test_without_pictures_there_is_no_figure() -> None:
    assert np.isnan(figure(0, lambda _: 1.0).value)


def test_only_answers_count_as_right_or_wrong_and_both_states_weigh_the_same() -> None:
    rows = [(0.9, 0.1, 0.0)] * 8 + [(0.1, 0.9, 0.0), (0.9, 0.1, 0.0)] + [(0.5, 0.4, 0.1)] * 10
    told = judged(rows, [0] * 8 + [1, 1] + [0] * 10)
    assert balanced_accuracy(told) == pytest.approx((1.0 + 0.5) / 2)
    assert coverage(told) == pytest.approx(0.5)


def test_a_head_nobody_can_judge_does_not_lower_the_coverage() -> None:
    assert coverage(judged([(0.9, 0.1, 0.0), (0.1, 0.1, 0.8)], [0, 2])) == 1.0


def test_a_face_grows_to_a_head_and_shrinks_back() -> None:
    face = (40.0, 50.0, 80.0, 110.0)
    head = head_of(face, GROW, (400, 400))
    assert face_of(np.array([head], np.float32))[0] == pytest.approx(face, abs=1e-3)


def test_the_peer_has_as_many_anchors_as_answers_and_unmoved_ones_stay() -> None:
    assert len(anchors()) == 5972
    box = decoded(np.zeros((1, 4)), np.array([[0.5, 0.5, 0.2, 0.4]]))
    assert box[0] == pytest.approx([0.4, 0.3, 0.6, 0.7])


def held() -> HeldOut:
    source = Source("s", "s", "l", "o", {"rat": "rat"}, {"rat": "complete"})
    picture = Picture(Path("p.png"), (100, 100), "val", (Box("rat", (10, 10, 30, 30)),))
    return HeldOut(source, picture, twin=False)


def test_what_is_found_is_matched_by_class() -> None:
    boxes = np.array([[10, 10, 30, 30], [60, 60, 80, 80]], np.float32)
    found = Detections(boxes, np.array([0.4, 0.9], np.float32), np.array([0, 0]), ("rat", "cat"))
    told = score(found, held(), "rat")
    assert (told.confidence.round(1).tolist(), told.hit.tolist(), told.objects) == ([0.9, 0.4], [False, True], 1)


def test_a_model_that_loses_or_forgets_a_figure_is_told_what() -> None:
    old = {"rat ap50": 0.8, "head ap50": 0.9, "dog ap50": None}
    assert losses({"rat ap50": 0.795, "head ap50": 0.95}, old) == {}
    assert losses({"head ap50": 0.85}, old) == {"rat ap50": 0.8, "head ap50": 0.05}


def test_a_block_is_put_between_its_markers_only() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(page, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(ConfigError, match="page"):
        replaced("no markers", "new")


def test_figures_that_are_none_read_as_a_dash() -> None:
    nothing: dict[str, Any] = {"value": float("nan"), "low": float("nan"), "high": float("nan")}
    assert (interval(nothing), number(None), number(0.5)) == ("—", "—", "0.500")
    assert re.match(r"0\.500 \[0\.4", interval({"value": 0.5, "low": 0.4, "high": 0.6}))


def test_twins_of_learnt_pictures_are_marked(tmp_path: Path) -> None:
    folder = tmp_path / "set/images"
    folder.mkdir(parents=True)
    entries = []
    for name, split in (("a", "train"), ("b", "test"), ("c", "test")):
        (folder / f"{name}.png").write_bytes(b"x")
        entries.append({"file": f"images/{name}.png", "width": 9, "height": 9, "split": split, "boxes": []})
    (tmp_path / "set/annotations.json").write_text(json.dumps({"classes": [], "images": entries}), "utf-8")
    (tmp_path / "set.toml").write_text('folder = "set"\nlicence = ""\norigin = ""\n', "utf-8")
    (tmp_path / "set.left_out").write_text("images/a.png set/images/b.png test 3\n", "utf-8")
    found = {one.picture.path.name: one.twin for one in held_out(tmp_path, tmp_path, "test")}
    assert found == {"b.png": True, "c.png": False}
    with pytest.raises(ConfigError, match="data"):
        held_out(tmp_path, tmp_path / "nowhere", "test")
