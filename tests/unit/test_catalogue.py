"""The catalogue: every kind is there, the law is not overstated, and a wrong entry is named by its key."""

import tomllib
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.catalogue import KINDS, Catalogue, Jurisdiction, Place, load_catalogue
from vision.errors import ConfigError
from vision.events import Binding, KindName, Tier
from vision.scene import ZoneType
from vision.toml_table import Table

PACKAGED = files("vision").joinpath("catalogue.toml").read_text("utf-8")
CATALOGUE = load_catalogue()
MASK_ZONES = (ZoneType.SPECIAL_ROOM, ZoneType.SPECIAL_AREA, ZoneType.SERVING)
EVERYWHERE = [
    Place(zone, site, law) for zone in ZoneType for site in CATALOGUE.site_types for law in get_args(Jurisdiction)
]

WEAR = ["no_mask", "no_hat", "no_uniform", "no_gloves", "bare_torso"]
CAMERA = ["camera_offline", "camera_black", "camera_frozen", "camera_covered", "camera_blurred", "camera_moved"]
PRESENCE = ["smoking", "phone_use", "rodent", "pet_animal", "insect", "smoke_fire", "bin_open"]
TIMER = ["flame_unattended", "absence", "intruder"]
HEALTH = [*CAMERA, "clock_drift"]
VOCABULARY = [*WEAR, *PRESENCE, *TIMER, *HEALTH]


def kind(name: str) -> KindName:
    return KindName(name)


# --- what the packaged file says ---------------------------------------------------------------------------------


def test_every_kind_of_the_vocabulary_is_described_in_both_languages() -> None:
    assert sorted(CATALOGUE.kinds) == sorted(VOCABULARY) == sorted(KINDS)
    assert all(k.zh and k.en and k.zh != k.en for k in CATALOGUE.kinds.values())


@pytest.mark.parametrize(
    ("family", "names"), [("wear", WEAR), ("presence", PRESENCE), ("timer", TIMER), ("camera", HEALTH)]
)
def test_a_family_is_what_its_rule_can_judge(family: str, names: list[str]) -> None:
    kinds = [CATALOGUE.kinds[kind(name)] for name in names]
    assert {k.family for k in kinds} == {family}
    assert all(bool(k.item) == (family == "wear") and bool(k.needs) == (family != "camera") for k in kinds)


def test_a_clause_is_verified_exactly_when_its_full_text_was_read() -> None:
    assert {c.grade for c in CATALOGUE.clauses.values()} >= {"T", "X", "G", "R"}
    for clause in CATALOGUE.clauses.values():
        assert clause.verified == (clause.grade == "T")
        assert clause.verified or clause.verified_at is None


def test_clauses_that_were_not_read_say_so() -> None:
    unread = [c for c in CATALOGUE.clauses.values() if not c.verified]
    assert unread
    for clause in unread:
        assert clause.text["zh"].startswith("本项目概述（"), clause.id
        assert clause.text["en"].startswith("Our summary ("), clause.id


def test_verified_clauses_are_those_that_the_domain_note_calls_read() -> None:
    verified = {c.instrument for c in CATALOGUE.clauses.values() if c.verified}
    assert verified == {"食品安全法", "消防法"}


def test_every_clause_is_used_and_belongs_to_its_jurisdiction() -> None:
    used = {c.id for entries in CATALOGUE.entries.values() for e in entries for c in e.duty.clauses}
    assert used == set(CATALOGUE.clauses)
    for entries in CATALOGUE.entries.values():
        assert all(c.jurisdiction == e.scope.jurisdiction for e in entries for c in e.duty.clauses)


@pytest.mark.parametrize("zone", list(ZoneType))
def test_china_demands_a_mask_only_where_ready_to_eat_food_is_made(zone: ZoneType) -> None:
    duty = CATALOGUE.duty(kind("no_mask"), Place(zone))
    if zone is ZoneType.DINING:
        assert duty is None
    elif zone in MASK_ZONES:
        assert duty is not None
        assert (duty.binding, duty.tier, duty.plan_h) == (Binding.MANDATORY, Tier.II, 2)
    else:
        assert duty is not None
        assert (duty.binding, duty.tier, duty.fix_h) == (Binding.RECOMMENDED, Tier.III, None)


@pytest.mark.parametrize("zone", list(ZoneType))
def test_the_united_states_know_no_mask_rule_and_europe_only_where_necessary(zone: ZoneType) -> None:
    assert CATALOGUE.duty(kind("no_mask"), Place(zone, jurisdiction="US")) is None
    european = CATALOGUE.duty(kind("no_mask"), Place(zone, jurisdiction="EU"))
    assert european is None or european.binding is Binding.RECOMMENDED


def test_a_missing_hat_weighs_more_in_a_special_room_and_nothing_among_guests() -> None:
    in_room = CATALOGUE.duty(kind("no_hat"), Place(ZoneType.SPECIAL_ROOM))
    at_wok = CATALOGUE.duty(kind("no_hat"), Place(ZoneType.COOKING))
    assert in_room is not None
    assert at_wok is not None
    assert (in_room.tier, at_wok.tier) == (Tier.II, Tier.III)
    assert at_wok.clauses[0].id == "cn-fsl-33-1-8"
    assert CATALOGUE.duty(kind("no_hat"), Place(ZoneType.DINING)) is None


def test_gloves_are_demanded_by_the_food_code_and_not_by_china() -> None:
    chinese = CATALOGUE.duty(kind("no_gloves"), Place(ZoneType.SPECIAL_ROOM))
    american = CATALOGUE.duty(kind("no_gloves"), Place(ZoneType.SPECIAL_ROOM, jurisdiction="US"))
    assert chinese is not None
    assert american is not None
    assert (chinese.binding, american.binding, american.fix_h) == (Binding.RECOMMENDED, Binding.MANDATORY, 72)


@pytest.mark.parametrize("place", EVERYWHERE, ids=str)
def test_a_rat_is_tier_one_everywhere(place: Place) -> None:
    duty = CATALOGUE.duty(kind("rodent"), place)
    assert duty is not None
    assert (duty.tier, duty.binding) == (Tier.I, Binding.MANDATORY)


@pytest.mark.parametrize("name", CAMERA)
def test_camera_health_binds_sites_on_delivery_platforms_since_june_2026(name: str) -> None:
    on_platform, in_school = Place(ZoneType.COOKING, "restaurant"), Place(ZoneType.COOKING, "school_canteen")
    bindings = [
        duty.binding
        for place, day in [
            (on_platform, date(2026, 6, 1)),
            (on_platform, date(2026, 5, 31)),
            (in_school, date(2026, 6, 1)),
        ]
        if (duty := CATALOGUE.duty(kind(name), place, day))
    ]
    assert bindings == [Binding.MANDATORY, Binding.RECOMMENDED, Binding.RECOMMENDED]


def test_wrong_mappings_seen_in_public_code_are_not_copied() -> None:
    assert not {"2-201.11", "2-404.11"} & {word for c in CATALOGUE.clauses.values() for word in c.article.split()}
    assert "1910" not in PACKAGED


def test_one_look_can_open_no_item_of_wear_and_putting_it_on_closes_it() -> None:
    for name in WEAR:
        thresholds = CATALOGUE.kinds[kind(name)].thresholds
        assert 4 < thresholds.open_at <= 8
        assert thresholds.close_at > 0
    dwells_s = {
        name: CATALOGUE.kinds[kind(name)].thresholds.dwell_s for name in ("phone_use", "bin_open", "flame_unattended")
    }
    assert dwells_s == {"phone_use": 10, "bin_open": 600, "flame_unattended": 180}


@given(st.sampled_from(KINDS), st.sampled_from(EVERYWHERE), st.dates())
def test_every_answer_is_about_what_was_asked_and_in_force(name: KindName, place: Place, on: date) -> None:
    duty = CATALOGUE.duty(name, place, on)
    if duty is None:
        return
    assert duty.kind == name
    assert all(c.jurisdiction == place.jurisdiction and c.in_force(on) for c in duty.clauses)
    assert duty.clauses or duty.binding is Binding.RECOMMENDED
    assert duty.binding is Binding.MANDATORY or (duty.plan_h, duty.fix_h) == (None, None)


def test_unknown_kinds_and_unknown_types_of_site_are_answered_without_guessing() -> None:
    assert CATALOGUE.duty(kind("dancing"), Place(ZoneType.COOKING)) is None
    assert CATALOGUE.duty(kind("no_hat"), Place(ZoneType.COOKING, "food_truck")) is not None
    elsewhere = CATALOGUE.duty(kind("camera_offline"), Place(ZoneType.COOKING, "food_truck"))
    assert elsewhere is not None
    assert elsewhere.binding is Binding.RECOMMENDED


# --- a small catalogue of our own: which duty answers ----------------------------------------------------------------


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "catalogue.toml"
    path.write_text(text, "utf-8")
    return path


def duties(*rows: str) -> str:
    """Return the packaged file with these duties for `no_hat` instead of its own."""
    head, _, tail = PACKAGED.partition("[[kinds.no_hat.duties]]")
    return (
        head + "".join(f"[[kinds.no_hat.duties]]\n{row}\n" for row in rows) + tail[tail.index("[kinds.no_uniform]") :]
    )


def own(tmp_path: Path, *rows: str) -> Catalogue:
    return load_catalogue(written(tmp_path, duties(*rows)))


EVERY = 'jurisdiction = "CN"\ntier = "III"\nbinding = "recommended"'
SITE = 'jurisdiction = "CN"\nsites = ["canteen"]\ntier = "II"\nbinding = "recommended"'
ZONE = 'jurisdiction = "CN"\nzones = ["cooking"]\ntier = "I"\nbinding = "recommended"'


@pytest.mark.parametrize(
    ("place", "tier"),
    [
        (Place(ZoneType.WASHING, "restaurant"), Tier.III),
        (Place(ZoneType.WASHING, "canteen"), Tier.II),
        (Place(ZoneType.COOKING, "restaurant"), Tier.I),
        (Place(ZoneType.COOKING, "canteen"), Tier.I),
        (Place(ZoneType.COOKING, "canteen", "EU"), None),
    ],
    ids=str,
)
def test_the_most_specific_duty_answers_whatever_the_order(tmp_path: Path, place: Place, tier: Tier | None) -> None:
    for rows in ((EVERY, SITE, ZONE), (ZONE, SITE, EVERY)):
        duty = own(tmp_path, *rows).duty(kind("no_hat"), place)
        assert (duty and duty.tier) == tier


def test_no_duties_means_no_violation_anywhere(tmp_path: Path) -> None:
    assert own(tmp_path).duty(kind("no_hat"), Place(ZoneType.COOKING)) is None


def test_a_clause_that_ends_hands_over_to_the_one_that_follows(tmp_path: Path) -> None:
    old = PACKAGED.replace("effective_from = 2018-10-01", "effective_from = 2018-10-01\neffective_to = 2027-01-31", 1)
    assert old != PACKAGED
    ending = load_catalogue(written(tmp_path, old))
    clause = next(c for c in ending.clauses.values() if c.effective_to)
    place = Place(ZoneType.COOKING)

    def cites(on: date | None) -> bool:
        duty = ending.duty(kind("bin_open"), place, on)
        return duty is not None and clause in duty.clauses

    last = date(2027, 1, 31)
    assert [cites(last), cites(last + timedelta(days=1)), cites(None)] == [True, False, False]


def test_the_version_names_the_edition_and_every_byte(tmp_path: Path) -> None:
    assert CATALOGUE.version.startswith("2026-11-24+")
    assert load_catalogue(written(tmp_path, PACKAGED)).version == CATALOGUE.version
    assert load_catalogue(written(tmp_path, PACKAGED.replace("\n", "\r\n"))).version == CATALOGUE.version
    assert load_catalogue(written(tmp_path, PACKAGED + "# changed\n")).version != CATALOGUE.version


def test_a_site_may_describe_kinds_of_its_own(tmp_path: Path) -> None:
    added = (
        '\n[kinds.wet_floor]\nzh = "地面湿滑"\nen = "wet floor"\nfamily = "timer"\nneeds = ["puddle"]\n'
        "thresholds = { open_at = 5, close_at = 1, leak_s = 60, rearm_s = 60, dwell_s = 600 }\n"
    )
    catalogue = load_catalogue(written(tmp_path, PACKAGED + added))
    assert catalogue.kinds[kind("wet_floor")].needs == ("puddle",)


# --- broken files --------------------------------------------------------------------------------------------------

HAT = "[kinds.no_hat]\n"
HAT_THRESHOLDS = "thresholds = { open_at = 5.0, close_at = 1.0, leak_s = 20, rearm_s = 30, dwell_s = 0 }"
CLAUSE = "[clauses.cn-fsl-33-1-8]\n"

BROKEN = [
    # section that is changed, what stands there, what is written instead, the key named, a part of what is allowed
    ("", "edition = 2026-11-24", "", "edition", "date"),
    ("", "edition = 2026-11-24", 'edition = "2026-11-24"', "edition", "without quotes"),
    ("", "edition = 2026-11-24", "edition = 2026-11-24T00:00:00Z", "edition", "without quotes"),
    ("", "edition = 2026-11-24", "edition = 2026-11-24\nauthor = 1", "author", "no such key"),
    ("", '"restaurant",', '"restaurant", "restaurant",', "site_types", "once"),
    ("", '"restaurant",', "7,", "site_types", "list of texts"),
    (HAT, 'zh = "未戴工作帽"\n', "", "kinds.no_hat.zh", "not empty"),
    (HAT, 'zh = "未戴工作帽"\n', 'zh = " "\n', "kinds.no_hat.zh", "not empty"),
    (HAT, 'family = "wear"', 'family = "ware"', "kinds.no_hat.family", "camera, presence, timer, wear"),
    (HAT, 'item = "hat"\n', "", "kinds.no_hat.item", "not empty"),
    (HAT, 'item = "hat"\n', 'item = "hat"\nitems = "hat"\n', "kinds.no_hat.items", "no such key"),
    (HAT, '["person", "head"]', '"person"', "kinds.no_hat.needs", "list of texts"),
    (HAT, HAT_THRESHOLDS, "", "kinds.no_hat.thresholds", "a table"),
    (HAT, "close_at = 1.0", "close_at = 5.0", "kinds.no_hat.thresholds.close_at", "< open_at (5)"),
    (HAT, "close_at = 1.0", "close_at = true", "kinds.no_hat.thresholds.close_at", "number"),
    (HAT, "close_at = 1.0", "close_at = -inf", "kinds.no_hat.thresholds.close_at", "finite number"),
    (HAT, "close_at = 1.0, ", "", "kinds.no_hat.thresholds.close_at", "number"),
    (HAT, "open_at = 5.0", "open_at = nan", "kinds.no_hat.thresholds.open_at", "> 0"),
    (HAT, "leak_s = 20", "leak_s = 0", "kinds.no_hat.thresholds.leak_s", "> 0"),
    (HAT, "rearm_s = 30", "rearm_s = -1", "kinds.no_hat.thresholds.rearm_s", ">= 0"),
    (HAT, "dwell_s = 0", 'dwell_s = "0"', "kinds.no_hat.thresholds.dwell_s", ">= 0"),
    (HAT, "dwell_s = 0", "dwell = 0", "kinds.no_hat.thresholds.dwell", "dwell_s"),
    (HAT, 'zones = ["special_room"]', 'zones = ["bedroom"]', "kinds.no_hat.duties[0].zones[0]", "special_room"),
    (HAT, 'zones = ["special_room"]', 'sites = ["ship"]', "kinds.no_hat.duties[0].sites[0]", "canteen"),
    (HAT, 'zones = ["special_room"]', 'zones = ["cooking"]', "kinds.no_hat.duties[1]", "one equally specific"),
    (HAT, '"cn-fsl-33-1-8"', '"cn-fsl-33"', "kinds.no_hat.duties[0].clauses[0]", "cn-fsl-33-1-8"),
    (HAT, '"cn-fsl-33-1-8"', '"eu-852-viii-1"', "kinds.no_hat.duties[0].clauses[0]", "cn-fsl-33-1-8"),
    (HAT, 'tier = "II"', "tier = 2", "kinds.no_hat.duties[0].tier", "I, II, III"),
    (HAT, 'binding = "mandatory"', 'binding = "must"', "kinds.no_hat.duties[0].binding", "mandatory, recommended"),
    (HAT, 'binding = "mandatory"', 'binding = "recommended"', "kinds.no_hat.duties[0].fix_h", "never ordered"),
    (HAT, "fix_h = 24", "fix_h = 0", "kinds.no_hat.duties[0].fix_h", "> 0"),
    (HAT, "fix_h = 24", "fix_days = 1", "kinds.no_hat.duties[0].fix_days", "no such key"),
    (HAT, 'jurisdiction = "CN"', 'jurisdiction = "UK"', "kinds.no_hat.duties[0].jurisdiction", "CN, EU, US"),
    (
        "[kinds.absence]\n",
        'binding = "recommended"',
        'binding = "mandatory"',
        "kinds.absence.duties[0].clauses",
        "at least one",
    ),
    (
        "[kinds.rodent]\n",
        'family = "presence"',
        'family = "presence"\nitem = "rat"',
        "kinds.rodent.item",
        "family wear",
    ),
    (CLAUSE, 'grade = "T"', 'grade = "A"', "clauses.cn-fsl-33-1-8.grade", "D, G, R, T, X"),
    (CLAUSE, 'grade = "T"', 'grade = "X"', "clauses.cn-fsl-33-1-8.verified_at", "only with grade T"),
    (CLAUSE, 'source_url = "https', 'source_url = "ftp', "clauses.cn-fsl-33-1-8.source_url", "web address"),
    (CLAUSE, "text.en = ", "text.de = ", "clauses.cn-fsl-33-1-8.text.de", "zh, en"),
    (CLAUSE, 'instrument = "食品安全法"\n', "", "clauses.cn-fsl-33-1-8.instrument", "not empty"),
    (CLAUSE, "effective_from = 2015-10-01", "effective_from = 2015", "clauses.cn-fsl-33-1-8.effective_from", "date"),
    (
        CLAUSE,
        "effective_from = 2015-10-01",
        "effective_from = 2015-10-01\neffective_to = 2015-09-30",
        "clauses.cn-fsl-33-1-8.effective_to",
        "2015-10-01 or later",
    ),
]


@pytest.mark.parametrize(
    ("section", "old", "new", "field", "allowed"), BROKEN, ids=[row[3] + "-" + row[2] for row in BROKEN]
)
def test_a_wrong_entry_is_named_by_its_key(
    tmp_path: Path, section: str, old: str, new: str, field: str, allowed: str
) -> None:
    start = PACKAGED.index(section)
    head, tail = PACKAGED[:start], PACKAGED[start:]
    assert old in tail
    with pytest.raises(ConfigError) as caught:
        load_catalogue(written(tmp_path, head + tail.replace(old, new, 1)))
    assert caught.value.field == field
    assert allowed in caught.value.allowed


@pytest.mark.parametrize("name", VOCABULARY)
def test_a_kind_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    renamed = PACKAGED.replace(f"[kinds.{name}]", "[kinds.other]").replace(f"[kinds.{name}.", "[kinds.other.")
    with pytest.raises(ConfigError, match=rf"^kinds\.{name}: .* every kind of the vocabulary"):
        load_catalogue(written(tmp_path, renamed))


@pytest.mark.parametrize(
    ("content", "field"),
    [(b"", "clauses"), (b"edition = ", "catalogue"), (b"\xff\xfe", "catalogue"), (b"kinds = 3\n[clauses]", "kinds")],
    ids=["empty", "not TOML", "not UTF-8", "no tables"],
)
def test_rubbish_is_one_clear_error(tmp_path: Path, content: bytes, field: str) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_catalogue(path)
    assert caught.value.field == field


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"catalogue: '/nothing-here\.toml' .* allowed: a readable file"):
        load_catalogue(Path("/nothing-here.toml"))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to everything in a parsed file."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [path, *(way for key, item in inner for way in leaves(item, (*path, key)))]


class Strange:
    """A type that no TOML file holds, so it is wrong wherever it stands."""


@given(st.sampled_from(leaves(tomllib.loads(PACKAGED))[1:]))
def test_a_strange_value_anywhere_is_named_by_a_key_on_the_way_to_it(way: tuple[Any, ...]) -> None:
    content = tomllib.loads(PACKAGED)
    parent: Any = content
    for key in way[:-1]:
        parent = parent[key]
    parent[way[-1]] = Strange()
    with pytest.raises(ConfigError) as caught:
        _checked(content)
    dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in way).lstrip(".")
    assert dotted.startswith(caught.value.field)


def _checked(content: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vision.catalogue._parsed", lambda _: content)
        load_catalogue()


# --- the reader of tables ------------------------------------------------------------------------------------------


@given(st.one_of(st.integers(0, 10**9), st.floats(0, 1e9)))
def test_a_number_in_its_bounds_is_returned_unchanged(value: float) -> None:
    assert Table("t", {"x": value}).number("x", least=0) == value


NOT_IN_BOUNDS = [st.integers(max_value=-1), st.integers(10**9 + 1), st.just(float("nan")), st.just(float("inf"))]


@given(st.one_of(*NOT_IN_BOUNDS, st.booleans(), st.text(), st.none()))
def test_anything_else_is_refused_by_its_key(value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        Table("t", {"x": value}).number("x", least=0)
    assert caught.value.field == "t.x"
