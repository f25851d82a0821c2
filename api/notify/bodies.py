"""The JSON of webhooks as their keepers see it: everything but the secrets."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.bodies import instant, version_etag
from api.notify import signing

Row = Mapping[Any, Any]
TEST_TYPE = "cn.mingchu.test"


def webhook_body(row: Row, head: int, dead_letters: int, now: datetime) -> dict[str, Any]:
    """Return a webhook and how it stands with it; `behind` counts lines of the log, also those that are not for it."""
    return {
        **{name: row[name] for name in ("id", "name", "url", "types", "kinds", "state", "reason", "version")},
        "region": row["region_id"],
        "enabled": row["state"] == "active",
        "secrets": [{"until": each["until"]} for each in signing.valid(row["secrets"], now)],
        "cursor": row["cursor"],
        "behind": max(0, head - row["cursor"]),
        "failures": row["failures"],
        "failing_since": instant(row["failing_since"]),
        "tried_again_at": instant(row["due_at"]) if row["failures"] and row["state"] == "active" else None,
        "dead_letters": dead_letters,
        "created_at": instant(row["created_at"]),
        "etag": version_etag(row),
    }


def delivery_body(row: Row) -> dict[str, Any]:
    """Return one try; `sequence` is null for a test, `status` null where there was no answer."""
    return {
        **{name: row[name] for name in ("number", "type", "attempt", "took_ms", "outcome", "reason")},
        "sequence": row["sequence"] or None,
        "status": row["status"] or None,
        "at": instant(row["at"]),
    }


def letter_body(row: Row) -> dict[str, Any]:
    """Return one dead letter."""
    told = {name: row[name] for name in ("sequence", "state", "reason")}
    return {**told, "status": row["status"] or None, "at": instant(row["at"])}


def test_message(message_id: str, webhook: str, now: datetime) -> str:
    """Return a CloudEvent that says nothing but that it arrives."""
    event = {
        "specversion": "1.0",
        "id": message_id,
        "source": "mingchu/api",
        "type": TEST_TYPE,
        "time": instant(now),
        "subject": f"webhook/{webhook}",
        "datacontenttype": "application/json",
        "data": {"webhook": webhook},
    }
    return json.dumps(event, ensure_ascii=False)
