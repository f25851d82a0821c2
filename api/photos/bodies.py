"""The JSON of phones, challenges, proofs and spots."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from api.bodies import instant
from api.photos import mark
from api.photos.challenge import TTL, Challenge
from api.photos.checks import SKEW, SURE_ACCURACY_M, Fence
from api.photos.examining import LEAST_PX, MOST_BYTES, MOST_PIXELS
from api.places.contacts import masked

Row = Mapping[Any, Any]


def challenge_body(challenge: Challenge, fence: Fence | None) -> dict[str, Any]:
    """Return a challenge with all that a page needs to answer it: the mark to burn in, and what is allowed."""
    bound = challenge.binding
    place = None
    if fence is not None:
        place = {"latitude": fence.latitude, "longitude": fence.longitude, "radius_m": fence.radius_m}
    return {
        "id": challenge.id,
        "nonce": challenge.nonce,
        "mark": {"png": b64encode(mark.png(challenge.nonce)).decode(), "corner": "lower_right", "share": mark.SHARE},
        "device": bound.device,
        "site": bound.site,
        "subject": str(bound.subject),
        "about": bound.about,
        "issued_at": instant(challenge.issued_at),
        "expires_at": instant(challenge.expires_at),
        "ttl_s": TTL.total_seconds(),
        "fence": place,
        "allowed": {
            "media_type": "image/jpeg",
            "most_bytes": MOST_BYTES,
            "most_pixels": MOST_PIXELS,
            "least_px": LEAST_PX,
            "clock_skew_s": SKEW.total_seconds(),
            "accuracy_m": SURE_ACCURACY_M,
        },
    }


def device_body(row: Row, *, in_full: bool) -> dict[str, Any]:
    """Return a phone."""
    return {
        **{name: row[name] for name in ("id", "name", "state")},
        "user": row["user_name"],
        "site": row["site_id"],
        "phone": row["phone"] if in_full else masked(row["phone"]),
        "registered_at": instant(row["registered_at"]),
        "decided_at": instant(row["decided_at"]),
    }


def photo_body(row: Row, files: Iterable[Row], *, in_full: bool) -> dict[str, Any]:
    """Return a proof with what every check says."""
    plain = ("id", "subject", "about", "outcome", "site_name", "time_zone", "device_name")
    return {
        **{name: row[name] for name in plain},
        "site": row["site_id"],
        "by": row["user_name"],
        "phone": row["phone"] if in_full else masked(row["phone"]),
        "received_at": instant(row["received_at"]),
        "checks": row["verdicts"],
        "claim": row["claim"],
        "signature": row["signature"],
        "device": row["device_id"],
        "files": {file["name"]: file_body(file) for file in files},
    }


def file_body(row: Row) -> dict[str, Any]:
    """Return one picture of a proof."""
    return {
        "url": f"/v1/photos/{row['photo_id']}/media/{row['name']}",
        **{name: row[name] for name in ("sha256", "size_bytes", "blurred")},
    }


def spot_body(row: Row) -> dict[str, Any]:
    """Return an enrolled spot."""
    return {
        "photo": row["photo_id"],
        "site": row["site_id"],
        "name": row["name"],
        "state": row["state"],
        "taken_at": instant(row["received_at"]),
        "decided_at": instant(row["decided_at"]),
        "picture": f"/v1/photos/{row['photo_id']}/media/scene_blurred",
    }
