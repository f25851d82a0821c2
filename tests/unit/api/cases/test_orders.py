"""The text of an order: clause, deadlines and how to answer, in both languages, and nothing that was not filled in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cases.calendar import ROUND_THE_CLOCK
from api.cases.clocks import Clocks
from api.cases.evidence import gaps
from api.cases.machine import Action, Actor, Case, Step, begun, stopped_by, taken
from api.cases.orders import TEXTS, Occasion, Quote, load_texts, written_order
from api.cases.terms import Matter, Terms, load_policy
from vision.errors import InvalidInputError
from vision.scene import ZoneType

START = datetime(2026, 11, 24, 2, tzinfo=UTC)
TERMS = load_policy().terms(Matter("II", "no_mask", ZoneType.SPECIAL_ROOM, "canteen", 2.0, None))
LI, WANG, COOK = Actor("li", "supervisor"), Actor("wang", "supervisor"), Actor("cook", "kitchen")
LAW = Quote("食品安全法", "33(1)(8)", {"zh": "穿戴清洁的工作衣、帽", "en": "wear clean clothes"}, verified=True)


def occasion() -> Occasion:
    clocks = Clocks().start(("acknowledge", "plan", "fix", "appeal"), TERMS, START, ROUND_THE_CLOCK)
    kind = {"zh": "未戴口罩", "en": "no mask"}
    return Occasion("case-1", "红旗路店", kind, "三号 · main", START, 2, 0, (LAW,), clocks, "Asia/Shanghai")


def test_an_order_says_what_by_which_clause_and_until_when() -> None:
    order = written_order(occasion())
    assert order["zh"]["title"] == "责令改正通知"
    for part in (
        "红旗路店",
        "未戴口罩",
        "《食品安全法》33(1)(8)",
        "2026-11-24 12:00 (Asia/Shanghai) 前提交整改方案",
        "共 2 起",
    ):
        assert part in order["zh"]["body"]
    assert "Hand in your plan by 2026-11-24 12:00" in order["en"]["body"]
    assert "no evidence for a penalty" in order["en"]["body"]
    assert "$" not in order["zh"]["body"] + order["en"]["body"]


def test_a_line_whose_clock_does_not_run_is_left_out() -> None:
    assert "整改照片" not in written_order(occasion())["zh"]["body"]  # no fix clock: the catalogue asks for no deadline


def test_an_unverified_clause_and_a_repeat_are_said() -> None:
    doubtful = replace(occasion(), quotes=(replace(LAW, verified=False),), repeats=3)
    body = written_order(doubtful)["en"]["body"]
    assert "has not been held against the official text" in body
    assert "3 earlier within a year" in body
    assert "supervisor tells you the clause" in written_order(replace(occasion(), quotes=()))["en"]["body"]


def test_a_text_from_outside_is_never_a_template() -> None:
    sly = replace(occasion(), site="$case ${due}", quotes=(replace(LAW, text={"zh": "$title", "en": "%s {0}"}),))
    assert "致" not in written_order(sly)["zh"]["body"]
    assert "$case ${due}：" in written_order(sly)["zh"]["body"]


def test_a_missing_sentence_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "texts.toml"
    broken.write_text(TEXTS.read_text(encoding="utf-8").replace('demand = "请立即改正。"\n', ""), encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"zh\.order\.demand"):
        load_texts(broken)


def test_every_clock_says_what_stops_it() -> None:
    assert Action.RECTIFY in stopped_by("fix")
    assert Action.EXTEND in stopped_by("red")
    assert Action.WITHDRAW in stopped_by("recheck")
    assert Action.PLAN not in stopped_by("fix")


def test_terms_survive_being_written() -> None:
    assert Terms.read(TERMS.written()) == TERMS


def case_after(*actions: tuple[Action, Actor]) -> Case:
    case = begun("case-1", LI.id, TERMS, START, ROUND_THE_CLOCK)
    for action, by in actions:
        case = taken(case, Step(action, by, START, "because", ("photo",)), ROUND_THE_CLOCK)
    return case


def test_nothing_is_evidence_for_a_penalty_while_anything_is_missing() -> None:
    ordered = case_after((Action.ORDER, LI))
    everything = {"clauses_verified": True, "devices_reviewed": True}
    assert gaps(ordered, START, clauses_verified=False, devices_reviewed=False) == (
        *("appeal_window_over", "verified_clause", "device_review"),
    )
    later = START + timedelta(days=30)
    assert gaps(ordered, later, clauses_verified=True, devices_reviewed=False) == ("device_review",)
    assert gaps(ordered, later, **everything) == ()
    heard = case_after((Action.ORDER, LI), (Action.APPEAL, COOK), (Action.REJECT, WANG))
    assert gaps(heard, START, **everything) == ()
    assert gaps(case_after((Action.WITHDRAW, LI)), START, **everything) == ("standing_case", "appeal_window_over")
    assert gaps(case_after(), START, **everything) == ("appeal_window_over",)
