"""Five-fixed proofs over HTTP: the honest one passes, each lie is refused by the check that must notice it."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as Pillow
from sqlalchemy import update

from api.casework.following import case_id_of
from api.check import findings
from api.photos import mark
from api.photos.challenge import MOST_TRIES, TTL
from api.store.photo_schema import photo_challenges, photo_files, photo_prints, photo_views, photos
from api.store.schema import audit, sites
from api.store.tables import metadata
from tests.unit.api.photos.phone import HERE, Answer, Phone, answered, by_hand, jpeg, kitchen, place_sites
from tests.unit.api.world import World, errors_of, event_id, send_media, tell
from vision.frames import Image

VIEW = kitchen(1)


@pytest.fixture
async def phone(world: World) -> Phone:
    """Give a registered phone of a kitchen with a confirmed case whose camera saw the drawn kitchen."""
    place_sites(world)
    event = await tell(world, "hat")
    await send_media(world, event, "snapshot", jpeg(VIEW, 92))
    async with world.person("supervisor-north") as supervisor:
        assert (await supervisor.post(f"/v1/events/{event}/review", json={"verdict": "confirmed"})).status_code == 200
    phone = Phone(world)
    answer = await phone.register()
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "active"
    return phone


CASE = case_id_of(event_id("hat"), 1)


async def asked(phone: Phone) -> dict[str, Any]:
    answer = await phone.challenge("case", CASE)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def honest(phone: Phone, portraits: tuple[Image, ...], seed: int = 1) -> Answer:
    return phone.answer(await asked(phone), by_hand(VIEW, seed), portraits[0])


async def order(world: World) -> None:
    async with world.person("supervisor-north") as supervisor:
        answer = await supervisor.post(f"/v1/cases/{CASE}/order", json={}, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text


async def test_an_honest_proof_passes_every_check_and_closes_the_case(phone: Phone, portraits: Any) -> None:
    world = phone.world
    await order(world)
    answer = await (await honest(phone, portraits)).send()
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["outcome"], set(answered(answer).values())) == ("passed", {"passed"}), body["checks"]
    assert [each["check"] for each in body["checks"]] == [
        *("challenge", "device", "signature", "time", "place", "mark", "scene", "person", "unused", "live"),
        "untouched",
    ]
    assert all(each["says"]["zh"] and each["name"]["en"] for each in body["checks"])
    async with world.person("kitchen-north") as cook:
        seen = {"If-Match": '"2"'}
        done = await cook.post(f"/v1/cases/{CASE}/rectify", json={"proof": [body["id"]]}, headers=seen)
    assert done.status_code == 200, done.text
    assert done.json()["stage"] == "rectified"
    assert [row["action"] for row in world.rows(audit)][-3:] == ["case.order", "photo.taken", "case.rectify"]
    assert list(findings(world.database, world.services.objects, world.clock.now(), repair=False)) == []


async def test_a_photo_without_a_live_challenge_rectifies_nothing(phone: Phone, portraits: Any) -> None:
    world = phone.world
    await order(world)
    async with world.person("kitchen-north") as cook:
        for proof in (["a-photo"], [str(CASE)]):
            seen = {"If-Match": '"2"'}
            refused = await cook.post(f"/v1/cases/{CASE}/rectify", json={"proof": proof}, headers=seen)
            assert refused.status_code == 422
            assert errors_of(refused)[0]["field"] == "proof.0"
        first = (await (await honest(phone, portraits)).send()).json()["id"]
        twice = await cook.post(f"/v1/cases/{CASE}/rectify", json={"proof": [first, first]}, headers=seen)
        assert errors_of(twice)[0]["field"] == "proof.1"
        ok = await cook.post(f"/v1/cases/{CASE}/rectify", json={"proof": [first]}, headers=seen)
        assert ok.status_code == 200
    async with world.person("supervisor-north") as supervisor:
        sent = {"reason": "look again"}
        back = await supervisor.post(f"/v1/cases/{CASE}/return", json=sent, headers={"If-Match": '"3"'})
        assert back.status_code == 200, back.text
    async with world.person("kitchen-north") as cook:
        again = await cook.post(f"/v1/cases/{CASE}/rectify", json={"proof": [first]}, headers={"If-Match": '"4"'})
        assert errors_of(again)[0]["allowed"] == "a photo that this case was not shown before"


def late(answer: Answer) -> None:
    answer.phone.world.clock.at += TTL


def far(answer: Answer) -> None:
    answer.position = (HERE[0] - 0.01, HERE[1])


def other_pictures(answer: Answer) -> None:
    answer.after_signing = {"scene": jpeg(mark.burnt_in(kitchen(1), answer.challenge["nonce"]))}


def early(answer: Answer) -> None:
    answer.at -= timedelta(minutes=10)


def ahead(answer: Answer) -> None:
    answer.at += timedelta(minutes=10)


def other_nonce(answer: Answer) -> None:
    answer.claim = {"nonce": "AAAABBBBCCCC"}


def other_mark(answer: Answer) -> None:
    answer.pictures["scene"] = jpeg(mark.burnt_in(by_hand(VIEW, 1), "AAAABBBBCCCC"))


def edited(answer: Answer) -> None:
    out, exif = io.BytesIO(), Pillow.Exif()
    exif[ExifTags.Base.Software] = "Editor 3"
    with Pillow.open(io.BytesIO(answer.pictures["scene"])) as taken:
        taken.save(out, "JPEG", exif=exif, quality="keep")
    answer.pictures["scene"] = out.getvalue()


def png(answer: Answer) -> None:
    done, content = cv2.imencode(".png", mark.burnt_in(by_hand(VIEW, 1), answer.challenge["nonce"]))
    assert done
    answer.pictures["scene"] = content.tobytes()


def same_twice(answer: Answer) -> None:
    answer.pictures["portrait"] = answer.pictures["scene"]


@pytest.mark.parametrize(
    ("lie", "check"),
    [
        (late, "challenge"),
        (far, "place"),
        (other_pictures, "signature"),
        (early, "time"),
        (ahead, "time"),
        (other_nonce, "challenge"),
        (png, "live"),
        (other_mark, "mark"),
        (edited, "untouched"),
        (same_twice, "unused"),
    ],
)
async def test_a_lie_is_refused_by_its_check_and_leaves_nothing(
    phone: Phone, portraits: Any, lie: Callable[[Answer], None], check: str
) -> None:
    answer = await honest(phone, portraits)
    lie(answer)
    refused = await answer.send()
    assert refused.status_code == 422, refused.text
    assert check in {error["field"] for error in errors_of(refused)}
    assert refused.json()["type"] == "urn:mingchu:problem:photo-refused"
    assert answered(refused)[check] == "failed"
    world = phone.world
    assert world.rows(photos) == world.rows(photo_files) == world.rows(photo_prints) == []
    assert [stat.key for stat in world.services.objects.walk("photos")] == []
    assert world.rows(audit)[-1]["action"] == "photo.refused"
    assert world.rows(photo_challenges)[0]["tries"] == 1


async def test_a_used_challenge_takes_no_second_proof(phone: Phone, portraits: Any) -> None:
    first = await honest(phone, portraits)
    assert (await first.send()).status_code == 201
    second = phone.answer(first.challenge, by_hand(VIEW, 2), portraits[1])
    refused = await second.send()
    assert {error["field"]: error["value"] for error in errors_of(refused)}["challenge"] == "'used'"


async def test_what_was_sent_before_is_answered_alike(phone: Phone, portraits: Any) -> None:
    answer = await honest(phone, portraits)
    first, again = await answer.send(), await answer.send()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(phone.world.rows(photos)) == 1


async def test_a_photo_is_good_once_on_this_and_on_every_other_site(phone: Phone, portraits: Any) -> None:
    scene = by_hand(VIEW, 1)
    assert (await phone.answer(await asked(phone), scene, portraits[0]).send()).status_code == 201
    again = await phone.answer(await asked(phone), scene, portraits[1]).send()
    assert "unused" in {error["field"] for error in errors_of(again)}
    thief = Phone(phone.world, "kitchen-south", "+8613900001111")
    assert (await thief.register()).status_code == 201
    challenge = (await thief.challenge("spot", "hand basin")).json()
    stolen = thief.answer(challenge, scene, portraits[1])
    stolen.position = (HERE[0] - 0.01, HERE[1])
    refused = await stolen.send()
    told = {each["check"]: each for each in refused.json()["checks"]}
    assert (refused.status_code, told["unused"]["reason"]) == (422, "used_elsewhere")
    assert "photo" not in told["unused"]["figures"], "another site's photo is not named"
    assert "north" not in refused.text


async def test_what_cannot_be_told_is_doubtful_and_kept(phone: Phone, portraits: Any) -> None:
    world = phone.world
    with world.database.write() as connection:
        connection.execute(update(sites).values(latitude=None, longitude=None))
    answer = await honest(phone, portraits)
    answer.pictures["portrait"] = jpeg(portraits[0])  # without a mark
    kept = await answer.send()
    assert (kept.status_code, kept.json()["outcome"]) == (201, "doubtful")
    results = answered(kept)
    assert (results["place"], results["mark"], results["scene"]) == ("unclear", "unclear", "passed")


async def test_another_room_and_nobody_are_told(phone: Phone) -> None:
    answer = phone.answer(await asked(phone), kitchen(8), kitchen(9))
    kept = await answer.send()
    results = answered(kept)
    assert kept.json()["outcome"] == "doubtful"
    assert (results["scene"], results["person"]) == ("failed", "failed")


async def test_a_stolen_phone_key_and_a_second_phone(phone: Phone, portraits: Any) -> None:
    answer = await honest(phone, portraits)
    other = Phone(phone.world)
    refused = await answer.send(signature=other.sign(answer.text().encode()))
    assert {error["field"] for error in errors_of(refused)} == {"signature"}
    second = await other.register()
    assert second.json()["state"] == "pending"
    assert (await other.challenge("case", CASE)).status_code == 409
    async with phone.world.person("supervisor-north") as supervisor:
        approved = await supervisor.post(f"/v1/photos/devices/{other.id}", json={"approve": True})
        assert approved.json()["state"] == "active"
        retired = await supervisor.post(f"/v1/photos/devices/{phone.id}", json={"approve": False})
        assert retired.json()["state"] == "retired"
        assert (await supervisor.post(f"/v1/photos/devices/{phone.id}", json={"approve": True})).status_code == 409
    assert (await other.challenge("case", CASE)).status_code == 201
    gone = await answer.send()
    assert {error["field"] for error in errors_of(gone)} == {"device"}


async def test_a_number_belongs_to_one_account(phone: Phone) -> None:
    thief = Phone(phone.world, "kitchen-south", phone.number)
    assert (await thief.register()).status_code == 409
    assert (await phone.register()).status_code == 409  # the key is known
    bad = await Phone(phone.world, number="+8613700002222").register(signature=phone.sign(b"something else"))
    assert errors_of(bad)[0]["field"] == "signature"
    async with phone.world.person("analyst-north") as analyst:
        listed = (await analyst.get("/v1/photos/devices")).json()["items"]
    assert [each["phone"] for each in listed] == ["+86****5678"]


async def test_challenges_are_bounded_and_repeated_by_key(phone: Phone) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = await phone.challenge("case", CASE, **key), await phone.challenge("case", CASE, **key)
    assert first.json() == again.json()
    for _ in range(7):
        assert (await phone.challenge("case", CASE)).status_code == 201
    crowded = await phone.challenge("case", CASE)
    assert (crowded.status_code, "Retry-After" in crowded.headers) == (429, True)
    phone.world.clock.at += TTL
    assert (await phone.challenge("case", CASE)).status_code == 201
    assert (await phone.challenge("case", event_id("nothing"))).status_code == 404
    assert (await phone.challenge("spot", " ")).status_code == 422


async def test_who_probes_must_ask_anew(phone: Phone, portraits: Any) -> None:
    answer = await honest(phone, portraits)
    answer.position = (0.0, 0.0)
    for _ in range(MOST_TRIES):
        assert (await answer.send()).status_code == 422
    answer.position = HERE
    refused = await answer.send()
    assert errors_of(refused)[0]["value"] == "'tries'"


async def test_spots_count_once_they_are_approved(phone: Phone, portraits: Any) -> None:
    world, basin = phone.world, kitchen(5)
    kept = await phone.prove("spot", "hand basin", basin, portraits[0])
    assert answered(kept)["scene"] == "unclear", "nothing to compare with yet"
    photo = kept.json()["id"]
    async with world.person("supervisor-north") as supervisor:
        (spot,) = (await supervisor.get("/v1/photos/spots/north-site")).json()["items"]
        assert (spot["name"], spot["state"]) == ("hand basin", "pending")
        done = await supervisor.post(f"/v1/photos/spots/north-site/{photo}", json={"approve": True})
        assert done.json()["state"] == "approved"
        assert (await supervisor.get("/v1/photos/spots/south-site")).status_code == 404
    again = await phone.prove("spot", "hand basin", by_hand(basin, 3), portraits[1])
    assert answered(again)["scene"] == "passed"


async def test_unblurred_pictures_enter_the_register(phone: Phone, portraits: Any) -> None:
    world = phone.world
    body = (await (await honest(phone, portraits)).send()).json()
    async with world.person("supervisor-north") as supervisor, world.person("analyst-north") as analyst:
        veiled = await analyst.get(body["files"]["portrait_blurred"]["url"])
        assert veiled.headers["Content-Type"] == "image/jpeg"
        address = body["files"]["portrait"]["url"]
        assert (await analyst.get(address, params={"reason": "curious"})).status_code == 403
        assert (await supervisor.get(address)).status_code == 403
        assert world.rows(photo_views) == []
        seen = await supervisor.get(address, params={"reason": "re-check"})
        await supervisor.get(address, params={"reason": "re-check"})
        told = (await supervisor.get("/v1/access-log")).json()["items"]
    (view,) = world.rows(photo_views)
    assert view["reason"] == "re-check", "the same look within minutes is one viewing"
    expected = {"photo": body["id"], "name": "portrait", "site": "north-site", "event": None, "camera": None}
    assert told == [
        {**expected, "at": told[0]["at"], "user": "supervisor-north", "reason": "re-check", "sha256": view["sha256"]}
    ]
    sealed = [row for row in world.rows(audit) if row["action"] == "photo.viewed"]
    assert [(row["target"], row["actor"]) for row in sealed] == [(view["id"], "user:supervisor-north")]
    async with world.person("supervisor-south") as other:
        assert (await other.get("/v1/access-log")).json()["items"] == []
    plain, blurred = (cv2.imdecode(np.frombuffer(each.content, np.uint8), 1) for each in (seen, veiled))
    assert np.abs(plain.astype(int) - blurred)[60:160, 250:400].mean() > 8, "the head is coarse blocks"


@pytest.mark.parametrize("size_hw", [(200, 640), (5000, 4000)])
async def test_pictures_are_bounded(phone: Phone, portraits: Any, size_hw: tuple[int, int]) -> None:
    answer = await honest(phone, portraits)
    answer.pictures["scene"] = jpeg(np.zeros((*size_hw, 3), np.uint8))
    refused = await answer.send()
    assert (refused.status_code, errors_of(refused)[0]["field"]) == (422, "scene")


async def test_rubbish_is_named(phone: Phone, portraits: Any) -> None:
    answer = await honest(phone, portraits)
    for claim, field in (({"challenge": "x"}, "claim.challenge"), ({"extra": 1}, "claim.extra")):
        answer.claim = claim
        assert errors_of(await answer.send())[0]["field"] == field
    answer.claim = {}
    answer.pictures["scene"] = answer.pictures["scene"][:2000]
    assert errors_of(await answer.send())[0]["field"] == "scene"
    async with phone.client() as client:
        missing = await client.post("/v1/photos", data={"claim": "{}"}, files={"scene": b"x"})
        assert errors_of(missing)[0]["field"] == "signature"
        plain = await client.post("/v1/photos", content=b"x", headers={"Content-Type": "text/plain"})
        assert plain.status_code == 415
        large = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(1 << 30)}
        assert (await client.post("/v1/photos", content=b"x", headers=large)).status_code == 413
    assert {table.name for table in metadata.sorted_tables if phone.world.rows(table) and "photo" in table.name} == {
        "photo_devices",
        "photo_challenges",
    }
