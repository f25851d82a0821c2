"""Photos of kitchens on each kind of database: kept by policy and holds, deleted with a proof, seen in the open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from api.check import findings
from api.dossier.retention import load_policy
from api.dossier.sweeping import sweep
from api.objects.disk import DiskStore
from api.store import keeping, photo_keeping, photos, register
from api.store.case_schema import cases as case_table
from api.store.database import Database
from api.store.photo_schema import photo_prints, photo_views
from api.store.schema import audit
from api.store.scope import WHOLE
from api.viewing import note_viewings, viewings_unlike_audit
from tests.contract.test_store_cases import ANNA, confirmed
from tests.contract.test_store_photos import HASH, keep, peopled, taken
from tests.contract.world import NOW, event_id, piece, within

DAY = timedelta(days=1)
PHOTO = "photo-0001"


@pytest.fixture
def city(database: Database) -> Database:
    return peopled(database)


@pytest.fixture
def objects(tmp_path: Path) -> DiskStore:
    store = DiskStore(tmp_path / "objects")
    store.prepare()
    return store


def shown(database: Database, objects: DiskStore, **row: Any) -> None:
    """Keep a proof with its pictures in the object store."""
    proof = taken(1, **row)
    for file in proof.files:
        with NamedTemporaryFile() as content:
            content.write(f"{PHOTO}/{file['name']}".encode())
            content.flush()
            objects.put(str(file["key"]), Path(content.name), str(file["sha256"]), "image/jpeg")
    keep(database, proof)


def swept(database: Database, objects: DiskStore, at: datetime) -> int:
    count = sweep(database, objects, load_policy(), at)
    assert list(findings(database, objects, at, repair=False)) == []
    return count


def closed_case(database: Database, stage: str = "closed", tier: str = "II") -> str:
    case_id = confirmed(database, 1)
    with database.write() as connection:
        here = case_table.c.id == case_id
        connection.execute(update(case_table).where(here).values(stage=stage, tier=tier, updated_at=NOW))
    return case_id


@pytest.mark.parametrize(
    ("stage", "tier", "days", "rule"),
    [("closed", "II", 730, "closed"), ("closed", "I", 1825, "closed-grave"), ("withdrawn", "I", 180, "withdrawn")],
)
def test_photos_of_a_case_are_kept_as_long_as_its_other_evidence(
    city: Database,
    objects: DiskStore,
    stage: str,
    tier: str,
    days: int,
    rule: str,
) -> None:
    shown(city, objects, about=closed_case(city, stage, tier))
    assert swept(city, objects, NOW + (days - 1) * DAY) == 0
    late = NOW + (days + 1) * DAY
    assert swept(city, objects, late) == 2
    assert swept(city, objects, late) == 0
    with city.read() as connection:
        gone = photo_keeping.deleted(connection, WHOLE, 9, (NOW, ""))
        assert [(row["photo_id"], row["rule"], row["site_id"]) for row in gone] == [(PHOTO, rule, "main")] * 2
        assert photo_keeping.deleted(connection, within("/south/").scope, 9, (NOW, "")) == []
        assert connection.execute(select(photo_prints)).all() == [], "the small copy goes, too"
        assert photos.find(connection, WHOLE, PHOTO), "that there was a proof, and what the checks said, stays"
        assert photos.like(connection, HASH) == [(PHOTO, "main", 0)], "who sends it again is still found out"
        digest = sha256(f"{PHOTO}/scene".encode()).hexdigest()
        assert [row["id"] for row in photos.with_bytes(connection, [digest])] == [PHOTO]
        told = connection.execute(select(audit.c.target).where(audit.c.action == "photo.deleted")).scalars().all()
    assert told == [PHOTO, PHOTO]


def test_an_open_case_keeps_its_photos(city: Database, objects: DiskStore) -> None:
    shown(city, objects, about=confirmed(city, 1))
    assert swept(city, objects, NOW + 4000 * DAY) == 0


def test_other_records_are_kept_for_two_years(city: Database, objects: DiskStore) -> None:
    shown(city, objects, subject="selfcheck", about="check-1")
    assert swept(city, objects, NOW + 729 * DAY) == 0
    assert swept(city, objects, NOW + 731 * DAY) == 2


def test_an_enrolled_spot_keeps_its_scene_until_it_is_removed(
    city: Database,
    objects: DiskStore,
) -> None:
    shown(city, objects, subject="spot", about="basin")
    with city.write() as connection:
        photos.add_spot(connection, PHOTO, "main", "basin")
        photos.decide_spot(connection, PHOTO, "approved", "user-anna", NOW)
    assert swept(city, objects, NOW + 731 * DAY) == 1, "the portrait is compared with nothing"
    removed = NOW + 3000 * DAY
    with city.write() as connection:
        assert photos.references(connection, "main", 9) == [f"{PHOTO}/scene"]
        photos.decide_spot(connection, PHOTO, "removed", "user-anna", removed)
    assert swept(city, objects, removed + 729 * DAY) == 0
    assert swept(city, objects, removed + 731 * DAY) == 1


@pytest.mark.parametrize("on", ["photo_id", "case_id", "event_id"])
def test_a_hold_on_the_proof_its_case_or_an_event_of_it_keeps_photos(
    city: Database,
    objects: DiskStore,
    on: str,
) -> None:
    case_id = closed_case(city)
    shown(city, objects, about=case_id)
    thing = {"photo_id": PHOTO, "case_id": case_id, "event_id": event_id(1)}[on]
    names = dict.fromkeys(("photo_id", "case_id", "event_id"))
    hold = {"id": "hold-1", **names, on: thing, "site_id": "main", "reason": "lawsuit", "user_id": "user-anna"}
    with city.write() as connection:
        keeping.add_hold(connection, {**hold, "placed_at": NOW})
        assert photo_keeping.is_held(connection, PHOTO)
        (found,) = keeping.holds(connection, WHOLE, standing=True)
        assert found[on] == thing
    late = NOW + 4000 * DAY
    assert swept(city, objects, late) == 0
    with city.write() as connection:
        assert keeping.lift_hold(connection, "hold-1", "user-anna", late)
        assert not photo_keeping.is_held(connection, PHOTO)
    assert swept(city, objects, late) == 2


def look(connection: Connection, reason: str, at: datetime) -> None:
    files = photos.files_of(connection, [PHOTO])
    note_viewings(connection, ANNA, files[:1], reason, at)


def test_viewings_of_photos_stand_in_one_register_with_those_of_media(city: Database) -> None:
    confirmed(city, 1)
    keep(city, taken(1))
    with city.write() as connection:
        for number in range(3):
            look(connection, f"photo {number}", NOW + 2 * number * DAY)
            note_viewings(connection, ANNA, [piece("clip")], f"clip {number}", NOW + (2 * number + 1) * DAY)
        look(connection, "photo 2", NOW + 4 * DAY + timedelta(minutes=9))  # the same viewing
    told, behind = list[str](), None
    with city.read() as connection:
        while rows := register.page(connection, WHOLE, 2, behind)[:2]:
            told += [row["reason"] for row in rows]
            behind = (rows[-1]["at"], rows[-1]["id"])
        newest = register.page(connection, WHOLE, 9, None)[1]
        assert (newest["photo"], newest["event"], newest["site"]) == (PHOTO, None, "main")
        everything = [row["reason"] for row in register.everything(connection, WHOLE)]
        assert register.page(connection, within("/south/").scope, 9, None) == []
        assert list(viewings_unlike_audit(connection)) == []
    assert told == ["clip 2", "photo 2", "clip 1", "photo 1", "clip 0", "photo 0"] == everything[::-1]


TAMPERING: dict[str, Callable[[Connection], Any]] = {
    "is not what audit row": lambda c: c.execute(update(photo_views).values(reason="re-check")),
    "is gone": lambda c: c.execute(delete(photo_views)),
    "stands in no row": lambda c: c.execute(insert(photo_views).values(**_slipped_in())),
}


def _slipped_in() -> dict[str, Any]:
    seen = {"user_id": "user-anna", "photo_id": PHOTO, "name": "portrait", "sha256": "0" * 64, "reason": "none"}
    return {"id": "slipped-in", "at": NOW + DAY, **seen}


@pytest.mark.parametrize("told", TAMPERING)
def test_a_viewing_of_a_photo_that_was_tampered_with_is_named(city: Database, told: str) -> None:
    keep(city, taken(1))
    with city.write() as connection:
        look(connection, "curious", NOW)
    with city.write() as connection:
        TAMPERING[told](connection)
    with city.read() as connection:
        (line,) = viewings_unlike_audit(connection)
    assert told in line
