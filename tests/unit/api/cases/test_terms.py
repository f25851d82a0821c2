"""The deadlines: narrower entries overlay wider ones, and a wrong entry is named by its key."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.cases.calendar import SiteCalendar
from api.cases.terms import POLICY, Matter, Span, load_policy
from vision.errors import ConfigError, InvalidInputError
from vision.rules.schedule import Schedule
from vision.scene import ZoneType

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
OFFICE = SiteCalendar(Schedule("09:00", "18:00", (1, 2, 3, 4, 5)))


def matter(tier: str = "II", **of: float | None) -> Matter:
    return Matter(tier, "no_mask", ZoneType.SPECIAL_ROOM, "canteen", **of)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("30 min", "2026-11-24T12:30+08:00"),
        ("72 h", "2026-11-27T12:00+08:00"),
        ("8 work h", "2026-11-25T11:00+08:00"),
        ("3 work d", "2026-11-27T18:00+08:00"),
        ("3 office d", "2026-11-28T00:00+08:00"),
        ("5 office d", "2026-12-02T00:00+08:00"),  # a weekend lies between
        ("meal", "2026-11-24T15:00+08:00"),
    ],
)
def test_spans(text: str, until: str) -> None:
    assert Span.parse(text, "fix").after(NOON, OFFICE) == datetime.fromisoformat(until)


@pytest.mark.parametrize("text", ["", "2", "h", "-2 h", "2 hours", "2h", "1e3 h", "nan h"])
def test_what_is_no_span_is_named(text: str) -> None:
    with pytest.raises(InvalidInputError, match="fix"):
        Span.parse(text, "fix")


def test_the_shipped_policy_asks_more_of_tier_one() -> None:
    policy = load_policy()
    first, second = policy.terms(matter("I")), policy.terms(matter("II"))
    assert (first.fix, first.plan) == (Span(1, "meal"), Span(2, "h"))
    assert (first.recheck, second.recheck) == (Span(72, "h"), Span(72, "h"))
    assert first.reminders == (0.5, 0.9)


def test_the_catalogue_s_duty_fills_in_and_without_one_no_clock_runs() -> None:
    policy = load_policy()
    assert policy.terms(matter(plan_h=2.0, fix_h=24.0)).fix == Span(24, "h")
    assert policy.terms(matter()).plan is None


def test_narrower_entries_win_and_none_takes_away(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    narrow = '[[terms]]\ntiers = ["II"]\nkinds = ["no_mask"]\nfix = "1 h"\n'
    wider = '[[terms]]\nzones = ["special_room"]\nfix = "9 h"\nplan = "none"\n'
    path.write_text(f"{POLICY.read_text(encoding='utf-8')}\n{narrow}\n{wider}", encoding="utf-8")
    terms = load_policy(path).terms(matter(plan_h=2.0))
    assert (terms.fix, terms.plan) == (Span(1, "h"), None)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('[[terms]]\nfix = "soon"', r"terms\[3\]\.fix"),
        ('[[terms]]\ntiers = ["IV"]', r"terms\[3\]\.tiers"),
        ('[[terms]]\nkinds = ["no_shoes"]', r"terms\[3\]\.kinds"),
        ('[[terms]]\nfixx = "2 h"', r"terms\[3\]\.fixx"),
        ("[[terms]]\nreminders = [1.5]", r"terms\[3\]\.reminders"),
    ],
)
def test_a_wrong_entry_is_named(wrong: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(f"{POLICY.read_text(encoding='utf-8')}\n{wrong}\n", encoding="utf-8")
    with pytest.raises((ConfigError, InvalidInputError), match=named):
        load_policy(path)


def test_a_policy_that_leaves_a_clock_open_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('edition = 2026-11-24\n[[terms]]\nfix = "2 h"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="terms"):
        load_policy(path)
