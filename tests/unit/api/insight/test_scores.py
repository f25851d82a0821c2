"""Scores and risks as pure sums: each line explains itself, nothing unconfirmed counts, and time alone changes them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.insight.rule import RULE, load_rule
from api.insight.scores import CaseFact, Moment, changes, scored
from api.insight.scoring import assessed
from api.insight.targets import SiteFact, risk_of
from vision.errors import ConfigError

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NOW = Moment(AT, "Asia/Shanghai")
RULES = load_rule()
CASE = CaseFact(
    case="c1",
    kind="no_hat",
    tier="II",
    day=date(2026, 11, 20),
    stage="ordered",
    appeal="none",
    ordered_at=AT - timedelta(days=4),
    window_ends_at=AT + timedelta(days=1),
)


def points(*facts: CaseFact, final: bool = False, now: Moment = NOW) -> float:
    return scored(facts, now, RULES, final=final).points


def test_a_site_without_cases_has_every_point() -> None:
    score = scored([], NOW, RULES, final=False)
    assert (score.points, score.colour, score.lines) == (100, "green", ())


@pytest.mark.parametrize(
    ("fact", "left", "why"),
    [
        ({}, 92, "counts"),
        ({"tier": "I"}, 80, "counts"),
        ({"tier": "III"}, 97, "counts"),
        ({"worst_card": "red"}, 88, "counts"),
        ({"stage": "closed"}, 96, "counts"),
        ({"stage": "closed", "worst_card": "yellow"}, 90, "counts"),
        ({"appeal": "rejected"}, 92, "counts"),
        ({"ordered_at": None, "stage": "confirmed"}, 100, "not_ordered"),
        ({"appeal": "filed"}, 100, "appeal_filed"),
        ({"stage": "withdrawn"}, 100, "withdrawn"),
        ({"appeal": "upheld", "stage": "withdrawn"}, 100, "withdrawn"),
        ({"day": date(2026, 8, 26)}, 92, "counts"),
        ({"day": date(2026, 8, 25)}, 96, "counts"),
        ({"day": date(2025, 11, 24)}, 98, "counts"),
        ({"day": date(2025, 11, 23)}, 100, "too_old"),
    ],
)
def test_a_case_takes_the_product_of_its_factors(fact: dict[str, Any], left: float, why: str) -> None:
    score = scored([replace(CASE, **fact)], NOW, RULES, final=False)
    assert (score.points, score.lines[0]["why"]) == (left, why)


@pytest.mark.parametrize(
    ("fact", "left"),
    [({}, 100), ({"window_ends_at": AT}, 92), ({"appeal": "rejected"}, 92), ({"window_ends_at": None}, 100)],
)
def test_the_public_sees_only_what_can_no_longer_be_appealed(fact: dict[str, Any], left: float) -> None:
    assert points(replace(CASE, **fact), final=True) == left


def test_the_same_again_within_a_year_counts_more() -> None:
    before = replace(CASE, case="c0", day=date(2025, 11, 20))
    assert points(CASE, before) == 100 - 8 * 1.5 - 0, "the one a year before is too old to count itself"
    assert points(CASE, replace(before, kind="smoking")) == 92
    assert points(CASE, replace(before, stage="withdrawn")) == 92
    assert points(CASE, replace(before, day=date(2025, 11, 19))) == 92


FACTS = st.builds(
    CaseFact,
    case=st.uuids().map(str),
    kind=st.sampled_from(["no_hat", "rodent", "smoking"]),
    tier=st.sampled_from(["I", "II", "III"]),
    day=st.dates(date(2024, 12, 1), date(2026, 11, 24)),
    stage=st.sampled_from(["confirmed", "ordered", "rectified", "closed", "withdrawn"]),
    appeal=st.sampled_from(["none", "filed", "rejected", "upheld"]),
    ordered_at=st.sampled_from([None, AT - timedelta(days=1)]),
    window_ends_at=st.sampled_from([None, AT - timedelta(hours=1), AT + timedelta(days=2)]),
    worst_card=st.sampled_from(["none", "yellow", "red", "on_site"]),
)


@given(st.lists(FACTS, max_size=12), st.booleans())
def test_the_lines_add_up_whatever_happened(facts: list[CaseFact], final: bool) -> None:  # noqa: FBT001 - drawn
    score = scored(facts, NOW, RULES, final=final)
    assert score.points == round(max(0.0, 100 - sum(line["points"] for line in score.lines)), 2)
    assert {line["case"] for line in score.lines} == {fact.case for fact in facts}, "every case is explained"
    assert scored(facts[::-1], NOW, RULES, final=final) == score, "the order in which they are read does not matter"
    assert points(*facts, final=True) >= points(*facts, final=False), "the public never sees more than is known"
    for line in score.lines:
        assert (line["points"] > 0) <= (line["why"] == "counts")


@given(st.lists(FACTS, max_size=6))
def test_nothing_changes_between_two_instants_that_were_foretold(facts: list[CaseFact]) -> None:
    told = assessed(SiteFact(grade="B", cameras=4, unhealthy=1), facts, NOW)
    just_before = Moment(told.changes_at - timedelta(microseconds=1), NOW.time_zone)
    later = assessed(SiteFact(grade="B", cameras=4, unhealthy=1), facts, just_before)
    assert (later.score.points, later.final.points, later.risk.points) == (
        *(told.score.points, told.final.points, told.risk.points),
    )
    assert all(at.tzinfo for at in changes(facts, NOW, RULES))


def test_a_risk_says_why_and_the_heaviest_reason_first() -> None:
    site = SiteFact(grade="D", licence_expires_on=date(2026, 11, 30), cameras=4, unhealthy=2)
    late = replace(CASE, case="c2", kind="rodent", tier="I", worst_card="red")
    again = replace(CASE, case="c3", day=date(2026, 11, 1))
    risk = risk_of(site, [CASE, late, again], NOW, RULES)
    told = {reason["why"]: reason["points"] for reason in risk.reasons}
    assert told == {
        "recent_cases": 18,
        "grade": 10,
        "overdue": 10,
        "camera_health": 5,
        "licence": 4,
        "repeat": 4,
    }
    assert risk.points == sum(told.values())
    assert list(told.values()) == sorted(told.values(), reverse=True)


def test_a_season_makes_recent_cases_heavier() -> None:
    summer = Moment(datetime(2026, 7, 3, 8, tzinfo=UTC), "Asia/Shanghai")
    case = replace(CASE, day=date(2026, 7, 1))
    told = {reason["why"]: reason["points"] for reason in risk_of(SiteFact("A"), [case], summer, RULES).reasons}
    assert told == {"recent_cases": 4, "season": 1}


def test_an_unknown_grade_and_an_expired_licence_are_reasons_too() -> None:
    risk = risk_of(SiteFact(licence_expires_on=date(2026, 11, 23)), [], NOW, RULES)
    assert [(reason["why"], reason["points"]) for reason in risk.reasons] == [("licence", 10), ("grade", 3)]


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ("edition = 2026-11-26", "", "edition"),
        ("put_right = 0.5", "put_right = 2", "put_right"),
        ("I = 20, II = 8, III = 3", "I = 20, II = 8", "points.III"),
        ("days = 90\n", "days = 200\n", "age"),
        ("green = 80", 'green = "x"', "colours.green"),
        ("months = [6, 7, 8, 9]", "months = [6, 13]", "months"),
        ("repeat = 4\n", "repeat = 4\nfriends = 1\n", "friends"),
    ],
)
def test_a_broken_rule_names_the_key(was: str, becomes: str, named: str, tmp_path: Path) -> None:
    text = RULE.read_text(encoding="utf-8")
    assert was in text
    broken = tmp_path / "score.toml"
    broken.write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        load_rule(broken)
