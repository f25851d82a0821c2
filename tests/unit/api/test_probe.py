"""A look at a camera that is set up: every cause is named, nothing leads inside, and only so many at once."""

import asyncio
import ipaddress
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av.error
import numpy as np
import pytest

from api.addresses import AddressRules, parse_networks
from api.detecting.budget import BusyError
from api.probing import Cause, ProbeError, Probes, cause_of
from api.store.schema import audit, viewing_register
from tests.unit.api.world import World, errors_of
from vision.errors import SourceError, SourceRefusedError, SourceUnavailableError, SourceUnreadableError
from vision.frames import CameraId, Frame, Packet, StreamInfo
from vision.picture import Pixels
from vision.sources.address import AddressPolicy, forbidden, unwrapped
from vision.sources.av import NO_DECODER, NO_VIDEO
from vision.sources.faults import MUTE, translated

PATH = "/v1/cameras/probe"
AT = datetime(2026, 11, 24, tzinfo=UTC)
GOOD = "rtsp://u:secret@192.168.7.20/live"


class Film:
    """A camera with a key frame every other second, or none."""

    def __init__(self, keys: tuple[bool, ...] = (True, False, True), width: int = 64) -> None:
        self._keys = keys
        self.info = StreamInfo("h264", width, 48, Fraction(1), b"", Fraction(25))
        self.live = True

    def packets(self) -> Iterator[Packet]:
        for second, is_key in enumerate(self._keys):
            yield Packet(CameraId("probe"), b"x", is_key, second, second, 1, Fraction(1), AT)

    def rest(self) -> None:
        pass

    def decode(self, packet: Packet) -> Frame | None:
        return Frame(packet.camera, Pixels(np.full((48, 64, 3), 90, np.uint8)), packet.received_at, packet.pts_s)

    def follower(self) -> Any:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def probes(film: Any, folder: Path) -> Probes:
    def opened(*_: Any, **__: Any) -> Any:
        if isinstance(film, SourceError):
            raise film
        return film

    return Probes(AddressRules(parse_networks("192.168.0.0/16")), folder, opened)


async def caused(film: Any, folder: Path, source: str = GOOD) -> Cause:
    with pytest.raises(ProbeError) as caught:
        await probes(film, folder).probe(source)
    assert "secret" not in f"{caught.value} {caught.value.errors}"
    return caught.value.cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (av.error.HTTPUnauthorizedError, Cause.PASSWORD),
        (av.error.HTTPForbiddenError, Cause.PASSWORD),
        (av.error.HTTPNotFoundError, Cause.PATH),
        (av.error.HTTPBadRequestError, Cause.PATH),
        (av.error.ConnectionRefusedError, Cause.NOTHING),
        (av.error.InvalidDataError, Cause.NO_VIDEO),
        (av.error.TimeoutError, Cause.MUTE),
        (av.error.ExitError, Cause.MUTE),
    ],
)
def test_what_ffmpeg_says_has_a_cause(error: type[av.error.FFmpegError], cause: Cause) -> None:
    code = next(code for code, each in av.error.classes.items() if each is error)
    with pytest.raises(SourceError) as caught, translated("rtsp://camera"):
        av.error.err_check(-abs(code))
    assert cause_of(caught.value) == cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (SourceUnavailableError("x", MUTE), Cause.MUTE),
        (SourceUnavailableError("x", "the host name cannot be resolved"), Cause.NAME),
        (SourceUnreadableError("x", NO_VIDEO), Cause.NO_VIDEO),
        (SourceUnreadableError("x", NO_DECODER), Cause.CODEC),
        (SourceRefusedError("x", "its host is 127.0.0.1, a loopback address"), Cause.FORBIDDEN),
        (Film(width=1 << 24), Cause.SIZE),
        (Film(keys=(False, False)), Cause.NO_PICTURE),
        (Film(keys=()), Cause.NO_PICTURE),
    ],
)
async def test_every_cause_is_named(error: Any, cause: Cause, tmp_path: Path, world: World) -> None:
    assert await caused(error, tmp_path) == cause


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("rtsp://nobody.example/x", Cause.NAME),
        ("rtsp://u:secret@10.0.0.5/x", Cause.FORBIDDEN),
        ("http://169.254.169.254/latest", Cause.FORBIDDEN),
        ("rtsp://127.0.0.1/x", Cause.FORBIDDEN),
        ("gopher://8.8.8.8/", Cause.FORBIDDEN),
        ("/etc/passwd", Cause.FORBIDDEN),
        ("demo:kitchen", Cause.FORBIDDEN),
        ("rtsp://", Cause.ADDRESS),
        ("rtsp://***@192.168.7.20/live", Cause.ADDRESS),
        ("rtsp://192.168.7.20/a b", Cause.ADDRESS),
    ],
)
async def test_nothing_is_opened_where_the_rules_forbid_it(
    source: str, cause: Cause, tmp_path: Path, world: World
) -> None:
    assert await caused(AssertionError("opened"), tmp_path, source) == cause


def test_what_is_opened_is_held_to_the_networks_again() -> None:
    policy = AddressPolicy(trusted=False, allow_loopback=True, networks=parse_networks("192.168.0.0/16"))
    ips = {ip: forbidden(unwrapped(ipaddress.ip_address(ip)), policy) for ip in ("10.0.0.1", "127.0.0.1")}
    assert all(ips.values())
    assert not forbidden(ipaddress.ip_address("192.168.7.20"), policy)


async def test_a_picture_comes_with_its_facts(tmp_path: Path, world: World) -> None:
    world.change(probes=probes(Film(), tmp_path))
    async with world.person("supervisor-north") as supervisor:
        answer = await supervisor.post(PATH, json={"source": GOOD})
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert (told["codec"], told["width"], told["fps"], told["key_frame_interval_s"]) == ("h264", 64, 25.0, 2.0)
    assert told["picture"].startswith("data:image/jpeg;base64,")
    assert told["blurred"] in {"heads", "whole"}
    assert (answer.headers["Cache-Control"], "secret" in answer.text) == ("no-store", False)
    last = world.rows(audit)[-1]
    assert (last["action"], last["target"]) == ("camera.probed", "rtsp://***@192.168.7.20/live")
    assert world.rows(viewing_register) == []


async def test_a_problem_tells_its_cause_by_type(world: World) -> None:
    async with world.person("admin-north") as admin:
        answer = await admin.post(PATH, json={"source": GOOD})
        both = await admin.post(PATH, json={"source": GOOD, "camera": "north-camera"})
    assert (answer.status_code, both.status_code) == (422, 422)
    assert answer.json()["type"] == "urn:mingchu:problem:camera-mute"
    assert errors_of(answer)[0]["field"] == "source"
    assert "secret" not in answer.text


async def test_the_third_at_once_is_told_when_to_come_back(tmp_path: Path, world: World) -> None:
    gate = threading.Event()

    def slow(*_: Any, **__: Any) -> Any:
        gate.wait(10)
        return Film()

    busy = Probes(AddressRules(parse_networks("192.168.0.0/16")), tmp_path, slow)
    two = [asyncio.ensure_future(busy.probe(GOOD)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError) as caught:
        await busy.probe(GOOD)
    assert int(caught.value.headers["Retry-After"]) >= 1
    gate.set()
    assert len(await asyncio.gather(*two)) == 2
    busy.close()
