"""People, keys, cameras, evidence and the registers on each kind of database."""

from collections.abc import Callable, Sequence
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, insert, select, update

from api.audit import Act, breaks, record, seal
from api.store import cameras, keys, media, register, replays, reviews, users
from api.store import schema as tables
from api.store.database import Database
from api.store.scope import WHOLE
from tests.contract.world import NOW, camera_row, event_id, furnish, piece, take, told, user_row, view

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
        take(connection, told(1))
        take(connection, told(2, site="hall"))
    return database


# The audit trail.

TAMPERING: dict[str, Callable[[Connection], Any]] = {
    "another actor": lambda c: c.execute(update(tables.audit).where(_row(3)).values(actor="user:nobody")),
    "another action": lambda c: c.execute(update(tables.audit).where(_row(3)).values(action="site.kept")),
    "another target": lambda c: c.execute(update(tables.audit).where(_row(3)).values(target="bar")),
    "another detail": lambda c: c.execute(update(tables.audit).where(_row(3)).values(detail="{}")),
    "another time": lambda c: c.execute(update(tables.audit).where(_row(3)).values(at=NOW + timedelta(microseconds=1))),
    "one taken out": lambda c: c.execute(delete(tables.audit).where(_row(3))),
    "the first taken out": lambda c: c.execute(delete(tables.audit).where(_row(1))),
    "the last taken out": lambda c: c.execute(delete(tables.audit).where(_row(5))),
    "all taken out": lambda c: c.execute(delete(tables.audit)),
    "one resealed": lambda c: _reseal(c, 3),
    "the last resealed": lambda c: _reseal(c, 5),
    "one added": lambda c: _forge(c),  # noqa: PLW0108 - it stands further down
}


def _row(sequence: int) -> Any:
    return tables.audit.c.sequence == sequence


def _reseal(connection: Connection, sequence: int) -> None:
    row = dict(connection.execute(select(tables.audit).where(_row(sequence))).mappings().one()) | {"target": "bar"}
    values = {"target": "bar", "digest": seal(row)}
    connection.execute(update(tables.audit).where(_row(sequence)).values(**values))


def _forge(connection: Connection) -> None:
    last = connection.execute(select(tables.audit).where(_row(5))).mappings().one()
    row = {**last, "sequence": 6, "previous": last["digest"]}
    connection.execute(insert(tables.audit).values(**{**row, "digest": seal(row)}))


@pytest.fixture
def trail(city: Database) -> Database:
    for number in range(5):
        with city.write() as connection:
            # Whoever gives the time may live in another zone.
            at = (NOW + number * HOUR).astimezone(timezone(timedelta(hours=8)))
            record(connection, Act("user:anna", "site.changed", "main", {"名": "灶\0", "number": number}), at)
    return city


def test_the_trail_holds_when_nobody_touched_it(trail: Database) -> None:
    with trail.read() as connection:
        assert list(breaks(connection)) == []


@pytest.mark.parametrize("way", TAMPERING)
def test_who_touches_the_trail_is_noticed(trail: Database, way: str) -> None:
    with trail.write() as connection:
        TAMPERING[way](connection)
    with trail.read() as connection:
        assert list(breaks(connection))


def test_an_act_that_was_undone_leaves_no_gap(trail: Database) -> None:
    with pytest.raises(KeyError), trail.write() as connection:  # noqa: PT012 - the raise ends the transaction
        record(connection, Act("user:anna", "site.changed", "bar"), NOW)
        raise KeyError
    with trail.write() as connection:
        record(connection, Act("user:anna", "site.changed", "grill"), NOW)
    with trail.read() as connection:
        assert list(breaks(connection)) == []
        assert connection.scalar(select(func.max(tables.audit.c.sequence))) == 6


# The viewing register (I7).


def test_the_register_has_a_row_for_each_viewing(city: Database) -> None:
    others = [{"name": "snapshot"}, {"reason": "申诉"}, {"event_id": event_id(2)}, {"user_id": "user-ben"}]
    with city.write() as connection:
        users.add(connection, user_row("ben"))
        register.note(connection, view(0), NOW)
        register.note(connection, view(1), NOW + 9 * MINUTE)  # the same viewing
        register.note(connection, view(2), NOW + 10 * MINUTE)
        for number, other in enumerate(others, start=3):
            register.note(connection, view(number, **other), NOW)
        noted = {row["id"] for row in register.page(connection, WHOLE, 99, None)}
    assert noted == {f"view-{number:03}" for number in (0, 2, 3, 4, 5, 6)}


def test_the_register_is_read_page_by_page(city: Database) -> None:
    with city.write() as connection:
        for number in range(7):  # three at the same instant
            register.note(connection, view(number, reason=str(number)), NOW + (number // 3) * MINUTE)
    shown: list[str] = []
    behind = None
    with city.read() as connection:
        while len(rows := register.page(connection, WHOLE, 2, behind)) > 2:
            shown += [row["reason"] for row in rows[:2]]
            behind = (rows[1]["at"], rows[1]["id"])
        shown += [row["reason"] for row in rows]
    assert shown == list("6543210")


# Verdicts.


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.sampled_from(["confirmed", "dismissed", "unsure", "undone"]), max_size=8))
def test_the_newest_verdict_that_was_not_taken_back_stands(city: Database, said: Sequence[str]) -> None:
    stack: list[int] = []
    with city.write() as connection:
        connection.execute(delete(tables.reviews))
        for number, verdict in enumerate(said, start=1):
            row = {"verdict": verdict, "reason": "", "note": "", "user_id": "user-anna"}
            reviews.add(connection, event_id(1), number, row, NOW)
            if verdict != "undone":
                stack.append(number)
            elif stack:
                stack.pop()
    with city.read() as connection:
        history = reviews.history(connection, event_id(1))
        standing = reviews.of_events(connection, [event_id(1), event_id(2)]).get(event_id(1))
    assert [(row["number"], row["verdict"], row["by"]) for row in history] == [
        (number, verdict, "anna") for number, verdict in enumerate(said, start=1)
    ]
    assert (standing["number"] if standing else None) == (stack[-1] if stack else None)


# Evidence.


def test_the_first_evidence_of_a_role_stays(city: Database) -> None:
    with city.write() as connection:
        assert media.add(connection, piece("clip"))
        assert media.add(connection, piece("snapshot"))
        assert not media.add(connection, piece("clip", "1"))
        found = media.find(connection, event_id(1), "clip")
    assert found
    assert (found["sha256"], found["size_bytes"], found["blurred"]) == ("0" * 64, 5 << 32, False)


def test_lost_evidence_is_not_shown_until_it_is_sent_again(city: Database) -> None:
    with city.write() as connection:
        for name in ("clip", "snapshot"):
            media.add(connection, piece(name))
        media.mark_missing(connection, event_id(1), "clip", NOW)
        assert {row["name"] for row in media.of_events(connection, [event_id(1)])[event_id(1)]} == {"snapshot"}
        media.restore(connection, event_id(1), "clip")
        assert len(media.of_events(connection, [event_id(1), event_id(2)])[event_id(1)]) == 2
        assert [row["name"] for row in media.everything(connection)] == ["clip", "snapshot"]
        assert media.find(connection, event_id(2), "clip") is None


# Requests that are sent again.


def test_an_answer_is_kept_for_a_day(city: Database) -> None:
    answer = replays.Answer(200, {"名": "灶", "n": [1, None]}, replays.fingerprint("a", 1))
    with city.write() as connection:
        assert replays.find(connection, "user-anna", "k") is None
        replays.keep(connection, "user-anna", "k", answer, NOW)
    with city.write() as connection:
        assert replays.find(connection, "user-anna", "k") == answer
        assert replays.find(connection, "user-ben", "k") is None
    with city.write() as connection:
        assert replays.find(connection, "user-anna", "later") is None
        replays.keep(connection, "user-anna", "later", answer, NOW + 25 * HOUR)
    with city.write() as connection:
        assert replays.find(connection, "user-anna", "k") is None


def test_a_request_that_failed_may_be_sent_again(city: Database) -> None:
    with pytest.raises(KeyError), city.write() as connection:  # noqa: PT012 - the raise ends the transaction
        assert replays.find(connection, "user-anna", "k") is None
        raise KeyError
    with city.write() as connection:
        assert replays.find(connection, "user-anna", "k") is None


# Keys, people, sessions.


def test_keys_live_until_they_are_revoked(city: Database) -> None:
    row = {"id": "k1", "prefix": "abc", "digest": "0" * 64, "name": "盒子", "scopes": ["events:write"]}
    with city.write() as connection:
        keys.add(connection, {**row, "region_id": "north", "created_at": NOW})
        found = keys.by_prefix(connection, "abc")
        assert found
        assert (found["scopes"], found["region_path"]) == (["events:write"], "/north/")
        assert keys.by_prefix(connection, "ABC") is None
        assert keys.revoke(connection, "abc", NOW)
        assert not keys.revoke(connection, "abc", NOW)
        assert not keys.revoke(connection, "other", NOW)
        assert keys.by_prefix(connection, "abc") is None
        assert [row["revoked_at"] for row in keys.everything(connection)] == [NOW]


def test_the_use_of_a_key_is_noted_to_the_minute(city: Database) -> None:
    noted = []
    with city.write() as connection:
        keys.add(
            connection,
            {"id": "k1", "prefix": "abc", "digest": "0", "name": "", "scopes": [], "region_id": "root"}
            | {"created_at": NOW},
        )
        for seconds in (0, 30, 60, 61, 100):
            row = keys.by_prefix(connection, "abc")
            assert row
            worth = keys.used_long_ago(row, NOW + timedelta(seconds=seconds))
            keys.note_use(connection, "k1", NOW + timedelta(seconds=seconds))
            after = keys.by_prefix(connection, "abc")
            assert after
            noted.append(((after["last_used_at"] - NOW).seconds, worth))
    assert noted == [(0, True), (0, False), (0, False), (61, True), (61, False)]


def test_names_of_people_do_not_differ_by_case(city: Database) -> None:
    with city.read() as connection:
        found = users.by_name(connection, "ANNA")
        assert found
        assert found["id"] == "user-anna"
        assert users.by_name(connection, "ann_") is None
        assert not users.somebody_can_log_in(connection)


def test_a_code_is_used_once_and_in_time(city: Database) -> None:
    with city.write() as connection:
        users.replace_code(connection, "a" * 64, NOW, NOW + HOUR)
        users.replace_code(connection, "b" * 64, NOW, NOW + HOUR)
        assert not users.use_code(connection, "a" * 64, NOW)
        assert not users.use_code(connection, "b" * 64, NOW + HOUR)
        assert users.use_code(connection, "b" * 64, NOW + HOUR - timedelta(microseconds=1))
        assert not users.use_code(connection, "b" * 64, NOW)


def test_sessions_end_by_time_and_by_will(city: Database) -> None:
    with city.write() as connection:
        for name, length in (("a", HOUR), ("b", 2 * HOUR), ("c", 2 * HOUR)):
            session = {"digest": name * 64, "user_id": "user-anna", "by_code": name == "a", "expires_at": NOW + length}
            users.add_session(connection, session, NOW)
    with city.write() as connection:
        alive = [name for name in "abc" if users.by_session(connection, name * 64, NOW + HOUR)]
        assert alive == ["b", "c"]
        found = users.by_session(connection, "a" * 64, NOW)
        assert found
        assert (found["name"], found["region_path"], found["by_code"]) == ("anna", "/", True)
        users.end_sessions_of(connection, "user-anna", keep="b" * 64)
        assert [name for name in "abc" if users.by_session(connection, name * 64, NOW)] == ["b"]
        users.end_session(connection, "b" * 64)
        assert users.by_session(connection, "b" * 64, NOW) is None


def test_a_password_ends_the_code(city: Database) -> None:
    with city.write() as connection:
        users.add(connection, user_row("admin", "admin"))
        users.replace_code(connection, "a" * 64, NOW, NOW + HOUR)
        users.set_password(connection, "user-admin", "$argon2id$…")
        assert users.somebody_can_log_in(connection)
        assert not users.use_code(connection, "a" * 64, NOW)


# Cameras.


def test_a_camera_is_changed_by_whoever_knows_its_version(city: Database) -> None:
    with city.write() as connection:
        assert cameras.change(connection, "main-1", 1, {"name": "新"})
        assert not cameras.change(connection, "main-1", 1, {"name": "旧"})
        assert not cameras.change(connection, "nowhere", 1, {"name": "旧"})
        found = cameras.find(connection, WHOLE, "main-1")
    assert found
    assert (found["name"], found["version"], found["site_name"]) == ("新", 2, "店 main")
    assert found["zones"] == [{"name": "灶", "type": "hot"}]


def test_a_removed_camera_is_remembered_but_not_shown(city: Database) -> None:
    with city.write() as connection:
        cameras.change(connection, "main-1", 1, {"removed_at": NOW, "enabled": False})
        assert cameras.find(connection, WHOLE, "main-1") is None
        assert "main-1" not in {row["id"] for row in cameras.everything(connection, WHOLE)}
        place = cameras.place(connection, "main-1")
        assert place
        assert place["removed_at"] == NOW
        assert take(connection, told(3)).created  # what its worker still had in the spool


def test_a_worker_looks_at_its_own_cameras_and_at_nobodys(city: Database) -> None:
    more = {
        "mine": {"worker": "w1"},
        "other": {"worker": "w2"},
        "off": {"enabled": False},
        "blind": {"source": ""},
        "gone": {"removed_at": NOW},
    }
    with city.write() as connection:
        for camera, values in more.items():
            cameras.add(connection, camera_row(camera, "main", **values))
        assigned = {row["id"] for row in cameras.assigned(connection, WHOLE, "w1")}
    assert "main-1" in assigned
    assert assigned & more.keys() == {"mine"}


def test_the_last_report_of_a_camera_stands(city: Database) -> None:
    state = {"camera_id": "main-1", "worker_id": "w1", "looks": 7 << 33, "drops": {"stale": 2}, "error": ""}
    with city.write() as connection:
        for at, spool, name in ((NOW, 5, "offline"), (NOW + HOUR, 0, "ok")):
            cameras.report(connection, "w1", spool, at)
            cameras.report_state(connection, {**state, "state": name, "last_look_at": None, "reported_at": at})
        found = cameras.find(connection, WHOLE, "main-1")
        spools = connection.execute(select(tables.workers.c.id, tables.workers.c.spool)).all()
    assert found
    assert (found["state_state"], found["state_looks"], found["state_drops"]) == ("ok", 7 << 33, {"stale": 2})
    assert found["state_reported_at"] == NOW + HOUR
    assert found["state_last_look_at"] is None
    assert [tuple(row) for row in spools] == [("w1", 0)]
