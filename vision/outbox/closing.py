"""What the next start says about a violation that was open when the worker died."""

import json
from typing import Any

from vision.ports import Outgoing

INTERRUPTED = "interrupted"


def interrupted(orphan: Outgoing) -> Outgoing:
    """Return the `closed` event of an orphan of `Spool.orphans`, with reason interrupted.

    It ends with the last look that is known; what came after, nobody saw. The same orphan always gives the same bytes,
    so that a second crash changes nothing.
    """
    event: dict[str, Any] = json.loads(orphan.body)
    data = event["data"]
    ended = {
        "ended_at": data["ended_at"] or data["opened_at"],
        "ended_pts_s": _first(data["ended_pts_s"], data["opened_pts_s"]),
        "peak": _first(data["peak"], data["probability"]),
        "closed_reason": _first(data["closed_reason"], INTERRUPTED),
    }
    closed = event | {
        "id": f"{orphan.event_id}/closed",
        "type": "cn.mingchu.violation.closed",
        "time": ended["ended_at"],
        "data": data | ended,
    }
    body = json.dumps(closed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Outgoing(orphan.event_id, "event", "closed", body)


def _first(value: object, otherwise: object) -> object:
    return otherwise if value is None else value
