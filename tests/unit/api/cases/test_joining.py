"""What makes a case, which one an event joins, and what happens when its confirmation is taken back."""

from datetime import UTC, date, datetime

import pytest

from api.cases.joining import Ground, Leaving, a_year_before, ground_of, is_graver, leaving, makes_case
from api.cases.machine import Stage


@pytest.mark.parametrize("status", ["pending_review", "confirmed", "dismissed", "unsure"])
@pytest.mark.parametrize("binding", ["mandatory", "recommended"])
def test_only_what_a_person_confirmed_and_the_law_demands_makes_a_case(status: str, binding: str) -> None:
    assert makes_case(status, binding) == ((status, binding) == ("confirmed", "mandatory"))


def test_the_day_is_that_of_the_site_s_own_wall() -> None:
    at = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    assert ground_of("s", "no_hat", at, "Asia/Shanghai") == Ground("s", "no_hat", date(2026, 11, 25))
    assert ground_of("s", "no_hat", at, "America/New_York").day == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 11, 24), date(2025, 11, 24)),
        (date(2024, 2, 29), date(2023, 2, 28)),
        (date(2025, 2, 28), date(2024, 2, 28)),
    ],
)
def test_a_year_is_a_year_in_leap_years_too(day: date, before: date) -> None:
    assert a_year_before(day) == before


@pytest.mark.parametrize(
    ("stage", "others", "fate"),
    [
        (Stage.CONFIRMED, 0, Leaving.WITHDRAWS),
        (Stage.CONFIRMED, 1, Leaving.LEAVES),
        (Stage.ORDERED, 0, Leaving.REFUSED),
        (Stage.ORDERED, 2, Leaving.LEAVES),
        (Stage.RECTIFIED, 0, Leaving.REFUSED),
        (Stage.CLOSED, 0, Leaving.REFUSED),
        (Stage.CLOSED, 3, Leaving.REFUSED),
        (Stage.WITHDRAWN, 0, Leaving.LEAVES),
    ],
)
def test_an_order_is_not_pulled_away_from_under_a_site(stage: Stage, others: int, fate: Leaving) -> None:
    assert leaving(stage, others) is fate


def test_the_first_tier_is_the_gravest() -> None:
    assert is_graver("I", than="II")
    assert not is_graver("III", than="II")
    assert not is_graver("II", than="II")
