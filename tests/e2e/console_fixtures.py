"""Events, pictures and clips for the console's tests: drawn here, pushed through the real intake."""

import hashlib
import io
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import av
import cv2
import httpx
import numpy as np
from numpy.typing import NDArray

from tests.e2e.stack import Stack

Json = dict[str, Any]
WIDTH, HEIGHT, FPS = 768, 432, 12
CLIP_S = 10.0
PRE_ROLL_S = 5.0
OPENED_AFTER_S = 2.0
BOX = (330.0, 120.0, 440.0, 400.0)
SPACE = uuid.UUID("8c0cf5ae-2a8e-4f0c-a1f3-2f7b5d6c1a10")
CLAUSE = {
    "id": "cn-fsl-33-1-8",
    "jurisdiction": "CN",
    "instrument": "食品安全法",
    "article": "33(1)(8)",
    "text": {
        "zh": "食品生产经营人员应当保持个人卫生，生产经营食品时，应当将手洗净，穿戴清洁的工作衣、帽等",
        "en": "Staff keep personal hygiene, wash their hands and wear clean work clothes and hats",
    },
    "source_url": "https://www.samr.gov.cn/spxts/gzdt/art/2023/art_a54cbedacfd44ff5bd2b40504ea98649.html",
    "verified": True,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One violation to show."""

    kind: str
    tier: str
    camera: str = "kitchen-1"
    zone_type: str = "special_room"
    age_s: float = 120.0
    """How long before now it began."""
    closed: bool = True
    binding: str = "mandatory"
    verified: bool = True
    site: str = "local"

    def started_at(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self.age_s)


def event_id(case: Case, now: datetime) -> str:
    return str(uuid.uuid5(SPACE, f"{case.camera}/{case.kind}/{case.started_at(now).isoformat()}"))


def picture(at_s: float, *, drawn: bool = False, blurred: bool = False) -> NDArray[np.uint8]:
    """Return one frame (432, 768, 3) BGR: a tiled wall, a steel table, a cook who moves."""
    image = np.full((HEIGHT, WIDTH, 3), (196, 200, 198), np.uint8)
    image[::36, :] = image[:, ::48] = (178, 183, 181)
    cv2.rectangle(image, (0, 290), (WIDTH, HEIGHT), (120, 128, 132), -1)
    cv2.rectangle(image, (60, 250), (300, 420), (160, 168, 172), -1)
    cv2.circle(image, (180, 262), 46, (70, 76, 80), -1)
    x = int(385 + 26 * np.sin(at_s * 1.3))
    cv2.rectangle(image, (x - 46, 196), (x + 46, 398), (232, 232, 230), -1)
    cv2.circle(image, (x, 160), 34, (140, 170, 205), -1)
    cv2.ellipse(image, (x, 148), (36, 28), 0, 180, 360, (40, 42, 48), -1)
    if blurred:
        image[112:204, x - 50 : x + 50] = cv2.GaussianBlur(image[112:204, x - 50 : x + 50], (0, 0), 14)
    if drawn:
        cv2.rectangle(image, (int(BOX[0]), int(BOX[1])), (int(BOX[2]), int(BOX[3])), (66, 185, 245), 3)
    return image


def jpeg(image: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return data.tobytes()


def clip() -> bytes:
    """Return ten seconds of H.264 in MP4, key frame every two seconds."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": str(2 * FPS)})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i in range(int(CLIP_S * FPS)):
            frame = av.VideoFrame.from_ndarray(picture(i / FPS), format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def looks(*, closed: bool) -> list[Json]:
    """Return an evidence curve: doubtful, one unknown look, over the threshold, and away again."""
    steps: list[float | None] = [-1.2, 1.1, 2.6, None, 2.9, 1.8, *([-2.4, -3.1] if closed else [])]
    total, curve = 0.0, []
    for i, step in enumerate(steps):
        total = max(0.0, total * 0.85 + (step or 0.0))
        curve.append({"pts_s": 5.0 + i, "log_odds": step, "total": round(total, 3)})
    return curve


def body(case: Case, phase: str, now: datetime) -> Json:
    """Return the CloudEvent of one phase, as a worker sends it."""
    started = case.started_at(now)
    opened = started + timedelta(seconds=OPENED_AFTER_S)
    ended = opened + timedelta(seconds=3)
    is_closed = phase == "closed"
    data = {
        "id": event_id(case, now),
        "sequence": None,
        "site": case.site,
        "camera": case.camera,
        "zone": {"name": "main", "type": case.zone_type},
        "kind": case.kind,
        "tier": case.tier,
        "binding": case.binding,
        "clause": [CLAUSE | {"verified": case.verified}],
        "started_at": stamp(started),
        "opened_at": stamp(opened),
        "ended_at": stamp(ended) if is_closed else None,
        "started_pts_s": 7.0,
        "opened_pts_s": 9.0,
        "ended_pts_s": 12.0 if is_closed else None,
        "closed_reason": "left" if is_closed else None,
        "probability": 0.973,
        "peak": 0.991 if is_closed else None,
        "box": None if case.kind.startswith("camera_") else list(BOX),
        "frame_wh": [WIDTH, HEIGHT],
        "subject": "track-1",
        "looks": looks(closed=is_closed),
        "model": "detector@2026.11.24+wear@2026.11.24",
        "rule_version": "2026-11-24",
        "status": "pending_review",
        "usable_as_penalty_evidence": False,
        "evidence": {},
    }
    return {
        "specversion": "1.0",
        "id": f"{data['id']}/{phase}",
        "source": "mingchu/worker/test",
        "type": f"cn.mingchu.violation.{phase}",
        "time": stamp(ended if is_closed else opened),
        "subject": f"site/{case.site}/camera/{case.camera}",
        "datacontenttype": "application/json",
        "data": data,
    }


def manifest(case: Case, now: datetime) -> Json:
    """Return the part of a manifest that places the clip: it begins five seconds before the event."""
    started = case.started_at(now)
    return {
        "schema": "mingchu/manifest/1",
        "look": {"at": stamp(started + timedelta(seconds=OPENED_AFTER_S)), "pts_s": 9.0},
        "clip": {"first_at": stamp(started - timedelta(seconds=PRE_ROLL_S))},
    }


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def media(video: bytes, told: bytes, view: NDArray[np.uint8] | None = None) -> Iterator[tuple[str, str, bytes]]:
    """Yield role, media type and bytes of everything that is kept for one event."""
    yield "snapshot", "image/jpeg", jpeg(picture(7.0) if view is None else view)
    yield "annotated", "image/jpeg", jpeg(picture(7.0, drawn=True))
    yield "snapshot_blurred", "image/jpeg", jpeg(picture(7.0, blurred=True))
    yield "annotated_blurred", "image/jpeg", jpeg(picture(7.0, drawn=True, blurred=True))
    yield "clip", "video/mp4", video
    yield "manifest", "application/json", told


@dataclass(frozen=True, slots=True)
class Intake:
    """A worker's door to the API."""

    url: str
    key: str

    def put(self, path: str, content: bytes, headers: Mapping[str, str]) -> None:
        answer = httpx.put(
            f"{self.url}{path}", content=content, headers={"Authorization": f"Bearer {self.key}", **headers}, timeout=20
        )
        assert answer.is_success, f"PUT {path}: {answer.status_code} {answer.text}"

    def event(self, told: Json) -> None:
        content = httpx.Request("PUT", self.url, json=told).content
        self.put(f"/v1/events/{told['data']['id']}", content, {"Content-Type": "application/cloudevents+json"})

    def media(self, event: str, name: str, media_type: str, content: bytes) -> None:
        headers = {"Content-Type": media_type, "X-Content-SHA256": hashlib.sha256(content).hexdigest()}
        self.put(f"/v1/events/{event}/media/{name}", content, headers)

    def push(self, case: Case, now: datetime, video: bytes, view: NDArray[np.uint8] | None = None) -> str:
        """Send one violation with all its evidence; return its id."""
        event = event_id(case, now)
        self.event(body(case, "opened", now))
        told = httpx.Request("PUT", self.url, json=manifest(case, now)).content
        for name, media_type, content in media(video, told, view):
            self.media(event, name, media_type, content)
        if case.closed:
            self.event(body(case, "closed", now))
        return event


@dataclass(frozen=True, slots=True)
class Doors:
    """How a person and a worker get in."""

    code: str
    key: str


CAMERAS = {
    "kitchen-1": ("专间一号", "special_room"),
    "kitchen-2": ("热厨灶台", "cooking"),
    "store-1": ("仓库夜视", "storage"),
}


CODE = r"\b[2-9A-Z]{4}(?:-[2-9A-Z]{4}){2}\b"
"""A first-login code."""


def open_doors(stack: Stack) -> Doors:
    """Make a site with three cameras, a worker's key and a first-login code on a running API."""
    stack.cli("site", "add", "local", "--name", "红旗路店")
    for camera, (name, zone) in CAMERAS.items():
        source = f"rtsp://viewer:secret@127.0.0.1:1/{camera}"
        stack.cli("camera", "add", camera, source, "--site", "local", "--name", name, "--zone", zone)
    key = stack.cli("key", "add", "test-worker", "--scope", "events:write")
    code = stack.cli("user", "code")
    return Doors(code=found(CODE, code), key=found(r"mck_\w+", key))


def found(pattern: str, text: str) -> str:
    """Return what matches in what a command printed."""
    match = re.search(pattern, text)
    assert match, f"no {pattern} in {text!r}"
    return match.group()
