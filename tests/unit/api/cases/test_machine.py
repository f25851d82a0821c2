"""The case machine: the whole story, every refusal, and that no clock is ever lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.calendar import SiteCalendar
from api.cases.graver import tightened
from api.cases.machine import (
    AT_THE_SITE,
    OVER,
    RULES,
    Action,
    Actor,
    Case,
    IllegalStepError,
    Stage,
    Step,
    advanced,
    begun,
    permitted,
    taken,
)
from api.cases.terms import Matter, load_policy
from vision.errors import InvalidInputError
from vision.rules.schedule import Schedule
from vision.scene import ZoneType

START = datetime(2026, 11, 24, 2, tzinfo=UTC)
CALENDAR = SiteCalendar(Schedule("09:00", "21:00"))
TERMS = load_policy().terms(Matter("II", "no_mask", ZoneType.SPECIAL_ROOM, "canteen", 2.0, 24.0))
LI, WANG, COOK = Actor("li", "supervisor"), Actor("wang", "supervisor"), Actor("cook", "kitchen")
BY = {"supervisor": WANG, "kitchen": COOK, "system": Actor("system", "system")}


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def step(action: Action, at: datetime, by: Actor | None = None) -> Step:
    return Step(action, by or BY[RULES[action].by], at, "because", ("photo-1",), at + timedelta(days=2))


def case_after(*actions: Action, every_h: float = 0.1) -> Case:
    case = begun("case-1", LI.id, TERMS, START, CALENDAR)
    for number, action in enumerate(actions, 1):
        case = taken(case, step(action, hours(number * every_h)), CALENDAR)
    return case


def running(case: Case) -> set[str]:
    return {clock.name for clock in case.clocks if clock.is_running}


def test_the_good_story() -> None:
    case = case_after(Action.ORDER, Action.ACKNOWLEDGE, Action.PLAN, Action.RECTIFY, Action.ACCEPT)
    assert (case.stage, case.card, running(case)) == (Stage.CLOSED, "none", {"appeal"})
    assert [(clock.name, clock.stopped_by) for clock in case.clocks] == [
        ("order", "order"),
        ("acknowledge", "acknowledge"),
        ("plan", "plan"),
        ("fix", "rectify"),
        ("appeal", ""),
        ("recheck", "accept"),
    ]


def test_a_proof_that_is_not_enough_goes_back_with_a_new_clock() -> None:
    case = case_after(Action.ORDER, Action.RECTIFY, Action.RETURN)
    assert case.stage is Stage.RETURNED
    assert "fix" in running(case)
    assert case_after(Action.ORDER, Action.RECTIFY, Action.RETURN, Action.RECTIFY, Action.ACCEPT).is_over


def test_an_appeal_pauses_the_site_s_clocks_and_they_go_on_with_what_was_left() -> None:
    case = case_after(Action.ORDER, Action.APPEAL)
    assert running(case) == {"decide"}
    fix = next(clock for clock in case.clocks if clock.name == "fix")
    assert fix.left == timedelta(hours=24) - timedelta(hours=0.1)
    case = taken(case, step(Action.REJECT, hours(50)), CALENDAR)
    fix = next(clock for clock in case.clocks if clock.name == "fix")
    assert fix.due_at == hours(50) + timedelta(hours=23.9)
    assert running(case) == {"acknowledge", "plan", "fix"}


def test_putting_it_right_gives_up_no_appeal_and_no_time_to_check_it_again() -> None:
    rectified = case_after(Action.ORDER, Action.RECTIFY)
    (recheck,) = [clock for clock in rectified.clocks if clock.name == "recheck"]
    assert Action.APPEAL in permitted(rectified, COOK, hours(3))
    appealed = taken(rectified, step(Action.APPEAL, hours(3)), CALENDAR)
    assert appealed.turn == "supervisor"
    assert not {Action.ACCEPT, Action.RETURN} & set(permitted(appealed, WANG, hours(4)))
    rejected = taken(appealed, step(Action.REJECT, hours(23)), CALENDAR)
    (after,) = [clock for clock in rejected.clocks if clock.name == "recheck"]
    assert (rejected.stage, after.due_at - recheck.due_at) == (Stage.RECTIFIED, timedelta(hours=20))
    assert taken(appealed, step(Action.UPHOLD, hours(23)), CALENDAR).stage is Stage.WITHDRAWN


def test_a_closed_case_can_be_contested_until_its_window_is_over() -> None:
    closed = case_after(Action.ORDER, Action.RECTIFY, Action.ACCEPT)
    assert (closed.turn, permitted(closed, COOK, hours(1))) == (None, (Action.APPEAL,))
    assert permitted(closed, WANG, hours(1)) == ()
    appealed = taken(closed, step(Action.APPEAL, hours(2)), CALENDAR)
    assert (appealed.stage, appealed.turn, appealed.is_over) == (Stage.CLOSED, "supervisor", False)
    assert running(appealed) == {"decide"}
    assert permitted(appealed, WANG, hours(3)) == (Action.UPHOLD, Action.REJECT)
    assert permitted(appealed, COOK, hours(3)) == (Action.STATE,)
    upheld = taken(appealed, step(Action.UPHOLD, hours(3)), CALENDAR)
    assert (upheld.stage, upheld.appeal, running(upheld)) == (Stage.WITHDRAWN, "upheld", set())
    rejected = taken(appealed, step(Action.REJECT, hours(3)), CALENDAR)
    assert (rejected.stage, rejected.turn, running(rejected)) == (Stage.CLOSED, None, set())
    (window,) = [clock for clock in closed.clocks if clock.name == "appeal"]
    assert permitted(closed, COOK, window.due_at) == ()


def test_something_graver_shortens_what_runs_from_now_on_and_lengthens_nothing() -> None:
    ordered = case_after(Action.ORDER)
    before = {clock.name: clock.due_at for clock in ordered.clocks if clock.is_running}
    graver = load_policy().terms(Matter("I", "rodent", ZoneType.SPECIAL_ROOM, "canteen", 2.0, 24.0))
    case = tightened(ordered, graver, hours(1), CALENDAR)
    after = {clock.name: clock.due_at for clock in case.clocks if clock.is_running}
    assert after["acknowledge"] == hours(1.5)
    assert after["fix"] == CALENDAR.end_of_meal(hours(1)) < before["fix"]
    assert after["plan"] == before["plan"], "two hours from the order end before two hours from now"
    assert after["appeal"] == before["appeal"], "nobody's right to be heard becomes shorter"
    assert tightened(case, TERMS, hours(1), CALENDAR).clocks == case.clocks, "what is lighter shortens nothing"


def test_something_graver_asks_for_the_plan_that_was_not_asked_for() -> None:
    plain = load_policy().terms(Matter("III", "no_hat", ZoneType.COOKING, "canteen", None, None))
    case = taken(begun("case-1", LI.id, plain, START, CALENDAR), step(Action.ORDER, hours(0.1)), CALENDAR)
    assert running(case) == {"acknowledge", "appeal"}
    graver = load_policy().terms(Matter("I", "rodent", ZoneType.COOKING, "canteen", None, None))
    case = tightened(case, graver, hours(1), CALENDAR)
    assert running(case) == {"acknowledge", "plan", "fix", "appeal"}
    assert [c.started_at for c in case.clocks if c.name == "plan"] == [hours(1)]


def test_while_an_appeal_is_decided_something_graver_shortens_what_is_left() -> None:
    appealed = case_after(Action.ORDER, Action.APPEAL)
    graver = load_policy().terms(Matter("I", "rodent", ZoneType.SPECIAL_ROOM, "canteen", 2.0, 24.0))
    case = tightened(appealed, graver, hours(1), CALENDAR)
    assert running(case) == {"decide"}
    (left,) = [clock.left for clock in case.clocks if clock.name == "acknowledge"]
    assert left == timedelta(minutes=30)
    case = taken(case, step(Action.REJECT, hours(2)), CALENDAR)
    (due,) = [clock.due_at for clock in case.clocks if clock.name == "acknowledge"]
    assert due == hours(2.5)


def test_nobody_gets_more_than_a_year_more() -> None:
    late = replace(step(Action.EXTEND, hours(1)), until=hours(1) + timedelta(days=366, seconds=1))
    with pytest.raises(InvalidInputError, match="at most 366 days"):
        taken(case_after(Action.ORDER), late, CALENDAR)


def test_the_law_s_days_are_those_of_offices_also_where_a_kitchen_never_closes() -> None:
    always = SiteCalendar(Schedule("00:00", "24:00"), frozenset({date(2026, 11, 27)}))
    case = taken(begun("case-1", LI.id, TERMS, START, always), step(Action.ORDER, START), always)  # on a Tuesday
    (window,) = [clock for clock in case.clocks if clock.name == "appeal"]
    assert window.due_at.isoformat() == "2026-12-02T16:00:00+00:00", "Wed, Thu, Mon, Tue, Wed: midnight in China"


def test_an_upheld_appeal_ends_the_case() -> None:
    case = case_after(Action.ORDER, Action.APPEAL, Action.UPHOLD)
    assert (case.stage, case.appeal, running(case)) == (Stage.WITHDRAWN, "upheld", set())


def test_who_confirmed_may_not_decide_the_appeal() -> None:
    case = case_after(Action.ORDER, Action.APPEAL)
    with pytest.raises(IllegalStepError, match="confirmed"):
        taken(case, step(Action.REJECT, hours(3), LI), CALENDAR)
    assert Action.UPHOLD in permitted(case, WANG, hours(3))
    assert Action.UPHOLD not in permitted(case, LI, hours(3))


def test_a_site_that_does_nothing_sees_yellow_then_red_then_an_inspector() -> None:
    case = advanced(case_after(Action.ORDER), hours(24 * 30), CALENDAR)
    assert [(s.action, s.by.role) for s in case.steps[1:]] == [
        (Action.WARN_YELLOW, "system"),
        (Action.WARN_RED, "system"),
        (Action.SEND_INSPECTOR, "system"),
    ]
    # The plan was due two hours after the order; a yellow card lasts five days, a red one a day.
    assert [s.at for s in case.steps[1:]] == [hours(2.1), hours(2.1 + 120), hours(2.1 + 144)]
    assert case.card == "on_site"
    assert Action.INSPECT in permitted(case, WANG, hours(24 * 30))


def test_acting_takes_the_card_back() -> None:
    case = advanced(case_after(Action.ORDER), hours(3), CALENDAR)
    assert case.card == "yellow"
    case = taken(case, step(Action.RECTIFY, hours(4)), CALENDAR)
    assert (case.card, running(case)) == ("none", {"recheck", "appeal"})


def test_more_time_takes_the_card_back_and_moves_the_clock() -> None:
    case = advanced(case_after(Action.ORDER), hours(3), CALENDAR)
    case = taken(case, step(Action.EXTEND, hours(4)), CALENDAR)
    assert case.card == "none"
    assert advanced(case, hours(51), CALENDAR).card == "none"
    assert advanced(case, hours(53), CALENDAR).card == "yellow"


def test_an_appeal_comes_too_late_after_its_window() -> None:
    case = case_after(Action.ORDER)
    with pytest.raises(IllegalStepError, match="once, and only while"):
        taken(case, step(Action.APPEAL, hours(24 * 9)), CALENDAR)


@pytest.mark.parametrize(
    ("action", "missing", "field"),
    [
        (Action.RECTIFY, {"proof": ()}, "proof"),
        (Action.APPEAL, {"reason": ""}, "reason"),
        (Action.EXTEND, {"until": None}, "until"),
        (Action.EXTEND, {"until": hours(0.1)}, "until"),
        (Action.PLAN, {"at": hours(0)}, "at"),
    ],
)
def test_what_is_missing_is_named(action: Action, missing: dict[str, object], field: str) -> None:
    whole = step(action, hours(1))
    with pytest.raises(InvalidInputError) as caught:
        taken(case_after(Action.ORDER), replace(whole, **missing), CALENDAR)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_an_illegal_step_says_what_is_permitted() -> None:
    with pytest.raises(IllegalStepError) as caught:
        taken(case_after(Action.ORDER), step(Action.ACCEPT, hours(1)), CALENDAR)
    assert caught.value.permitted == (Action.EXTEND, Action.INSPECT, Action.WITHDRAW)
    assert "extend, inspect, withdraw" in str(caught.value)


def test_nothing_happens_to_a_case_that_is_over() -> None:
    case = case_after(Action.ORDER, Action.WITHDRAW)
    assert all(permitted(case, actor, hours(9)) == () for actor in BY.values())
    assert advanced(case, hours(1000), CALENDAR) == case


stories = st.lists(
    st.tuples(st.sampled_from(Action), st.sampled_from([LI, WANG, COOK]), st.integers(0, 60 * 24 * 3)), max_size=25
)


@given(stories)
def test_whatever_people_try_the_books_balance(story: list[tuple[Action, Actor, int]]) -> None:
    case, at = begun("case-1", LI.id, TERMS, START, CALENDAR), START
    for action, actor, minutes in story:
        at += timedelta(minutes=minutes)
        case = advanced(case, at, CALENDAR)
        may = permitted(case, actor, at)
        if action in may:
            case = taken(case, step(action, at, actor), CALENDAR)
        else:
            with pytest.raises(IllegalStepError) as caught:
                taken(case, step(action, at, actor), CALENDAR)
            assert caught.value.permitted == may
        _balanced(case)
    assert advanced(case, at, CALENDAR) == advanced(advanced(case, at, CALENDAR), at, CALENDAR)


def _balanced(case: Case) -> None:
    """Every clock is explained, and as long as a case is not over, one that somebody must watch runs."""
    duties = [clock for clock in case.clocks if clock.is_running and clock.name != "appeal"]
    assert bool(duties) != case.is_over
    assert all((clock.stopped_at is None) == (clock.stopped_by == "") for clock in case.clocks)
    assert all(clock.stopped_at is None or clock.stopped_at >= clock.started_at for clock in case.clocks)
    assert [s.at for s in case.steps] == sorted(s.at for s in case.steps)
    assert case.is_over == (case.stage in OVER and case.appeal != "filed")
    assert case.card == "none" or case.stage in AT_THE_SITE | OVER
    assert (case.turn is None) == case.is_over
    assert len([clock.name for clock in duties]) == len({clock.name for clock in duties})


@given(stories, st.integers(0, 24 * 40))
def test_looking_often_or_rarely_shows_the_same_cards(story: list[tuple[Action, Actor, int]], later_h: int) -> None:
    case, at = case_after(Action.ORDER), hours(0.1)
    for action, actor, _ in story:
        if action in permitted(case, actor, at) and action is not Action.INSPECT:
            case = taken(case, step(action, at, actor), CALENDAR)
    often = case
    for hour in range(later_h + 1):
        often = advanced(often, at + timedelta(hours=hour), CALENDAR)
    assert often == advanced(case, at + timedelta(hours=later_h), CALENDAR)
