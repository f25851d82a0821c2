"""Opens a camera once for somebody who sets it up: its facts and one key frame, or the cause why there is none."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from api.addresses import AddressRules
from api.detecting.budget import Budget
from api.errors import ProblemError, field_error
from vision.clock import Clock, SystemClock
from vision.config import CameraConfig
from vision.errors import (
    InvalidInputError,
    PictureError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
    SourceUnreadableError,
)
from vision.frames import Image, Packet, StreamInfo
from vision.picture_file import MOST_PIXELS
from vision.ports import Source
from vision.sources.address import AddressPolicy, network_parts, resolved
from vision.sources.av import NO_DECODER
from vision.sources.faults import MUTE
from vision.sources.opening import open_source
from vision.sources.pictures import CODEC

MOST_AT_ONCE = 2
WITHIN_S = 10.0
SECOND_KEY_S = 3.0
"""How long the second key frame is waited for: it only tells how far they are apart."""
_ALL_KEY = frozenset({"mjpeg", CODEC})


class Cause(StrEnum):
    """Why a camera gives no picture; the end of the problem's `type`."""

    ADDRESS = "camera-address"
    """It is no address that we could open."""
    FORBIDDEN = "camera-forbidden"
    NAME = "camera-name-unknown"
    NOTHING = "camera-nothing-there"
    """Nobody listens at this address and port, or no way leads there."""
    MUTE = "camera-mute"
    """No answer in time."""
    PASSWORD = "camera-password"  # noqa: S105 - a cause
    PATH = "camera-path"
    """Somebody answers, but not at this path."""
    NO_VIDEO = "camera-no-video"
    CODEC = "camera-codec"
    SIZE = "camera-size"
    NO_PICTURE = "camera-no-picture"
    """A stream, but no key frame in time."""


_SAID = {
    Cause.NAME: "the host's name is not known: check it, or write the camera's IP address",
    Cause.NOTHING: "nothing listens at this address and port: check that the camera is on, its IP and its port",
    Cause.MUTE: f"no answer within {WITHIN_S:g} s: check the IP, and that no firewall stands between",
    Cause.PASSWORD: "the camera refused the user name or the password",
    Cause.PATH: "the camera answers, but has no stream at this path: check what follows the port",
    Cause.NO_VIDEO: "something answers, but it sends no video",
    Cause.CODEC: "its video is in a codec that cannot be read; set the camera to H.264 or H.265",
    Cause.SIZE: f"its picture is larger than {MOST_PIXELS} px",
    Cause.NO_PICTURE: f"a stream came, but no whole key frame within {WITHIN_S:g} s: set a key frame every 2 s",
}


class ProbeError(ProblemError):
    """The camera gave no picture; its `type` names the cause."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, cause: Cause, source: str, said: str = "") -> None:
        """Take the cause, the masked address, and what the system said."""
        told = [field_error("source", source, said or _SAID[cause])]
        super().__init__(_SAID.get(cause) or said, errors=told, kind=cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Probed:
    """What one look at a camera showed."""

    info: StreamInfo
    image: Image
    key_frame_interval_s: float | None
    """Seconds from the first key frame to the second; None when none came in time, or each picture is one."""


class Opener(Protocol):
    """How a source is opened; see `vision.sources.opening.open_source`."""

    def __call__(self, camera: CameraConfig, *, clock: Clock, policy: AddressPolicy) -> Source:
        """Open a camera's address, or raise the SourceError family."""
        ...


class Probes:
    """Looks at no more than `MOST_AT_ONCE` cameras at once."""

    def __init__(self, rules: AddressRules, demo_dir: Path, opened: Opener = open_source) -> None:
        self._rules = rules
        self._demo_dir = demo_dir
        self._opened = opened
        self._seats = Budget("cameras looked at", MOST_AT_ONCE)
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="probe")

    async def probe(self, source: str) -> Probed:
        """Return what a camera shows now.

        Raises:
            ProbeError: the cause why it shows nothing; after `WITHIN_S` at the latest.
            BusyError: others are being looked at.
        """
        self._seats.take(1, WITHIN_S / 2)
        looking = self._pool.submit(self._look, source)
        looking.add_done_callback(self._leave)  # a library may need longer than we wait; its seat is taken until then
        try:
            async with asyncio.timeout(WITHIN_S):
                return await asyncio.wrap_future(looking)
        except TimeoutError:
            raise ProbeError(Cause.MUTE, source) from None

    def close(self) -> None:
        """Wait for nobody any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _leave(self, _: "Future[Probed]") -> None:
        self._seats.give(1)

    def _look(self, source: str) -> Probed:
        until_s = time.monotonic() + WITHIN_S - 0.5
        policy = self._policy(source)
        camera = CameraConfig(id="probe", source=source, interval_s=1)
        with diagnosed(source), self._opened(camera, clock=SystemClock(), policy=policy) as opened:
            return _seen(opened, source, until_s)

    def _policy(self, source: str) -> AddressPolicy:
        """Hold the address to the rules for cameras from the API; what is opened is held to them again, hop by hop."""
        try:
            self._rules.require(source)
        except InvalidInputError as error:
            raise ProbeError(_refusal(source), source, error.allowed) from None
        if "://" not in source or source.startswith("file://"):
            return AddressPolicy(trusted=True, demo_dir=self._demo_dir)
        return AddressPolicy(trusted=False, allow_loopback=True, networks=self._rules.networks)


def _refusal(source: str) -> Cause:
    """Return why the rules refused: an address that leads nowhere is something else than one that leads inside."""
    if "://" not in source:
        return Cause.FORBIDDEN
    if not source.isprintable() or " " in source or "\\" in source or "***@" in source:
        return Cause.ADDRESS
    try:
        resolved(source, network_parts(source))
    except SourceUnavailableError:
        return Cause.NAME
    except SourceUnreadableError:
        return Cause.ADDRESS
    except SourceRefusedError:
        return Cause.FORBIDDEN  # another scheme
    return Cause.FORBIDDEN


def _seen(source: Source, address: str, until_s: float) -> Probed:
    """Return the first key frame that decodes, and how long the next one took."""
    if source.info.width * source.info.height > MOST_PIXELS:
        raise ProbeError(Cause.SIZE, address)
    packets = source.packets()
    image, began_s = _first(source, packets, address, until_s)
    if image.shape[0] * image.shape[1] > MOST_PIXELS:
        raise ProbeError(Cause.SIZE, address)
    every_s = None if source.info.codec in _ALL_KEY else _next_s(packets, until_s)
    return Probed(source.info, image, every_s and max(0.0, every_s - began_s))


def _first(source: Source, packets: Iterator[Packet], address: str, until_s: float) -> tuple[Image, float]:
    for packet in packets:
        frame = source.decode(packet) if packet.is_key else None
        if frame is not None:
            return frame.image, packet.pts_s
        if time.monotonic() > until_s:
            break
    raise ProbeError(Cause.NO_PICTURE, address)


def _next_s(packets: Iterator[Packet], until_s: float) -> float | None:
    """Return the time of the next key frame; None where none comes soon, or at all: there is a picture already."""
    soon_s = min(until_s, time.monotonic() + SECOND_KEY_S)
    try:
        for packet in packets:
            if packet.is_key or time.monotonic() > soon_s:
                return packet.pts_s if packet.is_key else None
    except SourceError:
        pass
    return None


@contextmanager
def diagnosed(source: str) -> Iterator[None]:
    """Raise a ProbeError with its cause for what an adapter reports inside."""
    try:
        yield
    except SourceError as error:
        raise ProbeError(cause_of(error), source, f"a camera that can be opened ({error.reason})") from None
    except PictureError as error:
        raise ProbeError(Cause.NO_VIDEO, source, f"a picture that can be read ({error.allowed})") from None


_SIGNS: tuple[tuple[type[SourceError], str, Cause], ...] = (
    (SourceRefusedError, "access refused", Cause.PASSWORD),
    (SourceRefusedError, "", Cause.FORBIDDEN),
    (SourceUnreadableError, NO_DECODER, Cause.CODEC),
    (SourceUnreadableError, "no decoder", Cause.CODEC),
    (SourceUnreadableError, "", Cause.NO_VIDEO),
    (SourceUnavailableError, "cannot be resolved", Cause.NAME),
    (SourceUnavailableError, MUTE, Cause.MUTE),
    (SourceUnavailableError, "Timeout", Cause.MUTE),
    (SourceUnavailableError, "404", Cause.PATH),
    (SourceUnavailableError, "400", Cause.PATH),
    (SourceUnavailableError, "4XX", Cause.PATH),
    (SourceUnavailableError, "no such file", Cause.PATH),
    (SourceUnavailableError, "sends sound", Cause.NO_VIDEO),
    (SourceUnavailableError, "ended the stream", Cause.NO_PICTURE),
)
"""The first whose family and words fit tells the cause; the tests hold the words to what the adapters really say."""


def cause_of(error: SourceError) -> Cause:
    """Return the cause that an adapter's error means."""
    for family, words, cause in _SIGNS:
        if isinstance(error, family) and words in error.reason:
            return cause
    return Cause.NOTHING
