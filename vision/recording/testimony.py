"""What a manifest says: who saw what, when, with which model and rules, and which files show it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vision.catalogue import Thresholds
from vision.config import CameraConfig, masked
from vision.events import Evidence, Opened
from vision.frames import Packet, StreamInfo
from vision.ports import ModelRef
from vision.recording.body import instant, number
from vision.recording.manifest import Link
from vision.scene import REASONS, STATES, Scene
from vision.tracks import Tracks

SCHEMA = "mingchu/manifest/1"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Testimony:
    """Everything about one event but its place in the chain."""

    camera: CameraConfig
    info: StreamInfo
    models: tuple[ModelRef, ...]
    thresholds: Thresholds | None
    opened: Opened
    scene: Scene
    """The look that opened it."""
    evidence: Evidence
    clip: tuple[Packet, ...]
    """What the clip was cut from; empty when there is none."""
    missing: Mapping[str, str]
    """Role → why this part does not exist."""


def manifest_of(said: Testimony, link: Link) -> Json:
    """Return the manifest as plain JSON values; *unknown* is null with its reason beside it (I3)."""
    return {
        "schema": SCHEMA,
        "chain": chain_of(link),
        "event": _event(said.opened),
        "camera": _camera(said.camera, said.info),
        "models": [asdict(model) for model in said.models],
        "thresholds": asdict(said.thresholds) if said.thresholds else None,
        "look": _look(said.scene),
        "clip": _span(said.clip),
        "objects": {o.name: _object(o.sha256, o.size_bytes, o.media_type) for o in said.evidence.objects},
        "missing": dict(said.missing),
    }


def chain_of(link: Link) -> Json:
    """Return the manifest's place in the chain."""
    return {
        "worker": link.worker,
        "sequence": link.sequence,
        "previous": link.previous,
        "unsettled": list(link.unsettled),
    }


def _event(opened: Opened) -> Json:
    return {
        "id": str(opened.id),
        "kind": opened.kind,
        "zone": opened.zone,
        "subject": opened.subject,
        "started_at": instant(opened.started_at),
        "started_pts_s": number(opened.started_pts_s),
        "opened_at": instant(opened.at),
        "opened_pts_s": number(opened.pts_s),
        "probability": number(opened.confidence),
        "model": opened.model,
        "rule_version": opened.rule_version,
    }


def _camera(camera: CameraConfig, info: StreamInfo) -> Json:
    return {
        "id": camera.id,
        "site": camera.site,
        "source": masked(str(camera.source)),
        "zones": [zone.model_dump(mode="json") for zone in camera.zones],
        "codec": info.codec,
        "width": info.width,
        "height": info.height,
        "time_base": str(info.time_base),
    }


def _look(scene: Scene) -> Json:
    return {
        "at": instant(scene.at),
        "pts_s": number(scene.pts_s),
        "frame_wh": [scene.frame_hw[1], scene.frame_hw[0]],
        "persons": [
            {**seen, "head": _box(scene.wear.head_xyxy[row]), "items": _items(scene, row)}
            for row, seen in enumerate(_tracks(scene.persons))
        ],
        "objects": _tracks(scene.objects),
        "vitals": {n: v if isinstance(v, bool) else number(v) for n, v in asdict(scene.vitals).items()},
    }


def _tracks(tracks: Tracks) -> list[Json]:
    seen = tracks.seen
    return [
        {"track": int(track), "class": name, "confidence": number(confidence), "box": _box(box)}
        for track, name, confidence, box in zip(tracks.track_id, seen.names(), seen.confidence, seen.xyxy, strict=True)
    ]


def _items(scene: Scene, row: int) -> Json:
    wear = scene.wear
    return {
        item: {
            "state": STATES[wear.state[row, column]].value,
            "log_odds": number(wear.log_odds[row, column]),
            "reason": REASONS[wear.reason[row, column]].value,
        }
        for column, item in enumerate(wear.items)
    }


def _box(xyxy: "np.ndarray[Any, np.dtype[np.float32]]") -> list[float | None] | None:
    return None if np.isnan(xyxy).any() else [number(side) for side in xyxy]


def _span(packets: Sequence[Packet]) -> Json | None:
    """Tell which packets the clip holds, so that anybody with the camera's recording can find them there."""
    if not packets:
        return None
    first, last = packets[0], packets[-1]
    return {
        "packets": len(packets),
        "first_pts_s": number(first.pts_s),
        "last_pts_s": number(last.pts_s),
        "first_at": instant(first.received_at),
        "last_at": instant(last.received_at),
    }


def _object(sha256: str, size_bytes: int, media_type: str) -> Json:
    return {"sha256": sha256, "size_bytes": size_bytes, "media_type": media_type}
