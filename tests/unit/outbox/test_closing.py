import json
from typing import Any

from vision.outbox.closing import interrupted
from vision.ports import Outgoing


def opened_body() -> dict[str, Any]:
    data = {
        "id": "e1", "opened_at": "2026-11-24T01:02:03.000000Z", "ended_at": None, "opened_pts_s": 9.0,
        "ended_pts_s": None,
        "probability": 0.97, "peak": None, "closed_reason": None, "kind": "no_hat", "looks": [{"pts_s": 9.0}],
    }  # fmt: skip
    return {"specversion": "1.0", "id": "e1/opened", "type": "cn.mingchu.violation.opened", "time": "x", "data": data}


def closed(body: dict[str, Any]) -> dict[str, Any]:
    item = interrupted(Outgoing("e1", "event", "opened", json.dumps(body).encode()))
    assert (item.event_id, item.part, item.name) == ("e1", "event", "closed")
    answer: dict[str, Any] = json.loads(item.body)
    return answer


def test_an_orphan_ends_where_it_was_last_seen() -> None:
    event = closed(opened_body())
    assert (event["id"], event["type"]) == ("e1/closed", "cn.mingchu.violation.closed")
    assert event["time"] == "2026-11-24T01:02:03.000000Z"
    assert event["data"]["ended_at"] == "2026-11-24T01:02:03.000000Z"
    assert (event["data"]["ended_pts_s"], event["data"]["peak"]) == (9.0, 0.97)
    assert event["data"]["closed_reason"] == "interrupted"
    assert event["data"]["looks"] == [{"pts_s": 9.0}]


def test_closing_the_closed_again_changes_nothing() -> None:
    once = closed(opened_body())
    assert closed(once) == once


def test_what_is_known_of_the_end_is_kept_even_where_it_is_zero() -> None:
    body = opened_body()
    body["data"] |= {"ended_pts_s": 0.0, "peak": 0.0}
    assert (closed(body)["data"]["ended_pts_s"], closed(body)["data"]["peak"]) == (0.0, 0.0)


def test_a_violation_whose_end_was_known_was_not_interrupted() -> None:
    body = opened_body()
    body["data"] |= {"ended_at": "2026-11-24T01:02:09.000000Z", "closed_reason": "left"}
    assert closed(body)["data"]["closed_reason"] == "left"
