from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("ultralytics", reason="the extra `train` is not installed")
onnxruntime = pytest.importorskip("onnxruntime")
from vision.errors import ModelError  # noqa: E402  # after the skip
from vision.training.export import write_onnx  # noqa: E402  # after the skip
from vision.training.shipped import take_over, without_statistics  # noqa: E402  # after the skip


def network(channels: int = 4) -> Any:
    """Return a small network with random weights and statistics."""
    made = torch.nn.Sequential(
        torch.nn.Conv2d(3, channels, 3, bias=False), torch.nn.BatchNorm2d(channels), torch.nn.ReLU(),
        torch.nn.Conv2d(channels, channels, 3, bias=False), torch.nn.BatchNorm2d(channels), torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(channels, 2),
    )  # fmt: skip
    with torch.no_grad():
        for layer in (made[1], made[4]):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    return made


def test_a_network_takes_an_exported_files_weights_over_and_says_the_same(tmp_path: Path) -> None:
    torch.manual_seed(1)
    write_onnx(network(), torch.zeros(1, 3, 16, 16), tmp_path / "n.onnx", ["out"])
    seen = torch.rand(2, 3, 16, 16)
    other = take_over(network(), tmp_path / "n.onnx", torch.zeros(1, 3, 16, 16)).eval()
    told = onnxruntime.InferenceSession(str(tmp_path / "n.onnx")).run(None, {"images": seen.numpy()})[0]
    assert np.allclose(other(seen).detach().numpy(), told, atol=1e-5)
    learning = without_statistics(other.train())
    assert np.allclose(learning(seen).detach().numpy(), told, atol=1e-5)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    write_onnx(network(8), torch.zeros(1, 3, 16, 16), tmp_path / "n.onnx", ["out"])
    with pytest.raises(ModelError, match="shape by shape"):
        take_over(network(4), tmp_path / "n.onnx", torch.zeros(1, 3, 16, 16))
