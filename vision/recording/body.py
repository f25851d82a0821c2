"""The event as every reader gets it: a CloudEvent with the same data in every phase."""

from datetime import UTC, datetime
from math import isfinite
from typing import Any, Literal

from vision.catalogue import Clause, Duty
from vision.config import CameraConfig
from vision.events import Closed, Evidence, Look, Opened, StoredObject, Transition

Phase = Literal["opened", "updated", "closed"]
Json = dict[str, Any]


def event_body(
    phase: Phase, transition: Transition, camera: CameraConfig, duty: Duty, evidence: Evidence, worker: str
) -> Json:
    """Return the CloudEvents 1.0 body of one phase; plain JSON values only, without NaN.

    `updated` means that more evidence is there; it may come from an `Opened` or a `Closed`.
    """
    opened = transition.opened if isinstance(transition, Closed) else transition
    return {
        "specversion": "1.0",
        "id": f"{opened.id}/{phase}",
        "source": f"mingchu/worker/{worker}",
        "type": f"cn.mingchu.violation.{phase}",
        "time": instant(transition.ended_at if isinstance(transition, Closed) else opened.at),
        "subject": f"site/{camera.site}/camera/{camera.id}",
        "datacontenttype": "application/json",
        "data": {
            **_what(opened, camera, duty),
            **_when(opened, transition),
            **_why(opened, transition),
            "status": "pending_review",
            # Only a person's confirmation can change this, and only in the API (I6).
            "usable_as_penalty_evidence": False,
            "evidence": {o.name: _object(o) for o in evidence.objects},
        },
    }


def _what(opened: Opened, camera: CameraConfig, duty: Duty) -> Json:
    types = {zone.name: zone.type.value for zone in camera.zones}
    return {
        "id": str(opened.id),
        "sequence": None,
        "site": camera.site,
        "camera": camera.id,
        "zone": {"name": opened.zone, "type": types.get(opened.zone, "other")},
        "kind": opened.kind,
        "tier": opened.tier.value,
        "binding": opened.binding.value,
        "clause": [_clause(clause) for clause in duty.clauses],
    }


def _when(opened: Opened, transition: Transition) -> Json:
    closed = transition if isinstance(transition, Closed) else None
    return {
        "started_at": instant(opened.started_at),
        "opened_at": instant(opened.at),
        "ended_at": instant(closed.ended_at) if closed else None,
        "started_pts_s": number(opened.started_pts_s),
        "opened_pts_s": number(opened.pts_s),
        "ended_pts_s": number(closed.ended_pts_s) if closed else None,
        "closed_reason": closed.reason if closed else None,
    }


def _why(opened: Opened, transition: Transition) -> Json:
    height, width = opened.frame_hw
    return {
        "probability": number(opened.confidence),
        "peak": number(transition.peak) if isinstance(transition, Closed) else None,
        "box": [number(side) for side in opened.box] if opened.box else None,
        # A camera that never sent a picture can be found offline; its frame has no size.
        "frame_wh": [width, height] if width and height else None,
        "subject": opened.subject,
        "looks": [_look(look) for look in transition.looks],
        "model": opened.model,
        "rule_version": opened.rule_version,
    }


def _look(look: Look) -> Json:
    return {"pts_s": number(look.pts_s), "log_odds": number(look.log_odds), "total": number(look.total)}


def _clause(clause: Clause) -> Json:
    return {
        "id": clause.id,
        "jurisdiction": clause.jurisdiction,
        "instrument": clause.instrument,
        "article": clause.article,
        "text": dict(clause.text),
        "source_url": clause.source_url,
        "verified": clause.verified,
    }


def _object(stored: StoredObject) -> Json:
    return {
        "url": "",
        "sha256": stored.sha256,
        "size_bytes": stored.size_bytes,
        "blurred": stored.blurred,
        "media_type": stored.media_type,
    }


def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def number(value: float) -> float | None:
    """Return a finite float, or None: JSON has no NaN, and *unknown* is an answer."""
    plain = float(value)
    return round(plain, 6) if isfinite(plain) else None
