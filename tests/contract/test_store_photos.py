"""Photos on each kind of database: near hashes by index, bytes once, prints that make room, scope (I9)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import IntegrityError

from api.photos.challenge import Binding, Subject, issued, used
from api.photos.likeness import MOST_BITS
from api.store import photos, users
from api.store.database import Database
from api.store.photo_schema import photo_hashes
from api.store.photos import PRINTS_KEPT, PhotoFilter, PhotoPage, Taken
from api.store.scope import WHOLE
from tests.contract.world import NOW, furnish, user_row, within

HASH = 0x1234_5678_9ABC_DEF0


@pytest.fixture
def city(database: Database) -> Database:
    return peopled(database)


def peopled(database: Database) -> Database:
    """Furnish a city with two kitchens that have a phone each."""
    with database.write() as connection:
        furnish(connection)
        for site in ("main", "grill"):
            users.add(connection, user_row(f"cook-{site}", "kitchen", site=site))
            key = {"id": device_of(site), "user_id": f"user-cook-{site}", "site_id": site, "public_key": {"kty": "EC"}}
            told = {"phone": "+8613800000000", "name": "手机", "state": "active", "registered_at": NOW}
            photos.add_device(connection, {**key, **told, "decided_at": None, "decided_by": None})
    return database


def device_of(site: str) -> str:
    return sha256(site.encode()).hexdigest()


def taken(number: int, site: str = "main", value: int = HASH, **row: Any) -> Taken:
    """Return the n-th proof of a test as it would be kept."""
    at = NOW + timedelta(seconds=number)
    photo = f"photo-{number:04}"
    plain: Mapping[str, Any] = {
        "id": photo,
        "user_id": f"user-cook-{site}",
        "site_id": site,
        "device_id": device_of(site),
        "subject": "case",
        "about": "case-1",
        "received_at": at,
        "claim": "{}",
        "signature": "00",
        "outcome": "passed",
        "verdicts": [{"check": "place"}],
        **row,
    }
    files = [
        {
            "photo_id": photo,
            "name": name,
            "key": f"{photo}/{name}",
            "sha256": sha256(f"{photo}/{name}".encode()).hexdigest(),
            "size_bytes": 5 << 32,
            "blurred": False,
            "missing_at": None,
        }
        for name in photos.ORIGINALS
    ]
    return Taken(plain, files, {"scene": value, "portrait": ~value}, dict.fromkeys(photos.ORIGINALS, b"\0print"))


def keep(database: Database, proof: Taken) -> None:
    row = proof.row
    binding = Binding(row["user_id"], row["site_id"], row["device_id"], Subject.CASE, row["about"])
    with database.write() as connection:
        photos.add_challenge(connection, issued(row["id"], "NONCE", binding, row["received_at"]))
        photos.add(connection, proof)


def test_near_hashes_are_found_and_far_ones_are_not(city: Database) -> None:
    dice = np.random.default_rng(1)
    for number in range(12):
        bits = dice.choice(64, size=number, replace=False).tolist()
        flipped = HASH ^ sum(1 << bit for bit in bits)
        value = (flipped + (1 << 63)) % (1 << 64) - (1 << 63)
        keep(city, taken(number, "main" if number % 2 else "grill", value))
    with city.read() as connection:
        found = sorted(photos.like(connection, HASH))
        assert found == [(f"photo-{n:04}", "main" if n % 2 else "grill", n) for n in range(MOST_BITS + 1)]
        assert {photo for photo, _, _ in photos.like(connection, ~HASH)} == {row[0] for row in found}


def test_near_hashes_are_looked_up_in_the_four_indexes_alone(city: Database) -> None:
    keep(city, taken(1))
    with city.read() as connection:
        sent: list[tuple[str, Any]] = []
        if not city.is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(connection, "before_cursor_execute", lambda *said: sent.append((said[2], said[3])))
        connection.execute(photos.candidates(HASH)).all()
        statement, parameters = next(said for said in sent if said[0].startswith("SELECT"))
        explain = "EXPLAIN QUERY PLAN " if city.is_sqlite else "EXPLAIN "
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters).all())
    for number in range(4):
        assert f"ix_photo_hashes_band_{number}" in plan, plan
    assert ("COVERING INDEX" if city.is_sqlite else "Index") in plan
    assert "Seq Scan" not in plan


def test_bytes_are_taken_once(city: Database) -> None:
    first = taken(1)
    keep(city, first)
    again = taken(2, "grill")
    stolen = [{**file, "sha256": first.files[0]["sha256"]} for file in again.files[:1]]
    with pytest.raises(IntegrityError):
        keep(city, replace(again, files=stolen))
    with city.read() as connection:
        assert photos.find(connection, WHOLE, "photo-0002") is None
        assert photos.challenge(connection, "photo-0002") is None, "nothing half-done stays"
        (known,) = photos.with_bytes(connection, [first.files[0]["sha256"], "0" * 64])
        assert (known["id"], known["site_id"]) == ("photo-0001", "main")


def test_only_the_newest_prints_of_a_site_stay(city: Database) -> None:
    for number in range(PRINTS_KEPT):
        keep(city, taken(number))
    keep(city, taken(999, "grill"))
    with city.read() as connection:
        kept = photos.prints_of(connection, "main")
        assert len(kept) == PRINTS_KEPT
        assert min(row["photo_id"] for row in kept) == f"photo-{PRINTS_KEPT // 2:04}"
        assert bytes(kept[0]["print"]) == b"\0print"
        assert len(photos.prints_of(connection, "grill")) == 2


def test_a_challenge_is_taken_out_as_it_was_put_in(city: Database) -> None:
    binding = Binding("user-cook-main", "main", device_of("main"), Subject.SPOT, "洗手池")
    fresh = issued("c-1", "NONCE", binding, NOW)
    with city.write() as connection:
        photos.add_challenge(connection, fresh)
        assert photos.challenge(connection, "c-1", lock=True) == fresh
        photos.put_challenge(connection, used(fresh, NOW))
        photos.add_challenge(connection, issued("c-2", "NONCE", binding, NOW))
    with city.write() as connection:
        photos.add_challenge(connection, issued("c-3", "NONCE", binding, NOW + timedelta(days=2)))
        assert photos.challenge(connection, "c-2") is None, "nobody used it for a day"
        assert photos.challenge(connection, "c-1") == used(fresh, NOW)


def test_lists_are_read_page_by_page_within_the_scope(city: Database) -> None:
    for number in range(5):
        keep(city, taken(number, "main" if number < 4 else "grill", about=f"case-{number % 2}"))
    with city.read() as connection:
        first = photos.page(connection, WHOLE, PhotoFilter(site="main"), PhotoPage(2))
        assert [row["id"] for row in first] == ["photo-0003", "photo-0002", "photo-0001"]
        behind = (first[1]["received_at"], first[1]["id"])
        rest = photos.page(connection, WHOLE, PhotoFilter(site="main"), PhotoPage(2, behind))
        assert [row["id"] for row in rest] == ["photo-0001", "photo-0000"]
        south = within("/south/").scope
        assert [row["id"] for row in photos.page(connection, south, PhotoFilter(), PhotoPage(9))] == ["photo-0004"]
        assert photos.find(connection, south, "photo-0000") is None
        assert [row["id"] for row in photos.devices(connection, south)] == [device_of("grill")]
        about = photos.about(connection, Subject.CASE, "case-1", ["photo-0001", "photo-0002", "x"])
        assert [row["id"] for row in about] == ["photo-0001"]
        assert len(photos.files_of(connection, ["photo-0001"])) == 2


def test_the_database_itself_knows_the_rules(city: Database) -> None:
    keep(city, taken(1))
    with pytest.raises(IntegrityError):
        keep(city, taken(2, outcome="refused"))
    with pytest.raises(IntegrityError), city.write() as connection:
        connection.execute(insert(photo_hashes).values(photo_id="nobody", **photos.hash_row("scene", 1)))
