"""Each check alone, at its bounds; and what follows from all of them together."""

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.photos import checks
from api.photos.checks import SOFT, Earlier, Fence, Name, Verdict, outcome_of
from api.photos.claim import Claim
from api.photos.traces import Traces
from api.photos.wording import TEXTS, verdict_body
from vision.errors import InvalidInputError

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
PLAIN = Traces(is_jpeg=True, tables=((1,),))
results = st.sampled_from(["passed", "failed", "unclear"])


def claim(after_s: float = 0, accuracy_m: float = 10, latitude: float = 30.0) -> Claim:
    at = AT + timedelta(seconds=after_s)
    picture = {"sha256": "0" * 64, "taken_at": at}
    position = {"latitude": latitude, "longitude": 120.0, "accuracy_m": accuracy_m, "at": at}
    told = {"challenge": UUID(int=1), "nonce": "N", "device": "d", "scene": picture, "portrait": picture}
    return Claim.model_validate({**told, "position": position})


@given(st.dictionaries(st.sampled_from(get_args(Name)), results, min_size=1))
def test_nothing_is_summed_up(told: dict[Any, Any]) -> None:
    outcome = outcome_of(Verdict(check, result, "") for check, result in told.items())
    hard = any(result == "failed" and check not in SOFT for check, result in told.items())
    assert (outcome == "refused") == hard
    assert (outcome == "passed") == (set(told.values()) == {"passed"})


@pytest.mark.parametrize(
    ("after_s", "arrived_s", "result"),
    [(10, 20, "passed"), (-120, 20, "passed"), (-121, 20, "failed"), (140, 20, "passed"), (141, 20, "failed")],
)
def test_claimed_times_lie_between_challenge_and_arrival(after_s: float, arrived_s: float, result: str) -> None:
    verdict = checks.times(claim(after_s), AT, AT + timedelta(seconds=arrived_s), ())
    assert verdict.result == result


def test_a_picture_that_tells_another_time_is_refused() -> None:
    assert checks.times(claim(), AT, AT, [timedelta(seconds=-400)]).result == "passed"
    assert checks.times(claim(), AT, AT, [timedelta(), timedelta(hours=-3)]).reason == "exif_time"


@pytest.mark.parametrize(
    ("latitude", "accuracy_m", "reason"),
    [
        (30.0, 10, "inside"),
        (30.0, 101, "inaccurate"),
        (30.00130, 10, "inside"),  # 144.6 m
        (30.00140, 10, "inaccurate"),  # 155.7 m: outside, but perhaps by the position's error alone
        (30.00150, 10, "outside"),  # 166.8 m
        (30.00200, 5000, "inaccurate"),
        (31.0, 1e6, "outside"),  # a useless accuracy opens no door
    ],
)
def test_the_fence_knows_how_accurate_a_position_is(latitude: float, accuracy_m: float, reason: str) -> None:
    assert checks.place(claim(0, accuracy_m, latitude), Fence(30.0, 120.0, 150.0)).reason == reason


def test_distances_on_the_earth() -> None:
    assert claim().position.distance_m(30.0, 120.0) == 0
    assert claim().position.distance_m(31.0, 120.0) == pytest.approx(111_195, abs=1)
    assert claim().position.distance_m(-30.0, -60.0) == pytest.approx(20_015_114, abs=10), "the other end of the world"


def test_marks() -> None:
    assert checks.mark("N", ["N", "N"]).result == "passed"
    assert checks.mark("N", ["N", ""]).reason == "unreadable"
    assert checks.mark("N", ["M", ""]).reason == "other_nonce"
    assert checks.mark("N", ["N", "M"]).refuses, "a page that was given N draws nothing else"
    assert not checks.mark("N", ["", ""]).refuses, "a corner that cannot be read proves no lie"


def test_somebody_in_the_background_is_no_portrait() -> None:
    assert checks.person([]).result == "failed"
    assert checks.person([(0.9, 0.1)]).result == "failed"
    assert checks.person([(0.9, 0.1), (0.6, 0.8)]).result == "passed"


def test_earlier_photos() -> None:
    copy, alike, other = (Earlier("p", is_own_site=True, how="copied", likeness=x) for x in (0.999, 0.98, 0.9))
    assert checks.unused([other]).result == "passed"
    assert checks.unused([other, alike]).result == "unclear"
    assert checks.unused([other, alike, copy]).result == "failed"
    assert checks.unused([Earlier("p", is_own_site=False, how="same_hash", bits=3)]).reason == "used_elsewhere"


@pytest.mark.parametrize(
    ("second", "live", "untouched", "outcome"),
    [
        (PLAIN, "as_the_page_writes", "no_traces", "passed"),
        (Traces(is_jpeg=False), "not_jpeg", "no_traces", "refused"),
        (Traces(is_jpeg=True, camera=("Make",), tables=((1,),)), "camera_notes", "no_traces", "refused"),
        (Traces(is_jpeg=True, tables=((2,),)), "two_encoders", "no_traces", "doubtful"),
        (Traces(is_jpeg=True, editor=("Software",), tables=((1,),)), "as_the_page_writes", "editor_notes", "refused"),
        (Traces(is_jpeg=True, twice=0.9, tables=((1,),)), "as_the_page_writes", "compressed_twice", "doubtful"),
        (Traces(is_jpeg=True, is_broken=True, tables=((1,),)), "as_the_page_writes", "broken_notes", "doubtful"),
    ],
)
def test_files_tell_of_themselves(second: Traces, live: str, untouched: str, outcome: str) -> None:
    told = checks.live([PLAIN, second]), checks.untouched([PLAIN, second])
    assert (*(verdict.reason for verdict in told), outcome_of(told)) == (live, untouched, outcome)


def test_every_check_and_reason_has_its_words() -> None:
    words = tomllib.loads(TEXTS.read_text("utf-8"))
    assert words.keys() == set(get_args(Name))
    assert all(text["zh"] and text["en"] for check in words.values() for text in check.values())
    body = verdict_body(Verdict("place", "unclear", "no_fence"))
    assert (body["refuses"], body["says"]["zh"]) == (False, "该场所尚未登记坐标")


@given(st.text(max_size=60))
def test_a_claim_is_read_strictly(text: str) -> None:
    with pytest.raises(InvalidInputError):
        Claim.read(text)
    with pytest.raises(InvalidInputError, match="at most 4096"):
        Claim.read(text.ljust(4097))
