"""Consumers, API and broker are killed at random; nobody misses anything. The long hour is `benchmarks/telling.py`."""

from pathlib import Path

import pytest

from tests.e2e.telling import WAYS, Drill, Plan, judged

LINES = [("a", 1), ("b", 2), ("a", 3)]


def test_the_judge_sees_what_must_not_be() -> None:
    assert judged(LINES, LINES) == {"received": 3, "again": 0, "missing": 0, "unexplained": 0, "out_of_order": 0}
    assert judged(LINES, [("b", 2), ("a", 1), ("b", 2), ("a", 3)])["again"] == 1
    assert judged(LINES, LINES[:2])["missing"] == 1
    assert judged(LINES, [*LINES, ("a", 9)])["unexplained"] == 1
    assert judged(LINES, [("a", 3), ("a", 1), ("b", 2)])["out_of_order"] == 1


@pytest.mark.slow
@pytest.mark.server("mosquitto")
def test_every_event_arrives_by_all_four_ways_whoever_is_killed(tmp_path: Path) -> None:
    result = Drill(tmp_path, Plan(messages=240, over_s=14)).run()
    assert result.logged == 240
    assert {*WAYS, "api", "broker"} & result.kills.keys() >= {"api", "broker"}
    assert result.faults == []
