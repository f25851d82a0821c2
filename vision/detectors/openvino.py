"""One network on OpenVINO, for CPUs that compute in bfloat16: the same tensors in and out, sooner there.

Comes with the extra `openvino` and is chosen by `MINGCHU_ENGINE=openvino`. Detectors run in bfloat16 where the CPU has
it; what judges wear stays in float32, because its answers are calibrated and it costs little.
"""

import threading
from typing import Any

import numpy as np
import openvino as ov

from vision.detectors.manifest import ModelManifest, trusted_weights
from vision.detectors.session import Tensor
from vision.errors import ModelError


class OpenVinoSession:
    """A network on the CPU; see `session.Session`."""

    def __init__(self, manifest: ModelManifest, threads: int = 0) -> None:
        """Load and compile the weights; ModelError when hash, file or input do not fit."""
        self.lock = threading.Lock()
        self._manifest = manifest
        self._network = _compiled(manifest, threads)
        self._request = self._network.create_infer_request()
        self._check_input()

    @property
    def dynamic_batch(self) -> bool:
        """Tell whether several pictures fit into one call."""
        return bool(self._network.input(0).get_partial_shape()[0].is_dynamic)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the network's outputs."""
        return tuple(output.get_any_name() for output in self._network.outputs)

    def run(self, tensor: Tensor, outputs: tuple[str, ...]) -> list[Tensor]:
        """Return the named outputs for an (n, 3, h, w) tensor; n calls where the network's batch is fixed to 1."""
        if self.dynamic_batch or len(tensor) == 1:
            return self._call(tensor, outputs)
        rows = [self._call(tensor[i : i + 1], outputs) for i in range(len(tensor))]
        return [np.concatenate(parts) for parts in zip(*rows, strict=True)]

    def try_out(self, outputs: tuple[str, ...]) -> list[Tensor]:
        """Run on one black input: shows the true output shapes, and pays for the first call before a camera waits."""
        spec = self._manifest.input
        return self.run(np.zeros((1, 3, spec.height, spec.width), np.float32), outputs)

    def _call(self, tensor: Tensor, outputs: tuple[str, ...]) -> list[Tensor]:
        try:
            self._request.infer({0: tensor})
        except RuntimeError as error:
            raise self._refusal(f"a network that runs ({str(error).splitlines()[0]})") from error
        # The request reuses its buffers with the next call.
        return [np.array(self._request.get_tensor(name).data, np.float32) for name in outputs]

    def _check_input(self) -> None:
        spec, inputs = self._manifest.input, self._network.inputs
        names = [each.get_any_name() for each in inputs]
        if names != [spec.name]:
            raise ModelError(f"{self._manifest.where}: input.name", spec.name, f"the network's only input, of {names}")
        shape = inputs[0].get_partial_shape()
        for height, width in spec.shapes:
            if not shape.compatible(ov.PartialShape([-1, 3, height, width])):
                raise ModelError(f"{self._manifest.where}: input", f"{height}x{width}", f"what it takes: {shape}")

    def _refusal(self, allowed: str) -> ModelError:
        return ModelError(f"{self._manifest.where}: file", self._manifest.file, allowed)


def _compiled(manifest: ModelManifest, threads: int) -> Any:  # its bindings have no types
    core = ov.Core()
    weights = trusted_weights(manifest)
    try:
        return core.compile_model(core.read_model(weights, b""), "CPU", _options(core, manifest, threads))
    except RuntimeError as error:
        reason = f"an ONNX network that loads ({str(error).splitlines()[0]})"
        raise ModelError(f"{manifest.where}: file", manifest.file, reason) from error


def _options(core: ov.Core, manifest: ModelManifest, threads: int) -> dict[str, Any]:
    fast = manifest.task == "detect" and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
    options["INFERENCE_PRECISION_HINT"] = "bf16" if fast else "f32"
    return options | ({"INFERENCE_NUM_THREADS": threads} if threads else {})
