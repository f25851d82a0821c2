"""A camera that pushes to an RTMP server, as one behind a firewall does: its packets, its pictures, how it is lost."""

import threading
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.films import CAMERA, HEIGHT, WIDTH, Film, payloads, picture, write_film
from tests.servers.rtmp import push, rtmp_server
from vision.clock import SystemClock
from vision.config import CameraConfig
from vision.errors import SourceUnavailableError
from vision.ports import Source
from vision.sources.address import AddressPolicy
from vision.sources.opening import open_source

pytestmark = pytest.mark.server("nginx-rtmp")
FILM = Film(frames=80, key_every=5)
PATIENCE_S = 20.0


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film.mp4", FILM)


@pytest.fixture
def address(film: Path, tmp_path: Path) -> Iterator[str]:
    """A camera that pushes its film once."""
    with rtmp_server(tmp_path) as application:
        wait_for(application)
        camera = threading.Thread(target=push, args=(film, f"{application}/camera"))
        camera.start()
        yield f"{application}/camera"
        camera.join(PATIENCE_S)


def wait_for(application: str) -> None:
    """Return once the server listens: it refuses the name of an application, and no more the call."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        try:
            opened(f"{application}/nobody").__exit__(None, None, None)
        except SourceUnavailableError as error:
            if "refused" not in str(error):
                return
        time.sleep(0.1)


def opened(address: str) -> Source:
    policy = AddressPolicy(trusted=False, allow_loopback=True)
    return open_source(CameraConfig(id=CAMERA, source=address), clock=SystemClock(), policy=policy)


def test_packets_come_as_they_were_sent_and_key_frames_are_pictures(film: Path, address: str) -> None:
    with opened(address) as source:
        packets = list(islice(source.packets(), 16))
        frames = [source.decode(packet) for packet in packets if packet.is_key]
        assert source.live
        assert (source.info.codec, source.info.width, source.info.height) == ("h264", WIDTH, HEIGHT)
    sent = payloads(film)
    first = sent.index(packets[0].data)
    assert packets[0].is_key
    assert [packet.data for packet in packets] == sent[first : first + 16]
    assert all(after.pts > before.pts for before, after in pairwise(packets))
    for number, frame in enumerate(frames):
        assert frame is not None
        assert float(np.abs(frame.image.astype(int) - picture(first + 5 * number)).mean()) < 12


def test_a_camera_that_stops_pushing_is_lost(address: str) -> None:
    with opened(address) as source:
        packets = source.packets()
        next(packets)
        with pytest.raises(SourceUnavailableError, match=r"ended the stream|no answer in time|cannot be reached"):
            list(packets)
