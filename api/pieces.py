"""Evidence as it comes in, by whichever way: checked, named by its hash, object first and then the row."""

from collections.abc import Mapping
from typing import Any, Literal

from api.auth.caller import Caller
from api.errors import ConflictError, NotFoundError, field_error
from api.services import Services
from api.store import events, media
from api.uploads import Received
from vision.errors import InvalidInputError

MAX_MEDIA_BYTES = 64 << 20
Role = Literal["snapshot", "annotated", "snapshot_blurred", "annotated_blurred", "clip", "manifest"]
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "video/mp4": "mp4",
    "video/x-matroska": "mkv",
    "application/json": "json",
}
"""Media types that we keep: none that a browser would run."""


def required_type(text: str) -> str:
    """Return a media type without its parameters; InvalidInputError unless it is one that we keep."""
    media_type = text.partition(";")[0].strip().lower()
    if media_type not in ENDINGS:
        raise InvalidInputError("Content-Type", media_type, ", ".join(ENDINGS))
    return media_type


def required_event(services: Services, caller: Caller, event_id: str) -> None:
    """Pass when the caller may know of an event; NotFoundError otherwise."""
    with services.database.read() as connection:
        if events.find(connection, caller.scope, event_id) is None:
            raise NotFoundError(f"there is no event {event_id}")


def piece_of(event_id: str, name: str, body: Received, media_type: str) -> dict[str, Any]:
    """Return the row of a piece of evidence."""
    return {
        "event_id": event_id,
        "name": name,
        # The hash is in the key: of two first uploads with other bytes, neither can overwrite the other's object.
        "key": f"events/{event_id[:2]}/{event_id}/{name}-{body.sha256[:16]}.{ENDINGS[media_type]}",
        "sha256": body.sha256,
        "size_bytes": body.size_bytes,
        "media_type": media_type,
        "blurred": name.endswith("_blurred"),
    }


def keep(services: Services, caller: Caller, piece: Mapping[str, Any], body: Received) -> bool:
    """Keep a piece, object first; tell whether it is new. ConflictError when there are other bytes already."""
    required_event(services, caller, piece["event_id"])
    with services.database.read() as connection:
        known = media.find(connection, piece["event_id"], piece["name"])
    _refuse_other(known, piece)
    if known is None or known["missing_at"] is not None:
        services.objects.put(piece["key"], body.path, piece["sha256"], piece["media_type"])
    _write(services, piece)
    return known is None


def _refuse_other(known: Mapping[Any, Any] | None, piece: Mapping[str, Any]) -> None:
    if known is not None and known["sha256"] != piece["sha256"]:
        told = field_error("X-Content-SHA256", piece["sha256"], known["sha256"])
        raise ConflictError(f"{piece['name']} of this event has other bytes already", errors=[told])


def _write(services: Services, piece: Mapping[str, Any]) -> None:
    """Write the row; whoever was first with other bytes wins, and the later one is told."""
    with services.database.write() as connection:
        if media.add(connection, {**piece, "stored_at": services.clock.now()}):
            return
        known = media.find(connection, piece["event_id"], piece["name"])
        _refuse_other(known, piece)
        media.restore(connection, piece["event_id"], piece["name"])
