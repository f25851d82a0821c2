"""The seams: what the runtime needs from cameras, models, recorder and outbox, each a tiny protocol."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.events import Transition
from vision.frames import Frame, Image, Packet, Picture, StreamInfo
from vision.scene import Scene, Wear


class Follower(Protocol):
    """Decodes an unbroken run of one source's packets that begins with a key frame."""

    def decode(self, packet: Packet, wants: Callable[[float], bool]) -> list[Frame]:
        """Take the next packet; return the complete pictures whose time (s since the first packet) is wanted."""
        ...


class Source(Protocol):
    """One open connection to a camera, file, URL or folder of pictures; a context manager that closes it.

    Opening, reading and decoding raise the `SourceError` family only.
    """

    @property
    def info(self) -> StreamInfo:
        """Return what a remuxer needs; constant for the life of the connection."""
        ...

    @property
    def live(self) -> bool:
        """Tell whether packets arrive in real time (a camera) or as fast as they are read (a file)."""
        ...

    def packets(self) -> Iterator[Packet]:
        """Yield video packets in the order received; ends with a file, raises when a camera is lost."""
        ...

    def rest(self) -> None:
        """Sleep a moment, where packets gather meanwhile and none lies ready: nobody is in a hurry for the next."""
        ...

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one key packet into a picture at once, without waiting for later packets; None if it is damaged."""
        ...

    def follower(self) -> Follower:
        """Return a decoder for what lies between key frames; it belongs to the thread that reads the source."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model spoke: printed in every event and look."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Detector(Protocol):
    """Finds things in pictures."""

    @property
    def model(self) -> ModelRef:
        """Return which weights these are."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the vocabulary that `Detections.class_id` indexes."""
        ...

    def detect(self, images: Sequence[Image | Picture]) -> list[Detections]:
        """Look at a micro-batch (pictures may differ in size); one result each, in order, in px of that picture."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The persons of one look with their heads: made by `vision.people.pair`, read by a `WearModel`."""

    persons: Detections
    """(n,) one row per person; a head without a body gets a body box of its own."""
    head_xyxy: NDArray[np.float32]
    """(n, 4) frame px; NaN where no head is seen."""


class WearModel(Protocol):
    """Tells what persons wear."""

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Return which weights are asked."""
        ...

    @property
    def items(self) -> tuple[str, ...]:
        """Return the columns of every `Wear` that `judge` gives."""
        ...

    def judge(self, looks: Sequence[tuple[Image | Picture, People]]) -> list[Wear]:
        """Judge the persons of several pictures in one micro-batch; one `Wear` per picture, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture for the wall: small, every head unrecognisable, with what was found in it."""

    at: datetime
    jpeg: bytes
    boxes: tuple[tuple[float, float, float, float], ...]
    """Persons and other things, xyxy as shares of width and height."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing that must reach the API: an event body, or one object that belongs to an event."""

    event_id: str
    part: Literal["event", "media"]
    name: str
    """For media its role (snapshot, clip, …); for an event its phase (opened, closed)."""
    body: bytes = field(repr=False)
    """UTF-8 JSON of the CloudEvent; empty for media, which lie in `path`."""
    path: Path | None = None
    """For media: a file that the spool takes over (moves) and deletes after delivery."""
    media_type: str = "application/cloudevents+json"
    sha256: str = ""
    """Of the media's bytes."""


class Outbox(Protocol):
    """The only way out of `vision`: when `put` returns, a power cut cannot lose the item (I1)."""

    def put(self, *items: Outgoing) -> None:
        """Keep the items durably, all or none, in this order; raises StorageError when the disk is full."""
        ...


class Recorder(Protocol):
    """Turns transitions into evidence and hands both to the outbox; one per camera connection."""

    def keep(self, packet: Packet) -> None:
        """Take one packet into the ring and into every clip that is still waiting for its post-roll."""
        ...

    def record(self, transition: Transition, frame: Frame, scene: Scene) -> None:
        """Put the event and its pictures into the outbox now; clip and manifest follow after the post-roll."""
        ...

    def finish(self, reason: str) -> None:
        """The connection ends: complete every waiting clip with what there is."""
        ...
