"""The JSON of events, cameras and sites as everybody outside sees it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from api.addresses import without_password
from api.fields import Sampling

SILENT_AFTER = timedelta(seconds=90)
"""A state that was reported longer ago says nothing about now."""
Row = Mapping[Any, Any]


def instant(at: datetime | None) -> str | None:
    """Return RFC 3339 in UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else None


def claim_body(row: Row | None) -> dict[str, Any] | None:
    """Return who is reviewing an event at the moment, and until when it is theirs; None for nobody."""
    return {"by": row["by"], "until": instant(row["until"])} if row else None


def media_body(row: Row) -> dict[str, Any]:
    """Return one entry of an event's `evidence`."""
    return {
        "url": f"/v1/events/{row['event_id']}/media/{row['name']}",
        "sha256": row["sha256"],
        "size_bytes": row["size_bytes"],
        "blurred": row["blurred"],
        "media_type": row["media_type"],
    }


def review_body(row: Row | None) -> dict[str, Any] | None:
    """Return the verdict that stands."""
    if row is None:
        return None
    return {**{name: row[name] for name in ("verdict", "reason", "note", "by")}, "at": instant(row["at"])}


def event_data(row: Row, evidence: Iterable[Row]) -> dict[str, Any]:
    """Return `data` of an event's CloudEvent, with what the API knows better than the worker."""
    return {
        **row["data"],
        "status": row["status"],
        "evidence": {item["name"]: media_body(item) for item in evidence},
    }


def event_body(row: Row, evidence: Iterable[Row], review: Row | None) -> dict[str, Any]:
    """Return an event as lists and detail pages need it."""
    return {
        **event_data(row, evidence),
        "phase": row["phase"],
        "review": review_body(review),
        "site_name": row["site_name"],
        "camera_name": row["camera_name"],
        "time_zone": row["time_zone"],
        "etag": event_etag(row),
    }


def event_etag(row: Row) -> str:
    """Return the event's ETag; the part behind the dot counts verdicts, and a verdict's If-Match compares only that."""
    return f'"{row["version"]}.{row["reviews"]}"'


def site_body(row: Row) -> dict[str, Any]:
    """Return a site."""
    plain = ("id", "name", "type", "time_zone", "jurisdiction", "hours", "latitude", "longitude", "area_m2", "diners")
    return {
        **{name: row[name] for name in (*plain, "version")},
        **{name: row[name] or "" for name in ("address", "licence", "grade")},
        **{name: _day(row[name]) for name in ("licence_expires_on", "graded_on")},
        "holidays": row["holidays"] or [],
        "published": bool(row["published"]),
        "region": row["region_id"],
        "created_at": instant(row["created_at"]),
        "etag": version_etag(row),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def region_body(row: Row) -> dict[str, Any]:
    """Return a region; the root's parent is null and its path is `/`."""
    plain = {name: row[name] for name in ("id", "name", "path")}
    return {**plain, "parent": row["parent_id"], "level": row["level"] or ""}


def version_etag(row: Row) -> str:
    """Return the ETag of a site or a camera: what people change raises it, what workers report does not."""
    return f'"{row["version"]}"'


def camera_body(row: Row, now: datetime) -> dict[str, Any]:
    """Return a camera; its address is masked, because it may hold a password."""
    plain = (
        "id",
        "name",
        "zones",
        "interval_s",
        "pre_roll_s",
        "post_roll_s",
        "attended",
        "enabled",
        "worker",
        "version",
    )
    return {
        **{name: row[name] for name in plain},
        "sampling": Sampling.model_validate(row["sampling"] or {}).model_dump(mode="json"),
        "site": row["site_id"],
        "site_name": row["site_name"],
        "time_zone": row["time_zone"],
        "source": without_password(row["source"]),
        "state": _state(row, now),
        "etag": version_etag(row),
    }


def status_body(row: Row, now: datetime) -> dict[str, Any]:
    """Return how a camera is doing, with the figures of its worker; null where none has told."""
    state = _state(row, now)
    return {"camera": row["id"], "state": state and {**state, "figures": row["state_figures"] or None}}


def _state(row: Row, now: datetime) -> dict[str, Any] | None:
    if row["state_reported_at"] is None:
        return None
    return {
        "state": row["state_state"],
        "worker": row["state_worker_id"],
        "last_look_at": instant(row["state_last_look_at"]),
        "looks": row["state_looks"],
        "drops": row["state_drops"],
        "error": row["state_error"],
        "reported_at": instant(row["state_reported_at"]),
        "stale": now - row["state_reported_at"] > SILENT_AFTER,
    }
