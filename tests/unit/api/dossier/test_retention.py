"""The retention policy: every piece has one rule, no open case loses anything, and each entry says why."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.machine import AT_THE_SITE, OVER, Stage
from api.dossier.retention import ENROLLED, MEDIA, PHOTOS, RULES, STAGES, STATUSES, TIERS, Piece, load_policy
from vision.errors import ConfigError

THEN = datetime(2026, 11, 26, 8, tzinfo=UTC)
OF_CASES = tuple(stage for stage in STAGES if stage != ENROLLED)
media = st.builds(
    Piece, *(st.sampled_from(names) for names in (MEDIA, STATUSES, OF_CASES, TIERS)), touched_at=st.just(THEN)
)
photos = st.builds(
    Piece,
    *(st.sampled_from(names) for names in (PHOTOS, ("",), OF_CASES, ("", *TIERS))),
    touched_at=st.just(THEN),
)
pieces = media | photos


@given(pieces)
def test_every_piece_has_a_rule_with_a_reason(piece: Piece) -> None:
    rule = load_policy().rule_for(piece)
    assert rule
    assert rule.why["zh"]
    assert rule.why["en"]


@given(pieces, st.integers(0, 40_000))
def test_nothing_of_an_open_case_goes_and_nothing_goes_early(piece: Piece, days: int) -> None:
    policy = load_policy()
    rule, expired = policy.rule_for(piece), policy.expired(piece, THEN + timedelta(days=days))
    if piece.stage not in ("none", *OVER):
        assert expired is None
    if expired:
        assert rule is expired
        assert days >= expired.days
        assert timedelta(days=days) >= policy.shortest()


def test_the_grave_is_kept_for_five_years_and_the_dismissed_for_a_month() -> None:
    policy = load_policy()
    grave = Piece("clip", "confirmed", Stage.CLOSED, "I", THEN)
    plain = Piece("clip", "confirmed", Stage.CLOSED, "III", THEN)
    dismissed = Piece("snapshot", "dismissed", "none", "II", THEN)
    found = [rule.days if (rule := policy.rule_for(piece)) else None for piece in (grave, plain, dismissed)]
    assert found == [1825, 730, 30]
    assert AT_THE_SITE


@pytest.mark.parametrize(
    ("name", "stage", "rule"),
    [
        ("scene", Stage.RETURNED, "open-case"),
        ("portrait_blurred", Stage.CLOSED, "closed"),
        ("portrait", Stage.WITHDRAWN, "withdrawn"),
        ("scene", ENROLLED, "enrolled-spot"),
        ("portrait", ENROLLED, "photo-record"),
        ("scene_blurred", "none", "photo-record"),
    ],
)
def test_photos_have_rules(name: str, stage: str, rule: str) -> None:
    found = load_policy().rule_for(Piece(name, "", stage, "", THEN))
    assert found
    assert found.name == rule


def test_the_page_on_privacy_says_what_the_policy_does() -> None:
    page = (Path(__file__).parents[4] / "docs/privacy.md").read_text("utf-8")
    for rule in load_policy().rules:
        days = f"{rule.days} days" if rule.days else "kept"
        assert f"| `{rule.name}` | {days} |" in page, rule.name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("edition = 2026-11-26", 'edition = "soon"'), "edition"),
        (("days = 30", "days = -1"), "days"),
        (("days = 30", 'days = "30"'), "days"),
        (('name = "closed"', 'name = "open-case"'), "all different"),
        (('stage = ["none"]', 'stage = ["nowhere"]'), "stage"),
        (('status = ["dismissed"]', 'colour = "red"'), "colour"),
    ],
)
def test_a_wrong_policy_is_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "retention.toml"
    text = RULES.read_text("utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), "utf-8")
    with pytest.raises(ConfigError, match=message):
        load_policy(path)
