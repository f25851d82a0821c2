import json
from dataclasses import replace

from tests.unit.recording.scenes import CATALOGUE, CONFIG, NAN, closed, opened
from vision.catalogue import Place
from vision.events import Evidence, StoredObject
from vision.recording.body import event_body
from vision.recording.manifest import canonical
from vision.scene import ZoneType

OPENED = opened(9)
DUTY = CATALOGUE.duty(OPENED.kind, Place(ZoneType.SPECIAL_ROOM))
NOTHING = Evidence(())
DATA_KEYS = {
    *("id", "sequence", "site", "camera", "zone", "kind", "tier", "binding", "clause", "started_at", "ended_at"),
    *("opened_at", "started_pts_s", "opened_pts_s", "ended_pts_s", "probability", "peak", "box", "frame_wh", "subject"),
    *("looks", "model", "rule_version", "closed_reason", "status", "usable_as_penalty_evidence", "evidence"),
}


def test_opened() -> None:
    assert DUTY
    body = event_body("opened", OPENED, CONFIG, DUTY, NOTHING, "w1")
    data = body.pop("data")
    assert body == {
        "specversion": "1.0",
        "id": f"{OPENED.id}/opened",
        "source": "mingchu/worker/w1",
        "type": "cn.mingchu.violation.opened",
        "time": "2026-11-24T01:02:12.000000Z",
        "subject": "site/canteen-7/camera/kitchen-1",
        "datacontenttype": "application/json",
    }
    assert set(data) == DATA_KEYS
    assert data["zone"] == {"name": "cold", "type": "special_room"}
    assert data["looks"][1] == {"pts_s": 9, "log_odds": None, "total": 2.9}
    assert (data["started_at"], data["ended_at"]) == ("2026-11-24T01:02:11.000000Z", None)
    assert data["frame_wh"] == [160, 96]
    assert (data["status"], data["usable_as_penalty_evidence"]) == ("pending_review", False)
    clause = data["clause"][0]
    assert set(clause) == {"id", "jurisdiction", "instrument", "article", "text", "source_url", "verified"}


def test_closed_tells_the_end_in_the_same_shape() -> None:
    assert DUTY
    data = event_body("closed", closed(OPENED, 12), CONFIG, DUTY, NOTHING, "w1")["data"]
    assert set(data) == DATA_KEYS
    assert (data["ended_at"], data["ended_pts_s"]) == ("2026-11-24T01:02:15.000000Z", 12)
    assert (data["peak"], data["closed_reason"], len(data["looks"])) == (0.99, "left", 3)


def test_evidence_so_far() -> None:
    assert DUTY
    stored = StoredObject("clip", "e/clip.mp4", "ab", 7, "video/mp4", blurred=False)
    body = event_body("updated", OPENED, CONFIG, DUTY, Evidence((stored,)), "w1")
    assert body["data"]["evidence"] == {
        "clip": {"url": "", "sha256": "ab", "size_bytes": 7, "blurred": False, "media_type": "video/mp4"}
    }


def test_a_violation_of_the_whole_picture_and_an_unlisted_zone() -> None:
    assert DUTY
    data = event_body("opened", replace(OPENED, box=None, zone="roof", confidence=NAN), CONFIG, DUTY, NOTHING, "w")[
        "data"
    ]
    assert (data["box"], data["zone"]["type"], data["probability"]) == (None, "other", None)


def test_it_is_plain_json_without_nan() -> None:
    assert DUTY
    body = event_body("opened", OPENED, CONFIG, DUTY, NOTHING, "w1")
    assert json.loads(canonical(body)) == body
