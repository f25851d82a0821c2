"""Signs what we send, as Standard Webhooks says; for a while after a change of secret with both, the new one first."""

import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

Secrets = Sequence[Mapping[str, Any]]
"""As they are stored: `secret`, and `until` (RFC 3339, null = for good); the newest first."""
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
MOST_SECRETS = 3


def new_secret() -> str:
    """Return `whsec_` and 256 random bits in base64."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def rotated(known: Secrets, secret: str, now: datetime, overlap: timedelta) -> list[dict[str, Any]]:
    """Return the secrets with a new one in front; the others end when the overlap does, or earlier."""
    until = now + overlap
    old = [{"secret": each["secret"], "until": _earlier(each["until"], until)} for each in valid(known, now)]
    kept = old if overlap else []
    return [{"secret": secret, "until": None}, *kept][:MOST_SECRETS]


def valid(known: Secrets, now: datetime) -> list[Mapping[str, Any]]:
    """Return those that still sign."""
    return [each for each in known if each["until"] is None or datetime.fromisoformat(each["until"]) > now]


def _earlier(known: str | None, until: datetime) -> str:
    return min(datetime.fromisoformat(known), until).isoformat() if known else until.isoformat()


def headers(message_id: str, body: str, known: Secrets, now: datetime) -> dict[str, str]:
    """Return what a receiver verifies: an id for all tries, the time of this one, a signature for each secret."""
    signatures = [Webhook(each["secret"]).sign(message_id, now, body) for each in valid(known, now)]
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
