"""The one-time challenge, whatever is tried with it and whenever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.photos.challenge import MOST_TRIES, TTL, Binding, Challenge, Subject, issued, new_nonce, refused, used
from vision.errors import InvalidInputError

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
BOUND = Binding("li", "north-site", "d" * 64, Subject.CASE, "case-1")
FRESH = issued("c1", "7KQ2M9XWTC4H", BOUND, AT)
instants = st.timedeltas(min_value=timedelta(seconds=-400), max_value=timedelta(seconds=700)).map(AT.__add__)
deeds = st.lists(st.tuples(st.sampled_from(["use", "refuse"]), instants), max_size=12)


@given(deeds)
def test_it_is_used_once_at_most_and_only_while_it_lives(done: list[tuple[str, datetime]]) -> None:
    challenge, uses = FRESH, 0
    for deed, at in done:
        was_live = challenge.fault(challenge.nonce, BOUND, at) == ""
        if deed == "refuse":
            challenge = refused(challenge)
            continue
        try:
            challenge = used(challenge, at)
        except InvalidInputError:
            assert not was_live
        else:
            uses += 1
            assert was_live
            assert AT <= at < AT + TTL
    assert uses <= 1
    assert (challenge.used_at is not None) == (uses == 1)


@given(st.sampled_from(["user", "site", "device", "about"]), st.sampled_from(["li", "north-site", "case-1", "x", ""]))
def test_it_is_for_nobody_and_nothing_else(field: str, other: str) -> None:
    bound = replace(BOUND, **{field: other})
    assert FRESH.fault(FRESH.nonce, bound, AT) == ("" if bound == BOUND else "binding")


@pytest.mark.parametrize(
    ("challenge", "nonce", "after_s", "fault"),
    [
        (FRESH, FRESH.nonce, 0, ""),
        (FRESH, FRESH.nonce, 299.999, ""),
        (FRESH, FRESH.nonce, 300, "expired"),
        (FRESH, FRESH.nonce, -1, "expired"),
        (FRESH, "", 1, "nonce"),
        (FRESH, "七", 1, "nonce"),
        (replace(FRESH, tries=MOST_TRIES), FRESH.nonce, 1, "tries"),
        (replace(FRESH, used_at=AT), FRESH.nonce, 1, "used"),
    ],
)
def test_each_fault_has_its_name(challenge: Challenge, nonce: str, after_s: float, fault: str) -> None:
    assert challenge.fault(nonce, BOUND, AT + timedelta(seconds=after_s)) == fault


def test_nonces_are_read_without_doubt_and_do_not_repeat() -> None:
    nonces = {new_nonce() for _ in range(2000)}
    assert len(nonces) == 2000
    assert not set("".join(nonces)) & set("01ILOU")
