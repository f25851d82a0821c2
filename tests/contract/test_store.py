"""Events, their log and their queue on each kind of database: intake (I1), filters, cursors, and who sees what (I9)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from api.intake import Step
from api.store import cameras, events, log, media, regions, register, sites
from api.store.database import Database
from api.store.events import EventFilter, Page, Position, Sort
from api.store.schema import log as log_table
from api.store.schema import metadata
from api.store.scope import WHOLE, Scope
from tests.contract.world import NOW, PARENTS, SITES, event_id, furnish, piece, take, told, within
from vision.errors import InvalidInputError

ONE_DATABASE = [HealthCheck.function_scoped_fixture]
"""Examples share the database; each brings events of its own."""
FRESH = count(1000)
"""Numbers of events that no example has used."""


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
    return database


def lines(connection: Connection, after: int = 0, scope: Scope = WHOLE) -> list[dict[str, Any]]:
    return [json.loads(line.body) for line in log.after(connection, scope, after, 1000)]


# What workers tell, in any order and as often as they like.


@dataclass
class Expected:
    """What should be known of one event, worked out without the code under test."""

    phase: str = ""
    probability: float = 0.0
    said: list[str] = field(default_factory=list)

    def hear(self, phase: str, probability: float) -> None:
        news = phase not in self.said
        if self.phase and (phase == "opened" or not news or (self.phase == "closed" and phase == "closed")):
            return
        self.said.append(phase)
        if self.phase != "closed":
            self.probability = probability
            self.phase = "closed" if phase == "closed" else "opened"


MESSAGES = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["opened", "updated", "closed"]), st.floats(0, 1)), max_size=12
)


@settings(max_examples=40, suppress_health_check=ONE_DATABASE)
@given(messages=MESSAGES)
def test_events_only_move_forward_and_each_message_is_told_once(
    city: Database, messages: Sequence[tuple[int, str, float]]
) -> None:
    first, expected = next(FRESH) * 10, [Expected(), Expected(), Expected()]
    with city.read() as connection:
        before = log.head(connection)
    for number, phase, probability in messages:
        expected[number].hear(phase, probability)
        with city.write() as connection:
            take(connection, told(first + number, phase, probability=probability))
    with city.read() as connection:
        for number, event in enumerate(expected):
            row = events.find(connection, WHOLE, event_id(first + number))
            assert (row["phase"] if row else "") == event.phase
            if row:
                assert row["data"]["probability"] == event.probability
                assert row["version"] == len(event.said)
        new = lines(connection, before)
    assert [body["sequence"] for body in new] == list(range(before + 1, before + 1 + len(new)))
    wanted = [f"{event_id(first + n)}/{phase}" for n, event in enumerate(expected) for phase in event.said]
    assert sorted(body["id"] for body in new) == sorted(wanted)


def test_what_comes_late_changes_nothing(city: Database) -> None:
    with city.write() as connection:
        assert take(connection, told(1, "closed", probability=0.9)).step is Step.CREATE
        closed = dict(events.find(connection, WHOLE, event_id(1)) or {})
    with city.write() as connection:
        assert take(connection, told(1, "opened", probability=0.1)).step is Step.IGNORE
        assert take(connection, told(1, "closed", probability=0.2)).step is Step.IGNORE
        assert dict(events.find(connection, WHOLE, event_id(1)) or {}) == closed
        assert len(lines(connection)) == 1


def test_evidence_that_is_told_of_after_the_end_is_logged_only(city: Database) -> None:
    with city.write() as connection:
        take(connection, told(1, "closed", probability=0.9))
        assert take(connection, told(1, "updated", probability=0.1)).step is Step.NOTE
        row = events.find(connection, WHOLE, event_id(1))
        assert row
        assert row["data"]["probability"] == 0.9
        assert [body["type"].rpartition(".")[2] for body in lines(connection)] == ["closed", "updated"]


def test_a_closing_is_told_although_its_end_was_known_before(city: Database) -> None:
    """The violation was over before its clip was: `updated` carries the end, and `closed` follows."""
    ended_at = (NOW + timedelta(seconds=4)).isoformat()
    with city.write() as connection:
        take(connection, told(1))
        assert take(connection, told(1, "updated", ended_at=ended_at)).step is Step.ADVANCE
        assert take(connection, told(1, "closed", ended_at=ended_at)).step is Step.ADVANCE
        assert take(connection, told(1, "closed", ended_at=ended_at)).step is Step.IGNORE
        row = events.find(connection, WHOLE, event_id(1))
        assert row
        assert row["phase"] == "closed"
        assert [body["type"].rpartition(".")[2] for body in lines(connection)] == ["opened", "updated", "closed"]


def test_a_status_is_never_taken_from_a_worker(city: Database) -> None:
    with city.write() as connection:
        take(connection, told(1, status="confirmed", usable_as_penalty_evidence=True))
        (body,) = lines(connection)
    assert body["data"]["status"] == "pending_review"
    assert body["data"]["usable_as_penalty_evidence"] is False


def test_an_id_belongs_to_one_camera(city: Database) -> None:
    with city.write() as connection:
        take(connection, told(1, site="hall"))
    with pytest.raises(InvalidInputError, match="no other camera"), city.write() as connection:
        take(connection, told(1, "closed", site="grill"))


def test_a_worker_writes_in_its_own_part_only(city: Database) -> None:
    inner = within("/north/north-inner/")
    with city.write() as connection:
        assert take(connection, told(1, site="stall"), inner).created
    with pytest.raises(InvalidInputError, match=r"data\.site"), city.write() as connection:
        take(connection, told(2, site="hall"), inner)
    with pytest.raises(InvalidInputError, match=r"data\.camera"), city.write() as connection:
        take(connection, told(3, site="stall", camera="hall-1"), inner)
    with city.read() as connection:
        assert len(lines(connection)) == 1


def test_what_is_stored_comes_back_as_it_was(city: Database) -> None:
    """Microseconds, offsets, Chinese, emoji, escapes: nothing is rounded, shifted or cut."""
    at = NOW.replace(microsecond=1)
    data = {"zone": {"name": '冷荤间 🥬 "\\', "type": "special_room"}, "started_at": "2026-11-24T16:00:00.000001+08:00"}
    with city.write() as connection:
        take(connection, told(1, **data, model="x" * 300))
    with city.read() as connection:
        row = events.find(connection, WHOLE, event_id(1))
        assert row
        assert row["started_at"] == at
        assert row["started_at"].utcoffset() == timedelta(0)
        assert row["data"]["zone"] == data["zone"]
        assert row["data"]["started_at"] == "2026-11-24T08:00:00.000001Z"
        assert lines(connection)[0]["data"]["zone"] == data["zone"]


# Nothing half-done, nothing skipped.


def contents(connection: Connection) -> dict[str, list[Any]]:
    return {name: sorted(map(repr, connection.execute(select(table)))) for name, table in metadata.tables.items()}


def test_what_is_undone_leaves_nothing(city: Database) -> None:
    with city.write() as connection:
        take(connection, told(1))
    with city.read() as connection:
        before = contents(connection)
    with pytest.raises(KeyError), city.write() as connection:  # noqa: PT012 - the raise ends the transaction
        take(connection, told(1, "closed"))
        take(connection, told(2, camera="new-box"))
        media.add(connection, piece("clip"))
        assert contents(connection) != before
        raise KeyError
    with city.read() as connection:
        assert contents(connection) == before
    with city.write() as connection:
        assert take(connection, told(2)).sequence == 2


def test_the_log_is_read_in_pieces(city: Database) -> None:
    with city.write() as connection:
        for number in range(7):
            take(connection, told(number))
    with city.read() as connection:
        assert log.head(connection) == 7
        assert log.knows(connection, f"{event_id(3)}/opened")
        assert not log.knows(connection, f"{event_id(3)}/closed")
        pieces = [[line.sequence for line in log.after(connection, WHOLE, after, 3)] for after in (0, 3, 6, 7, 1 << 60)]
    assert pieces == [[1, 2, 3], [4, 5, 6], [7], [], []]


# The queue.


@dataclass(frozen=True)
class Kept:
    """What a list should know of an event, worked out by hand."""

    id: str
    started_s: int
    tier: str
    site: str
    kind: str
    open: bool


KEPT = st.tuples(
    st.integers(0, 3),  # seconds: many begin at the same instant
    st.sampled_from(["I", "II", "III"]),
    st.sampled_from(sorted(SITES)),
    st.sampled_from(["no_hat", "no_mask"]),
    st.booleans(),
)


def keep(connection: Connection, facts: tuple[int, str, str, str, bool]) -> Kept:
    number, (started_s, tier, site, kind, is_open) = next(FRESH), facts
    phase = "opened" if is_open else "closed"
    take(connection, told(number, phase, site=site, after_s=started_s, tier=tier, kind=kind))
    return Kept(event_id(number), started_s, tier, site, kind, is_open)


def order(sort: Sort) -> Callable[[Kept], tuple[int, int, str]]:
    """Return the sort key: newest first; or by tier, and newest first within it."""
    return lambda kept: (-len(kept.tier) if sort == "urgent" else 0, kept.started_s, kept.id)


def read_on(connection: Connection, wanted: EventFilter, part: Page) -> tuple[list[str], Position | None]:
    rows = events.page(connection, WHOLE, wanted, part)
    shown = rows[: part.limit]
    last = shown[-1] if len(rows) > part.limit else None
    position = Position(last["tier_rank"], last["started_at"], last["id"]) if last else None
    return [row["id"] for row in shown], position


@settings(max_examples=25, suppress_health_check=ONE_DATABASE)
@given(
    old=st.lists(KEPT, max_size=12),
    new=st.lists(KEPT, max_size=6),
    sort=st.sampled_from(["newest", "urgent"]),
    limit=st.integers(1, 5),
)
def test_pages_show_everything_once_while_more_comes_in(
    city: Database, old: Sequence[Any], new: Sequence[Any], sort: Sort, limit: int
) -> None:
    clear(city)
    with city.write() as connection:
        known = [keep(connection, facts) for facts in old]
    arriving, shown, behind = iter(new), list[str](), None
    for _ in range(len(old) + len(new) + 1):  # a page that stands still must not stand for ever
        with city.read() as connection:
            page, behind = read_on(connection, EventFilter(), Page(sort, limit, behind))
        shown += page
        if behind is None:
            break
        with city.write() as connection:
            for facts in [next(arriving, None)]:
                known += [keep(connection, facts)] if facts else []
    assert behind is None
    assert len(set(shown)) == len(shown)
    in_order = [kept.id for kept in sorted(known, key=order(sort), reverse=True)]
    assert shown == [event for event in in_order if event in set(shown)]
    assert {kept.id for kept in known[: len(old)]} <= set(shown)


def clear(database: Database) -> None:
    """Forget all events, as nothing but a test may."""
    with database.write() as connection:
        connection.execute(log_table.delete())
        connection.execute(metadata.tables["events"].delete())


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "tier": st.lists(st.sampled_from(["I", "II", "III"]), max_size=2).map(tuple),
        "site": st.lists(st.sampled_from([*sorted(SITES), "nowhere"]), max_size=3).map(tuple),
        "kind": st.lists(st.sampled_from(["no_hat", "no_mask", "%", "no_"]), max_size=2).map(tuple),
        "open": st.none() | st.booleans(),
        "after": st.none() | st.integers(0, 4),
        "before": st.none() | st.integers(0, 4),
    },
)


def fits(kept: Kept, wanted: Mapping[str, Any]) -> bool:
    """Tell whether an event is wanted, worked out without a database."""
    alternatives = all(not wanted.get(name) or getattr(kept, name) in wanted[name] for name in ("tier", "site", "kind"))
    opened = wanted.get("open") in {None, kept.open}
    after, before = wanted.get("after"), wanted.get("before")
    return (
        alternatives
        and opened
        and (after is None or kept.started_s >= after)
        and (before is None or kept.started_s < before)
    )


@settings(max_examples=40, suppress_health_check=ONE_DATABASE)
@given(stored=st.lists(KEPT, max_size=10), wanted=FILTERS)
def test_filters_choose_what_they_say(city: Database, stored: Sequence[Any], wanted: Mapping[str, Any]) -> None:
    clear(city)
    with city.write() as connection:
        known = [keep(connection, facts) for facts in stored]
    instants = {
        name: NOW + timedelta(seconds=wanted[name]) for name in ("after", "before") if wanted.get(name) is not None
    }
    chosen = EventFilter(**{**wanted, "after": None, "before": None, **instants})
    with city.read() as connection:
        shown = {row["id"] for row in events.page(connection, WHOLE, chosen, Page("newest", 100))}
        counted = events.counts(connection, WHOLE, chosen)
    fitting = [kept for kept in known if fits(kept, wanted)]
    assert shown == {kept.id for kept in fitting}
    by_tier = {tier: sum(kept.tier == tier for kept in fitting) for tier in ("I", "II", "III")}
    assert counted["tier"] == {tier: number for tier, number in by_tier.items() if number}
    assert sum(counted["status"].values()) == len(fitting)


# Who sees what (I9).

SCOPES = {
    Scope("/"): set(SITES),
    Scope("/north/"): {"hall", "stall"},
    Scope("/north/north-inner/"): {"stall"},
    Scope("/north_/"): {"bar"},
    Scope("/North/"): {"BAR"},
    Scope("/south/"): {"grill"},
    Scope("/nort/"): set(),
    Scope("/", "hall"): {"hall"},
    Scope("/north/", "stall"): {"stall"},
    Scope("/south/", "hall"): set(),
}
SEES: dict[str, Callable[[Connection, Scope], set[str]]] = {
    "sites": lambda c, scope: {row["id"] for row in sites.everything(c, scope)},
    "site": lambda c, scope: {site for site in SITES if sites.find(c, scope, site)},
    "cameras": lambda c, scope: {row["site_id"] for row in cameras.everything(c, scope)},
    "cameras of": lambda c, scope: {s for s in SITES if cameras.everything(c, scope, s)},
    "camera": lambda c, scope: {site for site in SITES if cameras.find(c, scope, f"{site}-1")},
    "assigned": lambda c, scope: {row["site_id"] for row in cameras.assigned(c, scope, "any")},
    "events": lambda c, scope: {row["site_id"] for row in events.page(c, scope, EventFilter(), Page("newest", 99))},
    "event": lambda c, scope: {s for n, s in enumerate(sorted(SITES)) if events.find(c, scope, event_id(n))},
    "counts": lambda c, scope: {
        s for s in SITES if events.counts(c, scope, EventFilter(site=(s,)))["kind"].get("no_hat")
    },
    "log": lambda c, scope: {body["data"]["site"] for body in lines(c, 0, scope)},
    "register": lambda c, scope: {row["site"] for row in register.page(c, scope, 99, None)},
}
"""Every way to learn of a site from the store → the sites that one learns of."""


def test_nobody_learns_of_another_part_of_the_city(city: Database) -> None:
    with city.write() as connection:
        for number, site in enumerate(sorted(SITES)):
            take(connection, told(number, site=site))
            view = {"id": f"v{number}", "event_id": event_id(number), "user_id": "user-anna", "reason": "复核"}
            register.note(connection, {**view, "name": "clip", "sha256": "0" * 64}, NOW)
    with city.read() as connection:
        seen = {(name, scope): see(connection, scope) for name, see in SEES.items() for scope in SCOPES}
    assert seen == {(name, scope): SCOPES[scope] for name in SEES for scope in SCOPES}


def test_regions_are_a_tree(city: Database) -> None:
    below = {"/": {"root", *PARENTS}, "/north/": {"north", "north-inner"}, "/north_/": {"north_"}, "/nort/": set()}
    with city.read() as connection:
        for path, names in below.items():
            rows = regions.everything(connection, Scope(path))
            assert {row["id"] for row in rows} == names
            assert {region for region in ("root", *PARENTS) if regions.find(connection, Scope(path), region)} == names
            known = {"/"} if path == "/" else {path.rpartition("/")[0].rpartition("/")[0] + "/"}
            for row in rows:  # parents first
                assert row["path"] == "/" or row["path"].rpartition("/")[0].rpartition("/")[0] + "/" in known
                known.add(row["path"])
        assert regions.taken(connection, "north")
        assert not regions.taken(connection, "nort")
