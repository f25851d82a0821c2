"""Attacks on five-fixed proofs: each is an honest page's answer but for one lie, sent through the whole API."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import cv2
import httpx
import numpy as np
from PIL import ExifTags
from PIL import Image as Pillow

from api.casework.following import case_id_of
from api.photos import mark
from api.photos.challenge import TTL
from benchmarks.kitchen_photos import Album
from tests.unit.api.photos.phone import HERE, Answer, Phone, jpeg
from tests.unit.api.world import event_id
from vision.frames import Image

CASE = case_id_of(event_id("hat"), 1)
SOUTH = (HERE[0] - 0.01, HERE[1])


@dataclass(frozen=True)
class Used:
    """A proof that was sent honestly and kept: what a forger may have of it."""

    challenge: dict[str, Any]
    pictures: dict[str, bytes]
    """Scene and portrait as they were sent, mark and compression included."""

    def image(self, name: str) -> Image:
        """Return one of its pictures."""
        return np.asarray(cv2.imdecode(np.frombuffer(self.pictures[name], np.uint8), 1), np.uint8)


@dataclass(frozen=True)
class Stage:
    """One room: its kitchen with a case, its phone, a thief's phone at another site, and a proof that was used."""

    album: Album
    other: Album
    phone: Phone
    thief: Phone
    used: Used

    @property
    def fresh(self) -> Image:
        """Return a scene that nobody has sent."""
        return self.album.honest[-1]

    @property
    def portrait(self) -> Image:
        """Return a portrait that nobody has sent."""
        return self.album.portraits[-1]

    async def answer(self, scene: Image | None = None, portrait: Image | None = None) -> Answer:
        """Return an answer to a live challenge of the case; the fresh pictures unless others are given."""
        asked = await self.phone.challenge("case", CASE)
        assert asked.status_code == 201, asked.text
        return self.phone.answer(
            asked.json(), self.fresh if scene is None else scene, self.portrait if portrait is None else portrait
        )


Attack = Callable[[Stage], Awaitable[httpx.Response]]
BENT: dict[str, Callable[[Image], Image]] = {
    "old scene, new nonce burnt over the old": lambda image: image,
    "old scene recompressed (q 40)": lambda image: _again(image, 40),
    "old scene scaled to 60 %": lambda image: _sized(image, 0.6),
    "old scene brightened": lambda image: np.asarray(cv2.convertScaleAbs(image, alpha=1.15, beta=12), np.uint8),
    "old scene with noise": lambda image: _noisy(image),  # noqa: PLW0108 - defined below
    "old scene mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "old scene shifted": lambda image: _moved(image, np.array([[1, 0, 25], [0, 1, 15]], np.float32)),
    "old scene turned by 3 degrees": lambda image: _moved(image, _turn(image)),
    "old scene cropped to 90 %": lambda image: _cropped(image, 0.9),
    "old scene cropped to 75 %": lambda image: _cropped(image, 0.75),
    "old scene as a screenshot": lambda image: _framed(image),  # noqa: PLW0108 - defined below
    "old scene photographed from a screen": lambda image: _from_screen(image),  # noqa: PLW0108 - defined below
}  # fmt: skip


def _again(image: Image, quality: int) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg(image, quality), np.uint8), 1), np.uint8)


def _noisy(image: Image) -> Image:
    return np.clip(image + np.random.default_rng(1).normal(0, 6, image.shape), 0, 255).astype(np.uint8)


def _framed(image: Image) -> Image:
    """Return a picture as a phone's screen shows it, dark bars around."""
    edges = (120, 120, 40, 40)
    return np.asarray(cv2.copyMakeBorder(image, *edges, cv2.BORDER_CONSTANT, value=(20, 20, 20)), np.uint8)


def _sized(image: Image, share: float) -> Image:
    return np.asarray(cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)


def _moved(image: Image, how: Any) -> Image:
    size_wh = image.shape[1], image.shape[0]
    return np.asarray(cv2.warpAffine(image, how, size_wh, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _turn(image: Image) -> Any:
    return cv2.getRotationMatrix2D((image.shape[1] / 2, image.shape[0] / 2), 3, 1.06)


def _cropped(image: Image, share: float) -> Image:
    height, width = round(image.shape[0] * share), round(image.shape[1] * share)
    top, left = round((image.shape[0] - height) * 0.4), round((image.shape[1] - width) * 0.6)
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def _from_screen(image: Image) -> Image:
    """Return a picture of a screen: slightly askew, the screen's raster beating with the camera's, a little blur."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    askew = corners + np.array([[14, 9], [-10, 16], [-18, -8], [9, -14]], np.float32)
    how = cv2.getPerspectiveTransform(corners, askew)
    seen = cv2.warpPerspective(image, how, (width, height), borderMode=cv2.BORDER_REPLICATE)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    beat = 1 + 0.05 * np.sin(x * 2 * np.pi / 2.7) * np.sin(y * 2 * np.pi / 2.9)
    return np.clip(cv2.GaussianBlur(seen, (3, 3), 0.8) * beat[..., None], 0, 255).astype(np.uint8)


def _noted(content: bytes, **tags: str) -> bytes:
    """Return a JPEG with EXIF notes, its coefficients untouched as far as Pillow can."""
    exif, out = Pillow.Exif(), io.BytesIO()
    for name, value in tags.items():
        exif[ExifTags.Base[name]] = value
    with Pillow.open(io.BytesIO(content)) as image:
        image.save(out, "JPEG", exif=exif, quality="keep")
    return out.getvalue()


def _bent(how: str) -> Attack:
    async def attack(stage: Stage) -> httpx.Response:
        return await (await stage.answer(BENT[how](stage.used.image("scene")))).send()

    return attack


def _lie(change: Callable[[Stage, Answer], None]) -> Attack:
    async def attack(stage: Stage) -> httpx.Response:
        answer = await stage.answer()
        change(stage, answer)
        return await answer.send()

    return attack


def _pictures(choose: Callable[[Stage], tuple[Image, Image]]) -> Attack:
    async def attack(stage: Stage) -> httpx.Response:
        return await (await stage.answer(*choose(stage))).send()

    return attack


async def _same_bytes(stage: Stage) -> httpx.Response:
    answer = await stage.answer()
    answer.pictures["scene"] = stage.used.pictures["scene"]
    return await answer.send()


async def _other_key(stage: Stage) -> httpx.Response:
    answer = await stage.answer()
    return await answer.send(signature=Phone(stage.phone.world).sign(answer.text().encode()))


async def _pending_phone(stage: Stage) -> httpx.Response:
    second = Phone(stage.phone.world)
    await second.register()
    answer = await stage.answer()
    answer.phone = second
    return await answer.send()


async def _used_challenge(stage: Stage) -> httpx.Response:
    answer = await stage.answer()
    answer.challenge = stage.used.challenge
    answer.pictures = {"scene": _marked(answer, stage.fresh), "portrait": _marked(answer, stage.portrait)}
    return await answer.send()


async def _anothers_challenge(stage: Stage) -> httpx.Response:
    asked = (await stage.thief.challenge("spot", "basin")).json()
    return await stage.phone.answer(asked, stage.fresh, stage.portrait).send()


async def _stolen(stage: Stage, scene: Image) -> httpx.Response:
    asked = (await stage.thief.challenge("spot", "basin")).json()
    answer = stage.thief.answer(asked, scene, stage.other.portraits[0])
    answer.position = SOUTH
    return await answer.send()


async def _other_matter(stage: Stage) -> httpx.Response:
    """Prove a spot, honestly, and show that to the case."""
    proof = await stage.phone.prove("spot", "the spot", stage.fresh, stage.portrait)
    world = stage.phone.world
    async with world.person("supervisor-north") as supervisor:
        version = (await supervisor.get(f"/v1/cases/{CASE}")).json()["version"]
        headers = {"If-Match": f'"{version}"'}
        await supervisor.post(f"/v1/cases/{CASE}/order", json={}, headers=headers)
    async with world.person("kitchen-north") as cook:
        headers = {"If-Match": f'"{version + 1}"'}
        return await cook.post(f"/v1/cases/{CASE}/rectify", json={"proof": [proof.json()["id"]]}, headers=headers)


def _expire(stage: Stage, _: Answer) -> None:
    stage.phone.world.clock.at += TTL


def _set(**values: Any) -> Callable[[Stage, Answer], None]:
    def change(_: Stage, answer: Answer) -> None:
        for name, value in values.items():
            setattr(answer, name, value)

    return change


def _picture(name: str, make: Callable[[Stage, Answer], bytes]) -> Callable[[Stage, Answer], None]:
    def change(stage: Stage, answer: Answer) -> None:
        answer.pictures[name] = make(stage, answer)

    return change


def _shift_s(seconds: float) -> Callable[[Stage, Answer], None]:
    def change(_: Stage, answer: Answer) -> None:
        answer.at += timedelta(seconds=seconds)

    return change


def _swap_after(stage: Stage, answer: Answer) -> None:
    answer.after_signing = {"scene": jpeg(mark.burnt_in(stage.album.elsewhere, answer.challenge["nonce"]))}


def _marked(answer: Answer, image: Image) -> bytes:
    return jpeg(mark.burnt_in(image, answer.challenge["nonce"]))


def _edited(stage: Stage, answer: Answer) -> bytes:
    return _noted(_marked(answer, stage.fresh), Software="Editor 3")


def _as_png(stage: Stage, answer: Answer) -> bytes:
    return cv2.imencode(".png", mark.burnt_in(stage.fresh, answer.challenge["nonce"]))[1].tobytes()


def _gallery(stage: Stage, answer: Answer) -> bytes:
    taken = jpeg(mark.burnt_in(stage.fresh, answer.challenge["nonce"]))
    return _noted(taken, Make="Phone", Model="X", DateTime="2026:11:24 16:00:01")


def _stripped(stage: Stage, answer: Answer) -> bytes:
    return jpeg(mark.burnt_in(_again(stage.fresh, 75), answer.challenge["nonce"]))


ATTACKS: dict[str, Attack] = {
    "the bytes of an old scene": _same_bytes,
    **{how: _bent(how) for how in BENT},
    "old portrait beside a fresh scene": _pictures(lambda stage: (stage.fresh, stage.used.image("portrait"))),
    "stolen from another site": lambda stage: _stolen(stage, stage.used.image("scene")),
    "stolen from another site and mirrored": lambda stage: _stolen(
        stage, BENT["old scene mirrored"](stage.used.image("scene"))
    ),
    "stolen from another site and cropped": lambda stage: _stolen(stage, _cropped(stage.used.image("scene"), 0.8)),
    "gallery photo with a camera's notes": _lie(_picture("scene", _gallery)),
    "gallery photo without notes, compressed again": _lie(_picture("scene", _stripped)),
    "saved by an editor": _lie(_picture("scene", _edited)),
    "PNG instead of the page's JPEG": _lie(_picture("scene", _as_png)),
    "signed by another key": _other_key,
    "a phone that nobody approved": _pending_phone,
    "a kilometre away": _lie(_set(position=SOUTH)),
    "a position of 50 km accuracy": _lie(_set(accuracy_m=50_000.0)),
    "challenge that has expired": _lie(_expire),
    "challenge that was used": _used_challenge,
    "challenge of another kitchen": _anothers_challenge,
    "challenge of another matter": _other_matter,
    "another nonce claimed": _lie(_set(claim={"nonce": "AAAABBBBCCCC"})),
    "no mark in the scene": _lie(_picture("scene", lambda s, _: jpeg(s.fresh))),
    "mark of another nonce": _lie(_picture("scene", lambda s, _: jpeg(mark.burnt_in(s.fresh, "AAAABBBBCCCC")))),
    "scene exchanged after signing": _lie(_swap_after),
    "scene and portrait exchanged": _pictures(lambda stage: (stage.portrait, stage.album.elsewhere)),
    "one picture for both": _pictures(lambda stage: (stage.fresh, stage.fresh)),
    "another corner of the kitchen": _pictures(lambda stage: (stage.album.elsewhere, stage.portrait)),
    "another kitchen": _pictures(lambda stage: (stage.other.honest[0], stage.portrait)),
    "nobody in the portrait": _pictures(lambda stage: (stage.fresh, stage.album.elsewhere)),
    "taken before the challenge": _lie(_shift_s(-600)),
    "a clock ten minutes ahead": _lie(_shift_s(600)),
}  # fmt: skip
