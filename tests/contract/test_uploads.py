"""Evidence put straight into a real S3: it counts once we have looked at it, and cannot be changed after."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from api.objects.s3 import S3Place, S3Store
from tests.servers.swift import ACCESS_KEY, SECRET_KEY, Swift
from tests.unit.api.world import World, errors_of, found, tell

pytestmark = pytest.mark.server("swift")
CLIP = b"a clip" * 1000
DONE = {"sha256": sha256(CLIP).hexdigest(), "media_type": "video/mp4"}


@pytest.fixture
def world(swift: Swift, tmp_path: Path) -> Iterator[World]:
    world = found(tmp_path)
    store = S3Store(S3Place.parse(swift.address(swift.new_bucket()), ACCESS_KEY, SECRET_KEY))
    store.prepare()
    world.change(objects=store)
    yield world
    world.database.close()


async def test_evidence_goes_past_us_and_counts_once_it_was_looked_at(world: World) -> None:
    event = await tell(world, "a")
    async with world.key("events:write") as box, httpx.AsyncClient() as outside:
        told = (await box.post(f"/v1/events/{event}/uploads/clip")).json()
        assert (await box.post(told["complete"], json=DONE)).status_code == 404
        assert (await outside.put(told["url"], content=CLIP)).is_success
        wrong = await box.post(told["complete"], json={**DONE, "sha256": "0" * 64})
        assert (wrong.status_code, errors_of(wrong)[0]["field"]) == (422, "sha256")
        done = await box.post(told["complete"], json=DONE)
        assert (done.status_code, done.json()["size_bytes"]) == (201, len(CLIP))
        # The address still lives, but leads to nothing that counts.
        assert (await outside.put(told["url"], content=b"forged")).is_success
        forged = {**DONE, "sha256": sha256(b"forged").hexdigest()}
        assert (await box.post(told["complete"], json=forged)).status_code == 409
        again = (await box.post(f"/v1/events/{event}/uploads/clip")).json()
        assert (await outside.put(again["url"], content=CLIP)).is_success
        assert (await box.post(again["complete"], json=DONE)).status_code == 200
    (key,) = [stat.key for stat in world.services.objects.walk("events/")]
    assert b"".join(world.services.objects.open(key)) == CLIP


async def test_too_much_and_the_wrong_type_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.routes.uploads.MAX_MEDIA_BYTES", 100)
    event = await tell(world, "a")
    async with world.key("events:write") as box, httpx.AsyncClient() as outside:
        told = (await box.post(f"/v1/events/{event}/uploads/clip")).json()
        await outside.put(told["url"], content=CLIP)
        assert (await box.post(told["complete"], json=DONE)).status_code == 413
        assert (await box.post(told["complete"], json={**DONE, "media_type": "text/html"})).status_code == 422
    assert list(world.services.incoming.iterdir()) == []
