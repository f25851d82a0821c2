from pathlib import Path

import pytest

from tests.unit.detectors.networks import detector_toml, spot_network
from vision.detectors.manifest import load_manifest
from vision.detectors.pace import candidates, fewest, look_s, remembered


@pytest.mark.parametrize(("cores", "tried"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8]), (0, [1])])
def test_what_is_tried(cores: int, tried: list[int]) -> None:
    assert candidates(cores) == tried


@pytest.mark.parametrize(
    ("spent_ms", "chosen"),
    [
        ({1: 50, 2: 30, 4: 20}, 4),
        ({1: 50, 2: 48, 4: 47}, 1),
        ({1: 50, 2: 30, 4: 29}, 2),
        ({1: 50, 2: 60, 4: 40}, 4),
        ({1: 50}, 1),
    ],
)
def test_more_threads_must_be_worth_it(spent_ms: dict[int, int], chosen: int) -> None:
    assert fewest(spent_ms, lambda threads: spent_ms[threads] / 1000) == chosen


def test_a_machine_is_measured_once(tmp_path: Path) -> None:
    path, asked = tmp_path / "var" / "threads.json", iter([2, 4])
    assert [remembered(path, machine, lambda: next(asked)) for machine in ("a", "a", "b", "a")] == [2, 2, 4, 2]


@pytest.mark.parametrize("content", ["", "[]", '{"a": "two"}', '{"a": 0}', "\x00"])
def test_a_spoilt_file_is_made_anew(content: str, tmp_path: Path) -> None:
    path = tmp_path / "threads.json"
    path.write_text(content)
    assert remembered(path, "a", lambda: 3) == 3
    assert remembered(path, "a", lambda: pytest.fail("it was measured again")) == 3


def test_a_place_that_cannot_be_written_costs_the_memory_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert remembered(tmp_path / "file" / "threads.json", "a", lambda: 2) == 2


def test_a_network_is_timed(tmp_path: Path) -> None:
    weights = spot_network(tmp_path / "tiny" / "tiny.onnx")
    (weights.parent / "model.toml").write_text(detector_toml(weights))
    assert 0 < look_s(load_manifest(weights.parent), 1, "onnxruntime") < 60
