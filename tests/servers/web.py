"""A camera that speaks HTTP, for tests: snapshots behind a login, MJPEG, FLV with sound and HLS, all as they are shot.

Everything comes from a generated film or from `tests.films.picture`; the port is the system's choice.
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import av
import cv2
import numpy as np

from tests.films import HEIGHT, WIDTH, picture

RATE = 10
NONCE = "4f2e"


@dataclass
class Camera:
    """What the server does; a test changes it while it runs."""

    folder: Path
    """Holds live.flv and seg0.ts, seg1.ts, …"""
    auth: str = ""
    """basic | digest: /snap.jpg asks for admin, hunter2."""
    answers: list[int] = field(default_factory=list)
    """Status codes of the next snapshots; 200 when there are none."""
    size: tuple[int, int] = (WIDTH, HEIGHT)
    snapshots: int = 0
    refused: int = 0
    began_s: float = field(default_factory=time.monotonic)
    over: threading.Event = field(default_factory=threading.Event)

    def jpeg(self, index: int) -> bytes:
        return cv2.imencode(".jpg", cv2.resize(picture(index), self.size))[1].tobytes()

    def shown(self) -> int:
        """Return how many pictures have passed since the camera began."""
        return int((time.monotonic() - self.began_s) * RATE)

    def knows(self, header: str, path: str) -> bool:
        """Tell whether a login is right."""
        if not self.auth:
            return True
        if self.auth == "basic":
            return header == "Basic YWRtaW46aHVudGVyMg=="
        return 'username="admin"' in header and f'response="{_digest(path)}"' in header


def _digest(path: str) -> str:
    """Return the answer of RFC 2617 without `qop`."""
    secret, asked = _md5("admin:camera:hunter2"), _md5(f"GET:{path}")
    return _md5(f"{secret}:{NONCE}:{asked}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    camera: Camera

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        act = {
            "/snap.jpg": self._snap,
            "/mjpeg": self._mjpeg,
            "/live.flv": self._flv,
            "/live.m3u8": self._playlist,
            "/moved.jpg": self._moved,
        }.get(path, self._segment)
        act()

    def log_message(self, *_: object) -> None:
        pass

    def _snap(self) -> None:
        if not self.camera.knows(self.headers.get("Authorization", ""), self.path):
            self.camera.refused += 1
            kind = f'Digest realm="camera", nonce="{NONCE}"' if self.camera.auth == "digest" else "Basic"
            self._say(401, b"", {"WWW-Authenticate": kind})
            return
        status = self.camera.answers.pop(0) if self.camera.answers else 200
        data = self.camera.jpeg(self.camera.snapshots)
        self.camera.snapshots += 1
        self._say(status, data if status == 200 else b"no", {"Content-Type": "image/jpeg"})

    def _moved(self) -> None:
        self._say(302, b"", {"Location": "/snap.jpg"})

    def _mjpeg(self) -> None:
        self._begin("multipart/x-mixed-replace; boundary=frame")
        for index in range(300):
            data = self.camera.jpeg(index)
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            if not self._send(head.encode() + data + b"\r\n") or self.camera.over.wait(1 / RATE):
                return

    def _flv(self) -> None:
        """Send the film at its own pace, then keep the line open and say nothing."""
        self._begin("video/x-flv")
        data = (self.camera.folder / "live.flv").read_bytes()
        step = len(data) // 40
        for at in range(0, len(data), step):
            if not self._send(data[at : at + step]) or self.camera.over.wait(0.1):
                return
        self.camera.over.wait(30)

    def _playlist(self) -> None:
        """Return the three newest whole segments of a second each."""
        newest = int(time.monotonic() - self.camera.began_s) + 3
        numbers = range(newest - 3, newest)
        entries = "".join(f"#EXTINF:1.0,\nseg{number}.ts\n" for number in numbers)
        head = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{numbers[0]}\n"
        self._say(200, (head + entries).encode(), {"Content-Type": "application/vnd.apple.mpegurl"})

    def _segment(self) -> None:
        path = self.camera.folder / urlsplit(self.path).path.lstrip("/")
        if path.is_file():
            self._say(200, path.read_bytes(), {"Content-Type": "video/mp2t"})
        else:
            self._say(404, b"", {})

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self._send(body)

    def _begin(self, media_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.end_headers()

    def _send(self, data: bytes) -> bool:
        try:
            self.wfile.write(data)
        except OSError:
            return False
        return True


@contextmanager
def running_camera(folder: Path) -> Iterator[tuple[str, Camera]]:
    """Run a camera on loopback; give its address and what a test may change of it."""
    camera = Camera(folder)
    handler = type("Handler", (_Handler,), {"camera": camera})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", camera
        finally:
            camera.over.set()
            server.shutdown()


def write_flv(path: Path, seconds: int) -> Path:
    """Film with a tone, as a media server hands it out live: its header tells no length."""
    with av.open(path, "w", format="flv", options={"flvflags": "no_duration_filesize"}) as container:
        video = container.add_stream("libx264", rate=RATE, width=WIDTH, height=HEIGHT)
        video.pix_fmt = "yuv420p"
        video.options = {"x264-params": f"scenecut=0:keyint={RATE}:bframes=0"}
        audio = container.add_stream("aac", rate=44100)
        audio.layout = "mono"
        for index in range(seconds * RATE):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture(index), format="bgr24")))
            container.mux(audio.encode(_tone(index)))
        container.mux(video.encode())
        container.mux(audio.encode())
    return path


def _tone(index: int) -> av.AudioFrame:
    samples = 44100 // RATE
    wave = np.sin(np.arange(index * samples, (index + 1) * samples, dtype=np.float32) * 0.06)[None]
    frame = av.AudioFrame.from_ndarray(wave.astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts = 44100, index * samples
    return frame


def write_segments(folder: Path, count: int) -> None:
    """Cut a film into segments of a second, each beginning with a key frame."""
    pattern = str(folder / "seg%d.ts")
    with av.open(
        pattern, "w", format="segment", options={"segment_time": "1", "segment_format": "mpegts"}
    ) as container:
        video = container.add_stream("libx264", rate=RATE, width=WIDTH, height=HEIGHT)
        video.pix_fmt = "yuv420p"
        video.options = {"x264-params": f"scenecut=0:keyint={RATE}:bframes=0"}
        for index in range(count * RATE):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture(index), format="bgr24")))
        container.mux(video.encode())
