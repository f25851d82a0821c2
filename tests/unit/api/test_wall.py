"""The wall: pictures come as often as somebody watches, in memory and in scope; the riskiest camera comes first."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from api.sheets import columns_of, sheet_of
from api.showing import RARELY_S, SOON_S, Picture, Showcase
from tests.unit.api.world import START, World, tell

CAMERA = "north-camera"


def bomb() -> bytes:
    """Return a JPEG whose head tells of four thousand million pixels (T.81, B.2.2: the frame's height and width)."""
    whole = bytearray(jpeg())
    frame = whole.index(b"\xff\xc0")
    whole[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    return bytes(whole)


def jpeg(width: int = 64, height: int = 48, form: str = ".jpg") -> bytes:
    return cv2.imencode(form, np.full((height, width, 3), 90, np.uint8))[1].tobytes()


def told(**changed: Any) -> dict[str, Any]:
    return {"at": START.isoformat(), "boxes": [[0.1, 0.2, 0.3, 0.4]], "jpeg": b64encode(jpeg()).decode(), **changed}


async def put(world: World, camera: str = CAMERA, worker: str = "w1", **changed: Any) -> Any:
    async with world.key("workers") as key:
        return await key.put(f"/v1/workers/{worker}/pictures/{camera}", json=told(**changed))


async def wall(world: World, who: str = "supervisor-north", **query: Any) -> dict[str, Any]:
    async with world.person(who) as person:
        answer = await person.get("/v1/wall", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_picture_is_wanted_again_soon_only_while_somebody_watches(world: World) -> None:
    assert (await put(world)).json() == {"again_in_s": RARELY_S}
    (tile,) = (await wall(world))["items"]
    assert (tile["camera"], tile["picture"]["boxes"]) == (CAMERA, [[0.1, 0.2, 0.3, 0.4]])
    assert (await put(world)).json() == {"again_in_s": SOON_S}
    world.clock.pass_by(minutes=1)
    assert (await put(world)).json() == {"again_in_s": RARELY_S}
    async with world.person("analyst-north") as analyst:
        picture = await analyst.get(f"/v1/wall/{CAMERA}/picture")
    assert (picture.content, picture.headers["Cache-Control"]) == (jpeg(), "no-store")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"jpeg": "?"}, "jpeg"),
        ({"jpeg": "/9j/\u2026"}, "jpeg"),
        ({"jpeg": b64encode(bomb()).decode()}, "jpeg"),
        ({"jpeg": "AAAA" * 40_000}, "jpeg"),
        ({"jpeg": b64encode(jpeg(form=".png")).decode()}, "jpeg"),
        ({"jpeg": b64encode(jpeg(1281)).decode()}, "jpeg"),
        ({"boxes": [[0, 0, 1, 1.1]]}, "boxes"),
        ({"boxes": [[0, 0, 1, 1]] * 65}, "boxes"),
    ],
)
async def test_what_is_no_small_jpeg_is_refused(world: World, changed: dict[str, Any], field: str) -> None:
    answer = await put(world, **changed)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]
    assert (await wall(world))["items"][0]["picture"] is None


async def test_a_picture_of_another_s_camera_is_no_picture(world: World) -> None:
    assert (await put(world, "south-camera")).status_code == 404
    async with world.key("workers") as key:
        report = {"cameras": [{"camera": CAMERA, "state": "ok"}]}
        assert (await key.put("/v1/workers/w1/status", json=report)).status_code == 204
    assert (await put(world, worker="w2")).status_code == 404
    assert (await put(world)).status_code == 200


async def add(world: World) -> str:
    async with world.person("admin-north") as admin:
        new = {"id": "z-camera", "source": "rtsp://192.168.0.9/1", "site": "north-site", "name": "two"}
        answer = await admin.post("/v1/cameras", json=new)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_the_riskiest_camera_comes_first_and_its_last_event_is_told(world: World) -> None:
    second = await add(world)
    assert [tile["camera"] for tile in (await wall(world, sort="site"))["items"]] == sorted([CAMERA, second])
    event = await tell(world, "hat", camera=second, started_at=(START - timedelta(minutes=2)).isoformat())
    first, other = (await wall(world))["items"]
    assert (first["camera"], first["events"], other["events"]) == (second, 1, 0)
    assert (first["latest"]["id"], other["latest"]) == (event, None)
    assert first["risk"] > other["risk"]
    by_hand = await wall(world, camera=[CAMERA, second])
    assert [tile["camera"] for tile in by_hand["items"]] == [CAMERA, second]
    page = await wall(world, limit=1, offset=1)
    assert ([tile["camera"] for tile in page["items"]], page["total"]) == ([CAMERA], 2)


def test_the_showcase_keeps_the_newest_within_its_bound() -> None:
    case = Showcase(most_bytes=250)

    def picture(after_s: float) -> Picture:
        return Picture(START + timedelta(seconds=after_s), bytes(100), ())

    for number, name in enumerate("abc"):
        case.put(name, picture(number), START)
    assert [case.find(name) is not None for name in "abc"] == [False, True, True]
    case.put("b", picture(-5), START)
    assert case.find("b") == picture(1), "an older one does not come after a newer one"
    case.watch(["b"], START)
    assert case.put("b", picture(9), START) == SOON_S


async def test_a_sheet_shows_the_pictures_of_many_cameras_side_by_side(world: World) -> None:
    second = await add(world)
    bright = cv2.imencode(".jpg", np.full((360, 640, 3), 220, np.uint8))[1].tobytes()
    await put(world, jpeg=b64encode(bright).decode())
    async with world.person("supervisor-north") as person:
        answer = await person.get("/v1/wall/sheet", params={"camera": [second, CAMERA], "width_px": 80})
        listed = (await person.get("/v1/wall", params={"camera": CAMERA})).json()["items"][0]["picture"]["at"]
        unknown = await person.get("/v1/wall/sheet", params={"camera": [CAMERA, "south-camera"]})
        large = await person.get("/v1/wall/sheet", params={"camera": CAMERA, "width_px": 5000})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Last-Modified-At"].split(",") == ["", listed], "so that boxes are drawn on their own picture"
    shown = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (45, 160, 3)
    assert (shown[20, 40].mean() < 60, shown[20, 120].mean() > 200) == (True, True), "dark where none has come"
    assert (unknown.status_code, large.status_code) == (404, 422)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (5, 3), (16, 4), (17, 5), (64, 8)])
def test_a_sheet_is_about_as_wide_as_it_is_high(count: int, columns: int) -> None:
    assert columns_of(count) == columns


def test_a_picture_that_cannot_be_decoded_leaves_its_tile_dark() -> None:
    broken = Picture(START, jpeg()[:200], ())
    shown = cv2.imdecode(np.frombuffer(sheet_of([broken], 40), np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (22, 40, 3)
