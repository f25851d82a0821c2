"""Inspections, pure: what an outcome follows from, and what a result means at an instant."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.answers import Answer, Result
from api.inspections.lists import LISTS, load_lists
from api.inspections.machine import STANDS, Inspection, admission, answered, concluded, voided
from vision.errors import InvalidInputError

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
BOOK = load_lists()
RESULTS: tuple[Result, ...] = ("ok", "not_ok", "not_applicable")


def fresh(name: str = "hospital_supplier") -> Inspection:
    return Inspection(BOOK.lists[name], BOOK.lines_of(name), NOW)


@given(st.sampled_from(sorted(BOOK.lists)), st.data())
def test_a_key_line_fails_the_whole_and_a_general_one_is_to_be_corrected(name: str, data: st.DataObject) -> None:
    lines = BOOK.lines_of(name)
    told = {line.id: Answer(data.draw(st.sampled_from(RESULTS)), "seen") for line in lines}
    done = concluded(answered(fresh(name), told), NOW)
    wrong = [line for line in lines if told[line.id].result == "not_ok"]
    assert done.faults == tuple(wrong)
    if not wrong:
        assert done.outcome == "passed"
    else:
        assert done.outcome == ("failed" if any(line.key for line in wrong) else "to_correct")
    assert (done.valid_until is not None) == (done.list.gates and done.outcome != "failed")


@given(st.sets(st.sampled_from([line.id for line in BOOK.lines_of("hospital_supplier")])))
def test_what_is_open_is_named(answers: set[str]) -> None:
    part = answered(fresh(), {name: Answer("ok") for name in answers})
    assert set(part.gaps) == {line.id for line in part.lines} - answers
    if part.gaps:
        with pytest.raises(InvalidInputError) as caught:
            concluded(part, NOW)
        assert part.gaps[0] in str(caught.value)


def test_what_is_over_stays_as_it_is() -> None:
    done = concluded(answered(fresh(), {line.id: Answer("ok") for line in fresh().lines}), NOW)
    for over in (done, voided(fresh())):
        for change in (lambda each: answered(each, {}), lambda each: concluded(each, NOW), voided):
            with pytest.raises(InvalidInputError, match="an open inspection"):
                change(over)


def test_a_result_holds_for_a_half_open_time() -> None:
    ends = NOW + timedelta(days=1)
    almost = ends - timedelta(microseconds=1)
    assert [admission("passed", ends, at) for at in (NOW, almost, ends)] == ["admitted", "admitted", "expired"]
    assert [admission("to_correct", ends, at) for at in (NOW, ends)] == ["to_correct", "expired"]
    assert (admission("", None, NOW), admission("failed", None, NOW)) == ("pending", "refused")
    assert {"admitted", "to_correct"} == STANDS


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("\ngates = true", "\ngates = 1", "gates"),
        ("valid_days = 365", "valid_days = 0", "valid_days"),
        ('"central_kitchen", "group_meal", "producer"', '"central_kitchen", "canteens", "producer"', "sites"),
        ('lists = ["spot_check", "canteen_supplier", "hospital_supplier"]', 'lists = ["spot_checks"]', "lists"),
        ("key = true", "kee = true", "kee"),
        ("key = true", 'key = "yes"', "key"),
    ],
)
def test_a_wrong_list_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    path = tmp_path / "lists.toml"
    path.write_text(LISTS.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(InvalidInputError) as caught:
        load_lists(path)
    assert field in caught.value.field
