"""Plays a film through the whole line on a simulated clock, as `mingchu run` plays the demo site; claims nothing."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from vision.catalogue import Catalogue
from vision.clock import SimulatedClock
from vision.commands.composing import Sightedness
from vision.config import CameraConfig
from vision.demo.judging import Found
from vision.frames import CameraId, Packet
from vision.path import CameraPath, line_for
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.sources.address import AddressPolicy, parse
from vision.sources.looping import LoopingSource
from vision.tally import Tally
from vision.watching import watch_through

STARTED_AT = datetime(2026, 11, 24, 4, tzinfo=UTC)


class _Turns(LoopingSource):
    """A looping film that ends after so many packets."""

    def __init__(self, config: CameraConfig, count: int) -> None:
        address = parse(config.source, AddressPolicy())
        super().__init__(CameraId(config.id), address, SimulatedClock(STARTED_AT))
        self._count = count

    def packets(self) -> Iterator[Packet]:
        """Yield so many packets."""
        return islice(super().packets(), self._count)


@dataclass(frozen=True)
class Projector:
    """The models and the law, with which films are looked at."""

    sight: Sightedness
    catalogue: Catalogue

    @property
    def dwell_s(self) -> dict[str, float]:
        """Return how long a violation of each kind must last before it is one."""
        return {str(name): kind.thresholds.dwell_s for name, kind in self.catalogue.kinds.items()}

    def play(self, config: CameraConfig, packets: int) -> tuple[list[Found], Tally]:
        """Run the whole line over a looping film, evidence included; return what it opened and what it did."""
        bodies: list[dict[str, Any]] = []
        with tempfile.TemporaryDirectory() as scratch, _Turns(config, packets) as source:
            desk = self._desk(Path(scratch), bodies)
            path = CameraPath(config, source, line_for(config, self.catalogue, self.sight.abilities), desk)
            tally = watch_through(source, path, self.sight.eyes, lambda _: None)
        return [Found.of(data) for data in {body["data"]["id"]: body["data"] for body in bodies}.values()], tally

    def _desk(self, scratch: Path, bodies: list[dict[str, Any]]) -> Desk:
        models = (self.sight.detector.model, *self.sight.wear.models)
        (scratch / "staging").mkdir()
        chain = ManifestChain(scratch / "chain.json", "benchmark")
        outbox = FolderOutbox(scratch / "out", bodies.append)
        return Desk("benchmark", outbox, self.catalogue, models, chain, scratch / "staging")
