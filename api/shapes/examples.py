"""One example of every JSON body that is sent, in one place; a test holds each to its schema and misses none."""

from typing import Any

_EVENT = "8f14e45f-ceea-567a-9c3b-0d1f2a3b4c5d"

BODIES: dict[str, Any] = {
    "POST /v1/session": {"name": "anna", "password": "correct horse battery", "second_factor": "492039"},
    "POST /v1/session/password": {"password": "a long new password", "current": "correct horse battery"},
    "POST /v1/session/second-factor": {"current": "correct horse battery"},
    "PUT /v1/session/second-factor": {"code": "492039"},
    "POST /v1/session/second-factor/end": {"code": "492039"},
    "POST /v1/users": {"name": "anna", "role": "supervisor", "region": "hangzhou", "language": "zh"},
    "PATCH /v1/users/{user_id}": {"role": "analyst", "disabled": False},
    "POST /v1/keys": {
        "name": "platform",
        "scopes": ["events:read"],
        "region": "hangzhou",
        "networks": ["203.0.113.0/24"],
    },
    "POST /v1/keys/{key_id}/rotate": {"overlap_h": 24},
    "PUT /v1/events/{event_id}": {
        "specversion": "1.0",
        "id": f"{_EVENT}/opened",
        "source": "acme/box/17",
        "type": "cn.mingchu.violation.opened",
        "time": "2026-11-24T08:00:01.000000Z",
        "subject": "site/kitchen-7/camera/wok",
        "data": {
            "id": _EVENT,
            "site": "kitchen-7",
            "camera": "wok",
            "zone": {"name": "wok line", "type": "cooking"},
            "kind": "no_hat",
            "tier": "III",
            "binding": "mandatory",
            "started_at": "2026-11-24T08:00:00.000000Z",
            "probability": 0.97,
            "box": [410.5, 120.0, 702.0, 980.5],
            "frame_wh": [1920, 1080],
        },
    },
    "POST /v1/events/{event_id}/review": {"verdict": "dismissed", "reason": "wrong_object", "note": "a tea towel"},
    "POST /v1/cases/{case_id}/{action}": {"reason": "Everybody wears a hat again.", "proof": ["photo-1"]},
    "POST /v1/detect/compatible/aliyun/DetectChefCap": {"ImageURL": "https://example.com/kitchen.jpg"},
    "POST /v1/detect/compatible/tencent/DetectChefDress": {"ImageUrl": "https://example.com/kitchen.jpg"},
    "POST /v1/regions": {"id": "xihu", "name": "西湖区", "parent": "hangzhou"},
    "POST /v1/sites": {"id": "kitchen-7", "name": "七号食堂", "region": "xihu", "type": "restaurant"},
    "PATCH /v1/sites/{site_id}": {"name": "七号食堂（东）", "hours": None},
    "POST /v1/sites/{site_id}/gradings": {"static_other": 12, "dynamic": 8, "note": "visit of 24 November"},
    "POST /v1/cameras": {"id": "wok", "site": "kitchen-7", "source": "rtsp://user:secret@203.0.113.7/1"},
    "PATCH /v1/cameras/{camera_id}": {"interval_s": 5, "enabled": True},
    "POST /v1/cameras/{camera_id}/reviews": {
        "legal": True,
        "technical": True,
        "siting": True,
        "signs": True,
        "published": True,
        "document": "杭西市监〔2026〕17号",
    },
    "POST /v1/cameras/probe": {"source": "rtsp://user:secret@203.0.113.7/1"},
    "PUT /v1/workers/{worker}/status": {"spool": 0, "cameras": [{"camera": "wok", "state": "ok", "looks": 1800}]},
}
"""Method and path → body."""
