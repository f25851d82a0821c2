"""Frigate's messages (`frigate/events`, `frigate/reviews`, as of 0.14) in our words: bytes in, sightings out."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.boxes.foreign import Sighting, Spot
from api.messages import Phase
from vision.errors import InvalidInputError

VENDOR = "frigate"
_ID = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?-[A-Za-z0-9]{1,16}")
"""Frigate's ids; they become part of addresses, so nothing else is taken."""
_TYPES = {"new": Phase.OPENED, "update": Phase.UPDATED, "end": Phase.CLOSED}


class FrigateConfig(BaseModel):
    """Where Frigate is, and what its words mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://[^\s/@]+/?$")
    """Of its HTTP API, such as http://frigate.lan:5000; pictures and clips come from there and nowhere else."""
    broker: str
    """mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"""
    topic: str = Field(default="frigate", pattern=r"^[A-Za-z0-9._/-]+$")
    follow: Literal["events", "reviews"] = "events"
    """events: every tracked object; reviews: what Frigate holds for worth a person's look."""
    least_score: float = Field(default=0.6, ge=0, le=1)
    labels: Mapping[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=64)]]
    """Its label → our kind; other labels are passed over."""
    cameras: Mapping[Annotated[str, Field(max_length=64)], Spot]
    """Its camera → where it hangs; others are passed over."""


@dataclass(frozen=True, slots=True)
class Told:
    """One phase of one sighting, and where its pictures are."""

    phase: Phase
    seen: Sighting
    detection: str
    """Frigate's id of the object whose snapshot and clip belong to it."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def told(config: FrigateConfig, payload: bytes) -> list[Told]:
    """Return what one message says that concerns us.

    Raises:
        InvalidInputError: it is no message of Frigate's.
    """
    try:
        body = json.loads(payload)
        phase, after = _TYPES[body["type"]], body["after"]
        return _event(config, phase, after) if config.follow == "events" else _review(config, phase, after)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        if isinstance(error, InvalidInputError):
            raise
        allowed = f"an object as {config.topic}/{config.follow} of Frigate carries it ({type(error).__name__})"
        raise InvalidInputError("payload", f"{len(payload)} bytes", allowed) from None


def _event(config: FrigateConfig, phase: Phase, after: Mapping[str, Any]) -> list[Told]:
    """Return a tracked object's phase: once it is no false positive any more, and sure enough."""
    spot, kind = config.cameras.get(after["camera"]), config.labels.get(after["label"])
    score = float(after.get("top_score") or after.get("score") or 0)
    if spot is None or kind is None or after.get("false_positive") or score < config.least_score:
        return []
    key = _id(after["id"])
    ended_at = _instant(after.get("end_time")) if phase is Phase.CLOSED else None
    seen = Sighting(VENDOR, key, spot, kind, _instant(after["start_time"]), ended_at, score, _box(after.get("box")))
    # An update may be the first that we take: of an event that is known it changes nothing.
    return [Told(Phase.CLOSED if ended_at else Phase.OPENED, seen, key)]


def _review(config: FrigateConfig, phase: Phase, after: Mapping[str, Any]) -> list[Told]:
    """Return one sighting for each label of a review item that means something here."""
    spot, data = config.cameras.get(after["camera"]), after["data"]
    detections = [_id(each) for each in data["detections"]]
    kinds = sorted({config.labels[label] for label in data["objects"] if label in config.labels})
    if spot is None or not detections:
        return []
    key, started_at = _id(after["id"]), _instant(after["start_time"])
    ended_at = _instant(after.get("end_time")) if phase is Phase.CLOSED else None
    told_as = Phase.CLOSED if ended_at else Phase.OPENED
    return [Told(told_as, Sighting(VENDOR, key, spot, kind, started_at, ended_at), detections[0]) for kind in kinds]


def _id(value: Any) -> str:
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise InvalidInputError("id", value, "an id of Frigate's, such as 1718987129.308396-fqk5ka")


def _instant(value: Any) -> datetime:
    return _EPOCH + timedelta(seconds=float(value))  # `fromtimestamp` has errors of the platform for what is too large


def _box(value: Any) -> tuple[float, float, float, float] | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    x0, y0, x1, y1 = map(float, value)
    return x0, y0, x1, y1
