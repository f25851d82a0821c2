"""`POST /v1/detect`: every form of sending, rubbish in each, and the same look as the command line gives."""

import asyncio
import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from api.addresses import AddressRules
from api.detecting import receiving, service
from api.detecting.batcher import Limits
from api.detecting.fetching import Fetcher
from api.detecting.figures import new_figures
from api.detecting.service import Asked, Detecting, Models
from tests.unit.api.detecting.pictures import encoded, many_scans, png_bomb
from tests.unit.api.world import World, errors_of
from vision.detectors.look import Json
from vision.errors import ModelError

JPEG = encoded(".jpg")
RAW = {"Content-Type": "image/jpeg"}


def known(body: dict[str, Any]) -> dict[str, Any]:
    """Return a look without what differs from call to call."""
    return {name: value for name, value in body.items() if name != "timing_ms"}


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


class Gate(Models):
    """Models that look when a test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.open = asyncio.Event(), threading.Event()
        self.loop = asyncio.get_running_loop()
        self.seen: list[int] = []

    def look_at_each(self, asked: Sequence[Asked]) -> list[Json]:
        self.loop.call_soon_threadsafe(self.began.set)
        assert self.open.wait(20)
        self.seen.append(len(asked))
        return [{"image": {"sha256": picture.sha256}, "violations": []} for picture, _ in asked]


@pytest.fixture
async def gated(world: World) -> AsyncIterator[tuple[World, Gate]]:
    models = Gate()
    figures = new_figures(CollectorRegistry())
    detecting = Detecting(models, Fetcher(AddressRules()), figures, Limits(waiting=4, batch=4))
    world.change(detecting=detecting)
    world.held_to_contract = False
    yield world, models
    models.open.set()
    await asyncio.to_thread(detecting.close)


def figure(world: World, name: str, **labels: str) -> float:
    figures = world.services.detecting.figures
    metric = {"pictures": figures.pictures, "waiting": figures.waiting}[name]
    return float((metric.labels(**labels) if labels else metric)._value.get())


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
async def test_raw_bytes_of_each_format_are_looked_at(world: World, suffix: str) -> None:
    media = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".bmp": "image/bmp"}[suffix]
    async with world.key("detect") as caller:
        answer = await caller.post("/v1/detect", content=encoded(suffix), headers={"Content-Type": media})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["image"]["width"], body["image"]["height"]) == (128, 96)
    assert {"model", "wear_models", "persons", "objects", "violations", "timing_ms"} <= body.keys()


async def test_every_form_gives_the_same_look(world: World) -> None:
    async with world.key("detect") as caller:
        answers = [
            await caller.post("/v1/detect?zone=cooking", content=JPEG, headers=RAW),
            await caller.post(
                "/v1/detect?zone=cooking", content=JPEG, headers={"Content-Type": "application/octet-stream"}
            ),
            await caller.post("/v1/detect", files={"picture": ("a.jpg", JPEG)}, data={"zone": "cooking"}),
            await caller.post("/v1/detect", json={"image": text(JPEG), "zone": "cooking"}),
            await caller.post("/v1/detect?zone=cooking", json={"image": f"data:image/jpeg;base64,{text(JPEG)}"}),
            await caller.post("/v1/detect/batch", json={"pictures": [{"image": text(JPEG)}], "zone": "cooking"}),
        ]
    bodies = [answer.json() for answer in answers]
    looks = [known(body["looks"][0] if "looks" in body else body) for body in bodies]
    assert all(look == looks[0] for look in looks)


async def test_a_person_with_a_session_may_ask_and_needs_the_csrf_token(world: World) -> None:
    async with world.person("kitchen-north") as caller:
        assert (await caller.post("/v1/detect", content=JPEG, headers=RAW)).status_code == 200
        caller.headers.pop("X-CSRF-Token")
        assert (await caller.post("/v1/detect", content=JPEG, headers=RAW)).status_code == 403


async def test_a_key_without_the_scope_is_turned_away_before_its_body_is_read(world: World) -> None:
    async def body() -> AsyncIterator[bytes]:
        pytest.fail("the body was asked for")
        yield b""

    async with world.key("events:read") as caller:
        answer = await caller.post("/v1/detect", content=body(), headers=RAW)
    assert answer.status_code == 403


async def test_the_annotated_picture_comes_back_when_asked_for(world: World) -> None:
    async with world.key("detect") as caller:
        plain = (await caller.post("/v1/detect", content=JPEG, headers=RAW)).json()
        drawn = (await caller.post("/v1/detect?annotate=true", content=JPEG, headers=RAW)).json()
    assert "annotated" not in plain
    assert drawn["annotated"]["media_type"] == "image/jpeg"
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(drawn["annotated"]["base64"]), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (96, 128, 3)


async def test_a_batch_keeps_its_order_and_tells_the_wrong_ones_apart(world: World) -> None:
    sent = [encoded(".jpg", seed) for seed in range(5)]
    sent[2] = JPEG[:200]
    async with world.key("detect") as caller:
        alone = [await caller.post("/v1/detect", content=each, headers=RAW) for each in sent]
        files = [("picture", (f"{at}.jpg", each)) for at, each in enumerate(sent)]
        looks = (await caller.post("/v1/detect/batch", files=files)).json()["looks"]
    for at, (look, one) in enumerate(zip(looks, alone, strict=True)):
        if at == 2:
            assert look["problem"]["status"] == one.status_code == 422
            assert look["problem"]["errors"][0]["field"] == "picture"
        else:
            assert look["image"] == one.json()["image"]


@pytest.mark.parametrize("name", ["cooks"])
async def test_it_is_the_look_of_the_command_line(world: World, shared_data: Path, name: str) -> None:
    pictures = sorted((shared_data / name).rglob("*.jpg"))[:3]
    if not pictures:
        pytest.skip(f"no pictures in {shared_data / name}")
    command = [Path(sys.executable).with_name("mingchu"), "detect", *pictures, "--json", "--zone", "cooking"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    told = [known(json.loads(line)) for line in done.stdout.splitlines()]
    async with world.key("detect") as caller:
        answers = [
            await caller.post("/v1/detect?zone=cooking", content=await asyncio.to_thread(path.read_bytes), headers=RAW)
            for path in pictures
        ]
    assert [known(answer.json()) for answer in answers] == told
    assert any(look["persons"] for look in told)


async def test_only_the_kinds_that_were_asked_for_are_named(world: World, shared_data: Path) -> None:
    pictures = [{"image": text(path.read_bytes())} for path in sorted((shared_data / "cooks").rglob("*.jpg"))[:8]]
    if not pictures:
        pytest.skip("no pictures of cooks")
    async with world.key("detect") as caller:
        everything = await caller.post("/v1/detect/batch", json={"pictures": pictures, "zone": "cooking"})
        hats = await caller.post(
            "/v1/detect/batch", json={"pictures": pictures, "zone": "cooking", "kinds": ["no_hat"]}
        )
    before, after = ([look["violations"] for look in answer.json()["looks"]] for answer in (everything, hats))
    assert after == [[each for each in look if each["kind"] == "no_hat"] for look in before]
    assert any(after)


@pytest.mark.parametrize(
    ("content", "allowed"),
    [
        (b"", "a JPEG, PNG, WebP or BMP picture"),
        (JPEG[:200], "a whole JPEG"),
        (encoded(".png")[:-12], "a whole JPEG"),
        (b"GIF89a" + b"\0" * 64, "a JPEG, PNG, WebP or BMP picture"),
        (b"%PDF-1.7\n" + JPEG, "a JPEG, PNG, WebP or BMP picture"),
        (b"<svg onload=alert(1)>" * 10, "a JPEG, PNG, WebP or BMP picture"),
        (png_bomb(30_000), "at most 50000000 px"),
        (png_bomb((1 << 31) - 1), "at most 50000000 px"),
        (png_bomb(0), "at most 50000000 px"),
        (many_scans(), "at most 128 scans"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\0" * 8, "picture"),
        (b"BM" + b"\xff" * 24, "picture"),
    ],
    ids=[
        "empty",
        "cut-jpeg",
        "cut-png",
        "gif",
        "pdf-jpeg",
        "svg",
        "bomb",
        "bigger-bomb",
        "nothing",
        "scans",
        "cut-webp",
        "bmp",
    ],
)
async def test_rubbish_is_refused_by_its_field(world: World, content: bytes, allowed: str) -> None:
    async with world.key("detect") as caller:
        raw = await caller.post("/v1/detect", content=content, headers=RAW)
        form = await caller.post("/v1/detect", files={"picture": ("a.jpg", content)})
    for answer in (raw, form):
        assert answer.status_code == 422
        [told] = errors_of(answer)
        assert told["field"] == "picture"
        assert allowed in told["allowed"]


async def test_a_picture_with_a_tail_is_a_picture(world: World) -> None:
    """A polyglot (JPEG, then ZIP) is decoded as what it begins with; nothing of it is ever served again."""
    async with world.key("detect") as caller:
        answer = await caller.post("/v1/detect", content=JPEG + b"PK\x03\x04" + b"\0" * 99, headers=RAW)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"params": {"zone": "garage"}}, "zone"),
        ({"params": {"kinds": "no_shoes"}}, "kinds.0"),
        ({"params": {"annotate": "nan"}}, "annotate"),
        ({"params": {"annotate": "1"}}, "annotate"),
        ({"json": {"image": text(JPEG), "annotate": "true"}}, "annotate"),
        ({"files": {"picture": ("a.jpg", JPEG)}, "data": {"annotate": "0"}}, "annotate"),
        ({"params": {"zones": "cooking"}}, "zones"),
        ({"json": {"image": text(JPEG), "zone": "garage"}}, "zone"),
        ({"json": {"image": "@@@"}}, "image"),
        ({"json": {"image": text(JPEG), "url": "https://8.8.8.8/x"}}, ""),
        ({"json": {}}, ""),
        ({"json": {"image": text(JPEG), "model": "x"}}, "model"),
        ({"content": b'{"image": NaN}', "headers": {"Content-Type": "application/json"}}, "image"),
        ({"content": b'{"image": "\xff"}', "headers": {"Content-Type": "application/json"}}, ""),
        ({"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, ""),
        ({"files": {"picture": ("a.jpg", JPEG)}, "data": {"zone": "garage"}}, "zone"),
        ({"files": [("picture", ("a.jpg", JPEG)), ("picture", ("b.jpg", JPEG))]}, "picture"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, "body"),
        ({"content": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, "picture"),
    ],
)
async def test_wrong_options_and_bodies_are_named(world: World, request_: dict[str, Any], field: str) -> None:
    told = {"content": JPEG, "headers": RAW} if "params" in request_ else {}
    async with world.key("detect") as caller:
        answer = await caller.post("/v1/detect", **told, **request_)
    assert answer.status_code == 422, answer.text
    assert errors_of(answer)[0]["field"] == field


async def test_a_megabyte_of_nonsense_is_not_repeated(world: World) -> None:
    async with world.key("detect") as caller:
        answer = await caller.post("/v1/detect", json={"image": text(JPEG), "nonsense": "//@" * 400_000})
    assert answer.status_code == 422
    assert len(answer.content) < 1000


@pytest.mark.parametrize("kind", ["text/plain", "image/gif", "application/zip", "", "video/mp4"])
async def test_other_types_are_415(world: World, kind: str) -> None:
    async with world.key("detect") as caller:
        for path in ("/v1/detect", "/v1/detect/batch"):
            answer = await caller.post(path, content=JPEG, headers={"Content-Type": kind})
            assert answer.status_code == 415
            errors_of(answer)


async def test_a_batch_has_a_most(world: World) -> None:
    async with world.key("detect") as caller:
        many = await caller.post("/v1/detect/batch", json={"pictures": [{"image": "AA=="}] * 33})
        none = await caller.post("/v1/detect/batch", json={"pictures": []})
        form = await caller.post("/v1/detect/batch", files=[("p", (f"{n}.jpg", b"x")) for n in range(33)])
    assert [answer.status_code for answer in (many, none, form)] == [422, 422, 422]


async def test_too_many_bytes_are_413_whether_announced_or_not(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"\0" * (1 << 20)
        pytest.fail("everything was read")

    huge = str(receiving.MOST_BODY_BYTES + 1)
    async with world.key("detect") as caller:
        told = await caller.post("/v1/detect", content=b"x", headers={**RAW, "Content-Length": huge})
        chunked = await caller.post("/v1/detect", content=endless(), headers=RAW)
    assert [told.status_code, chunked.status_code] == [413, 413]
    assert world.services.detecting._bytes.held == 0


async def test_bytes_of_all_requests_together_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.services.detecting._bytes, "_most", 1 << 20)
    with world.services.detecting._bytes.holding(1 << 20):
        async with world.key("detect") as caller:
            answer = await caller.post("/v1/detect", content=JPEG, headers=RAW)
    assert answer.status_code == 429
    assert world.services.detecting._bytes.held == 0


async def test_pixels_of_all_pictures_together_are_bounded(world: World) -> None:
    with world.services.detecting._pixels.holding(service.MOST_HELD_PIXELS):
        async with world.key("detect") as caller:
            answer = await caller.post("/v1/detect", content=JPEG, headers=RAW)
    assert answer.status_code == 429


async def test_overload_is_429_at_once_and_what_was_let_in_is_served(gated: tuple[World, Gate]) -> None:
    world, models = gated
    async with world.key("detect") as caller:
        first = asyncio.ensure_future(caller.post("/v1/detect", content=JPEG, headers=RAW))
        await models.began.wait()
        crowd = [asyncio.ensure_future(caller.post("/v1/detect", content=JPEG, headers=RAW)) for _ in range(40)]
        for refused, done in enumerate(asyncio.as_completed(crowd), start=1):
            assert (await done).status_code == 429
            if refused == 37:  # 4 seats, one of them taken
                break
        models.open.set()
        answers = [await first, *await asyncio.gather(*crowd)]
    served = [answer for answer in answers if answer.status_code == 200]
    assert len(served) == 4
    told = [answer for answer in answers if answer.status_code == 429]
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in told)
    assert models.seen == [1, 3]  # who waited went along in one batch
    assert figure(world, "pictures", outcome="busy") == 37
    assert figure(world, "pictures", outcome="done") == 4
    assert world.services.detecting._seats.held == 0


async def test_who_hangs_up_leaves_the_queue(gated: tuple[World, Gate]) -> None:
    world, models = gated
    async with world.key("detect") as caller:
        first = asyncio.ensure_future(caller.post("/v1/detect", content=JPEG, headers=RAW))
        await models.began.wait()
        await _hang_up_while_waiting(world, caller.headers["Authorization"])
        assert figure(world, "pictures", outcome="left") == 1
        assert world.services.detecting._seats.held == 1
        models.open.set()
        assert (await first).status_code == 200
    await asyncio.to_thread(world.services.detecting._thread.submit(lambda: None).result)
    assert models.seen == [1]  # nobody looked at the one who left


async def _hang_up_while_waiting(world: World, key: str) -> None:
    """Send a whole request by hand, wait until its picture queues, then drop the line."""
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    messages.put_nowait({"type": "http.request", "body": JPEG, "more_body": False})
    headers = [(b"authorization", key.encode()), (b"content-type", b"image/jpeg")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/detect",
        "raw_path": b"/v1/detect",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("192.0.2.1", 1),
        "server": ("mingchu.test", 80),
        "state": {},
    }

    async def send(_: Any) -> None:
        pass

    call = asyncio.ensure_future(world.app(scope, messages.get, send))
    async with asyncio.timeout(10):
        while not figure(world, "waiting"):  # noqa: ASYNC110 - the queue rings no bell
            await asyncio.sleep(0.005)
    messages.put_nowait({"type": "http.disconnect"})
    await asyncio.wait_for(call, 10)


async def test_models_that_do_not_load_are_503_and_no_fault_of_the_caller(world: World) -> None:
    def broken() -> Any:
        raise ModelError("models/x", "y", "z")

    detecting = Detecting(Models(broken), Fetcher(AddressRules()), new_figures(CollectorRegistry()), Limits())
    world.change(detecting=detecting)
    async with world.key("detect") as caller:
        answer = await caller.post("/v1/detect", content=JPEG, headers=RAW)
        ready = await caller.get("/readyz")
    assert (answer.status_code, ready.status_code) == (503, 200)
    assert "models" in answer.json()["detail"]
    await asyncio.to_thread(detecting.close)


async def test_figures_are_in_the_metrics(world: World) -> None:
    async with world.key("detect") as caller:
        await caller.post("/v1/detect", content=JPEG, headers=RAW)
        told = (await caller.get("/metrics")).text
    for name in ("pictures_total", "waiting", "batch_pictures_bucket", "seconds_bucket"):
        assert f"mingchu_detect_{name}" in told
    assert 'mingchu_requests_total{method="POST",route="/v1/detect",status="200"}' in told


async def test_every_reference_of_the_openapi_document_leads_somewhere(world: World) -> None:
    async with world.client() as caller:
        document = (await caller.get("/v1/openapi.json")).json()
    text = json.dumps({path: told for path, told in document["paths"].items() if "detect" in path or "video" in path})
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', text)):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


async def test_openapi_describes_bodies_examples_and_problems(world: World) -> None:
    async with world.client() as caller:
        paths = (await caller.get("/v1/openapi.json")).json()["paths"]
    one = paths["/v1/detect"]["post"]
    assert {"application/json", "multipart/form-data", "image/jpeg"} <= one["requestBody"]["content"].keys()
    assert one["requestBody"]["content"]["application/json"]["examples"]
    assert one["responses"]["200"]["content"]["application/json"]["example"]["persons"]
    assert {"408", "413", "415", "422", "429", "503"} <= one["responses"].keys()
    assert "application/problem+json" in one["responses"]["429"]["content"]
    assert "202" in paths["/v1/videos"]["post"]["responses"]


async def test_a_slow_body_is_408(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "RECEIVE_S", 0.05)
    stuck = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield JPEG[:10]
        await stuck.wait()

    async with world.key("detect") as caller:
        answer = await caller.post("/v1/detect", content=body(), headers=RAW)
    assert answer.status_code == 408
    assert world.services.detecting._bytes.held == 0
