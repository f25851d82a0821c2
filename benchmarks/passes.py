"""Two ways through one clip that `line.py` compares: our line, and the least that any line has to do."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

import av
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vision.catalogue import load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import Sightedness
from vision.config import CameraConfig, ZoneConfig
from vision.detectors.crops import crop
from vision.detectors.letterbox import Letterbox, fitting
from vision.detectors.manifest import InputSpec, ModelManifest, find_models, trusted_weights
from vision.detectors.pixels import Planes
from vision.frames import Frame, Image
from vision.path import line_for
from vision.people import pair
from vision.pipeline import Line, LookInput
from vision.ports import People
from vision.recording.ring import PacketRing
from vision.scene import ZoneType
from vision.sources.health import PacketStats, VitalsMeter
from vision.sources.opening import open_source
from vision.sources.sampler import KeyFrameSampler

Tensor = NDArray[np.float32]
Figures = dict[str, float]
Inputs = dict[str, Tensor]
"""Name of a model → its input for one look; a model without anything to judge is missing."""
START_AT = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(slots=True)
class Laps:
    """CPU seconds of the process by stage, and wall seconds in all; a lap begins where the last one ended."""

    looks: int = 0
    _cpu_s: Counter[str] = field(default_factory=Counter)
    _wall_s: float = 0.0
    _at_s: tuple[float, float] = (0.0, 0.0)

    def resume(self) -> None:
        """Begin a lap now: what passed since the last one belongs to somebody else."""
        self._at_s = time.process_time(), time.perf_counter()

    def lap(self, stage: str) -> None:
        """Book what passed since the last lap."""
        cpu_s, wall_s = self._at_s
        self.resume()
        self._cpu_s[stage] += self._at_s[0] - cpu_s
        self._wall_s += self._at_s[1] - wall_s

    def per_look_ms(self) -> Figures:
        """Return milliseconds per look: every stage's CPU, `cpu` in all, and `wall`."""
        spent = {**self._cpu_s, "cpu": sum(self._cpu_s.values()), "wall": self._wall_s}
        return {stage: spent_s * 1e3 / self.looks for stage, spent_s in spent.items()}


class OurLine:
    """The line as `mingchu watch` composes it, less the evidence, which is made per event and not per look."""

    def __init__(self, clip: Path, sight: Sightedness) -> None:
        self._camera = CameraConfig(id="benchmark", source=str(clip), zones=(ZoneConfig(type=ZoneType.SPECIAL_ROOM),))
        self._sight = sight
        self._catalogue = load_catalogue()

    def looks(self, laps: Laps) -> Iterator[None]:
        """Look at the whole clip, pausing after each look; opening is not measured: a camera is connected once."""
        judge = _Judge(line_for(self._camera, self._catalogue, self._sight.abilities))
        sampler, ring = KeyFrameSampler(self._camera.interval_s), PacketRing()
        with open_source(self._camera, clock=SystemClock(), start_at=START_AT) as source:
            laps.resume()
            for packet in source.packets():
                laps.lap("demux")
                judge.stats.add(packet)
                ring.append(packet)
                wanted = sampler.wants(packet)
                laps.lap("ring, sampler")
                frame = source.decode(packet) if wanted else None
                if frame is not None:
                    laps.lap("decode")
                    self._look(frame, judge, laps)
                    yield
                    laps.resume()

    def frames(self) -> Iterator[tuple[int, Frame]]:
        """Yield the frames that `run` looks at, each with the pts of its packet."""
        sampler = KeyFrameSampler(self._camera.interval_s)
        with open_source(self._camera, clock=SystemClock(), start_at=START_AT) as source:
            for packet in source.packets():
                frame = source.decode(packet) if sampler.wants(packet) else None
                if frame is not None:
                    yield packet.pts, frame

    def _look(self, frame: Frame, judge: "_Judge", laps: Laps) -> None:
        """Do what `vision.sight.Eyes.see` and `vision.path.CameraPath.decide` do, stage by stage."""
        found = self._sight.detector.detect([frame.picture])[0]
        laps.lap("detector")
        people, objects = pair(found)
        laps.lap("pair heads")
        wear = self._sight.wear.judge([(frame.picture, people)])[0]
        laps.lap("wear")
        vitals = judge.meter.measure(frame, judge.stats)
        laps.lap("camera health")
        judge.line.look(LookInput(frame.at, frame.pts_s, frame.hw, people, objects, wear, vitals))
        laps.lap("tracker, rules")
        laps.looks += 1


@dataclass(frozen=True, slots=True)
class _Judge:
    """What one connection remembers."""

    line: Line
    meter: VitalsMeter = field(default_factory=VitalsMeter)
    stats: PacketStats = field(default_factory=PacketStats)


class Floor:
    """Bare PyAV and bare ONNX Runtime on the frames that our line looks at; it decides nothing.

    Frames are decoded but not converted to colours, and every tensor was made beforehand.
    """

    def __init__(self, clip: Path, looks: dict[int, Inputs], threads: int) -> None:
        self._clip = clip
        self._looks = looks
        self._networks = {m.name: _bare(m, threads) for m in find_models()}
        self._inputs = {m.name: m.input.name for m in find_models()}
        self._tasks = {m.name: "detector" if m.task == "detect" else "wear" for m in find_models()}

    def looks(self, laps: Laps) -> Iterator[None]:
        """Decode the same key frames and run the same networks on as many inputs, pausing after each look."""
        with av.open(str(self._clip)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            laps.resume()
            for packet in container.demux(stream):
                laps.lap("demux")
                if packet.pts in self._looks:
                    stream.codec_context.decode(packet)
                    laps.lap("decode")
                    self._infer(self._looks[packet.pts], laps)
                    yield
                    laps.resume()
            stream.codec_context.decode(None)
            laps.lap("decode")

    def _infer(self, inputs: Inputs, laps: Laps) -> None:
        for name, tensor in inputs.items():
            self._networks[name].run(None, {self._inputs[name]: tensor})
            laps.lap(self._tasks[name])
        laps.looks += 1


def by_turns(ours: OurLine, floor: Floor) -> tuple[Figures, Figures]:
    """Return milliseconds per look of both, which take turns look by look: what slows the machine slows both."""
    laps = Laps(), Laps()
    for _ in zip_longest(ours.looks(laps[0]), floor.looks(laps[1])):
        pass
    return laps[0].per_look_ms(), laps[1].per_look_ms()


def _bare(manifest: ModelManifest, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(trusted_weights(manifest), options, providers=["CPUExecutionProvider"])


def inputs_of(image: Image, sight: Sightedness) -> tuple[Inputs, People]:
    """Return what every network would be fed for this picture, and whom the detector found in it."""
    people, _ = pair(sight.detector.detect([image])[0])
    inputs = {}
    for manifest in find_models():
        if manifest.task == "detect":
            # The floor's network sees no more pixels than ours does: a wide picture goes through the wide input.
            input_hw = fitting((image.shape[0], image.shape[1]), manifest.input.shapes)
            inputs[manifest.name] = Letterbox(manifest.input, 1, input_hw).fill([image])[0].copy()
        elif len(crops := _crops(image, people, manifest.input)):
            inputs[manifest.name] = crops
    return inputs, people


def _crops(image: Image, people: People, spec: InputSpec) -> Tensor:
    boxes = people.head_xyxy if spec.crop == "head" else people.persons.xyxy
    judged = boxes[(boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) >= spec.min_head_px]
    tensor = np.empty((len(judged), 3, spec.height, spec.width), np.float32)
    planes = Planes(spec)
    for box, row in zip(judged, tensor, strict=True):
        planes.write(crop(image, box, spec), row)
    return tensor
