"""One network: loaded only after its hash was compared, checked against its manifest; on ONNX Runtime by default."""

import threading
from typing import Literal, Protocol, get_args

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from vision.detectors.manifest import ModelManifest, trusted_weights
from vision.errors import ConfigError, ModelError

Tensor = NDArray[np.float32]
Engine = Literal["onnxruntime", "openvino"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

_LOAD_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.ModelLoadCanceled,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class Session(Protocol):
    """A loaded network; `lock` must be held from filling the input to the end of `run` where buffers are reused."""

    lock: threading.Lock

    @property
    def dynamic_batch(self) -> bool:
        """Tell whether several pictures fit into one call."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the network's outputs."""
        ...

    def run(self, tensor: Tensor, outputs: tuple[str, ...]) -> list[Tensor]:
        """Return the named outputs for an (n, 3, h, w) tensor."""
        ...

    def try_out(self, outputs: tuple[str, ...]) -> list[Tensor]:
        """Run on one black input."""
        ...


def open_session(manifest: ModelManifest, threads: int = 0, engine: Engine = "onnxruntime") -> Session:
    """Load a network on an engine.

    Raises:
        ConfigError: the engine's extra is not installed.
        ModelError: hash, file or input do not fit.
    """
    if engine == "onnxruntime":
        return OnnxSession(manifest, threads)
    try:
        from vision.detectors.openvino import OpenVinoSession  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        raise ConfigError("engine", engine, "openvino with its extra: pip install 'mingchu[openvino]'") from error
    return OpenVinoSession(manifest, threads)


class OnnxSession:
    """A network on ONNX Runtime's CPU provider."""

    def __init__(self, manifest: ModelManifest, threads: int = 0) -> None:
        """Load the weights; `threads` 0 = one per core. Raises ModelError when hash, file or input do not fit."""
        self.lock = threading.Lock()
        self._manifest = manifest
        self._session = _load(manifest, threads)
        self._check_input()

    @property
    def dynamic_batch(self) -> bool:
        """Tell whether several pictures fit into one call."""
        return not isinstance(self._session.get_inputs()[0].shape[0], int)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the network's outputs."""
        return tuple(output.name for output in self._session.get_outputs())

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
            return list(self._session.run(list(outputs), {self._manifest.input.name: tensor}))
        except _LOAD_ERRORS as error:
            raise ModelError(
                f"{self._manifest.where}: file", self._manifest.file, f"a network that runs ({error})"
            ) from error

    def _check_input(self) -> None:
        spec, entry = self._manifest.input, self._session.get_inputs()[0]
        if len(self._session.get_inputs()) != 1 or entry.name != spec.name:
            names = [each.name for each in self._session.get_inputs()]
            raise ModelError(f"{self._manifest.where}: input.name", spec.name, f"the network's only input, of {names}")
        for hw in spec.shapes:
            wanted = (1, 3, *hw)
            if not _fits(entry.shape, wanted) or entry.type != "tensor(float)":
                found = f"what the network takes: {entry.type} {entry.shape}"
                raise ModelError(f"{self._manifest.where}: input", f"float {wanted}", found)


def _fits(taken: list[int | str], wanted: tuple[int, ...]) -> bool:
    """Tell whether a network takes a shape; sides that have a name instead of a number are free."""
    return len(taken) == len(wanted) and all(
        not isinstance(side, int) or side == want for side, want in zip(taken, wanted, strict=True)
    )


def _load(manifest: ModelManifest, threads: int) -> ort.InferenceSession:
    weights = trusted_weights(manifest)
    try:
        return ort.InferenceSession(weights, _options(threads), providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{manifest.where}: file", manifest.file, f"an ONNX network that loads ({reason})") from error


def _options(threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    # Spinning threads would burn the cores that decode the other cameras' packets.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
