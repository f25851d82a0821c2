"""A phone of a kitchen: its key, its registration, its challenges, its pictures and the claims that it signs."""

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import cv2
import httpx
import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from sqlalchemy import update

from api.photos import mark
from api.store.schema import sites
from tests.unit.api.world import World
from vision.frames import Image

HERE = (30.2741, 120.1551)
QUALITY = 85


def spelled(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def jpeg(image: Image, quality: int = QUALITY) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def place_sites(world: World) -> None:
    """Say where the kitchens are; the southern one a kilometre away."""
    with world.database.write() as connection:
        for site, north in (("north-site", 0.0), ("south-site", -0.01)):
            here = {"latitude": HERE[0] + north, "longitude": HERE[1]}
            connection.execute(update(sites).where(sites.c.id == site).values(**here))


@dataclass
class Phone:
    """The phone of one account, as its page uses it."""

    world: World
    who: str = "kitchen-north"
    number: str = "+8613800005678"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: str = ""

    @property
    def jwk(self) -> dict[str, str]:
        point = self.key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": spelled(point.x.to_bytes(32)),
            "y": spelled(point.y.to_bytes(32)),
        }

    def sign(self, message: bytes) -> str:
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return spelled(r.to_bytes(32) + s.to_bytes(32))

    def client(self) -> httpx.AsyncClient:
        self.world.tokens.pop(self.who, None)
        return self.world.person(self.who)

    async def register(self, **changes: Any) -> httpx.Response:
        signature = self.sign(f"mingchu phone\n{self.who}\n{self.number}".encode())
        body = {"name": "a phone", "phone": self.number, "public_key": self.jwk, "signature": signature}
        async with self.client() as client:
            answer = await client.post("/v1/photos/devices", json={**body, **changes})
        if answer.status_code == 201:
            self.id = answer.json()["id"]
        return answer

    async def challenge(self, subject: str, about: str, **headers: str) -> httpx.Response:
        async with self.client() as client:
            body = {"device": self.id, "subject": subject, "about": about}
            return await client.post("/v1/photos/challenge", json=body, headers=headers)

    def answer(self, challenge: dict[str, Any], scene: Image, portrait: Image) -> "Answer":
        """Return the honest answer to a challenge."""
        pictures = {"scene": scene, "portrait": portrait}
        marked = {name: jpeg(mark.burnt_in(image, challenge["nonce"])) for name, image in pictures.items()}
        return Answer(self, challenge, self.world.clock.now(), marked)

    async def prove(self, subject: str, about: str, scene: Image, portrait: Image) -> httpx.Response:
        """Ask for a challenge and answer it honestly."""
        asked = await self.challenge(subject, about)
        assert asked.status_code == 201, asked.text
        return await self.answer(asked.json(), scene, portrait).send()


@dataclass
class Answer:
    """What a phone is about to send; a test may bend it before it is signed, or after."""

    phone: Phone
    challenge: dict[str, Any]
    at: datetime
    pictures: dict[str, bytes]
    position: tuple[float, float] = HERE
    accuracy_m: float = 12.0
    claim: dict[str, Any] = field(default_factory=dict)
    """Overrides."""
    after_signing: dict[str, bytes] = field(default_factory=dict)
    """Other pictures than those that are signed."""

    def text(self) -> str:
        taken = {name: (self.at - timedelta(seconds=s)).isoformat() for name, s in (("scene", 9), ("portrait", 3))}
        told: dict[str, Any] = {
            name: {"sha256": sha256(self.pictures[name]).hexdigest(), "taken_at": taken[name]} for name in taken
        }
        latitude, longitude = self.position
        where = {"latitude": latitude, "longitude": longitude, "accuracy_m": self.accuracy_m, "at": taken["scene"]}
        plain = {"challenge": self.challenge["id"], "nonce": self.challenge["nonce"], "device": self.phone.id}
        return json.dumps({**plain, **told, "position": where, **self.claim})

    async def send(self, signature: str = "") -> httpx.Response:
        text = self.text()
        pictures = {**self.pictures, **self.after_signing}
        files = {name: (f"{name}.jpg", content, "image/jpeg") for name, content in pictures.items()}
        data = {"claim": text, "signature": signature or self.phone.sign(text.encode())}
        async with self.phone.client() as client:
            return await client.post("/v1/photos", data=data, files=files)


def kitchen(seed: int = 0, size_hw: tuple[int, int] = (480, 640)) -> Image:
    """Return a drawn kitchen: boxes, tiles and labels by lot, full of corners that can be found again."""
    dice, (height, width) = np.random.default_rng(seed), size_hw
    image = np.full((height, width, 3), 190, np.uint8)
    for _ in range(140):
        x, y = int(dice.integers(width)), int(dice.integers(height))
        colour = [int(c) for c in dice.integers(20, 235, 3)]
        cv2.rectangle(image, (x, y), (x + int(dice.integers(8, 70)), y + int(dice.integers(8, 70))), colour, -1)
    noise = dice.normal(0, 3, image.shape)
    return np.clip(cv2.GaussianBlur(image, (3, 3), 0) + noise, 0, 255).astype(np.uint8)


def by_hand(image: Image, seed: int) -> Image:
    """Return the same spot from another stand: a slight perspective, other light, other noise."""
    dice, (height, width) = np.random.default_rng((seed, 7)), image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + dice.uniform(-0.09, 0.09, (4, 2)).astype(np.float32) * [width, height]
    how = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    seen = cv2.warpPerspective(image, how, (width, height), borderMode=cv2.BORDER_REFLECT)
    x, y = int(dice.integers(width // 2)), int(dice.integers(height // 2))
    cv2.rectangle(seen, (x, y), (x + width // 4, y + height // 3), [int(c) for c in dice.integers(0, 255, 3)], -1)
    return np.clip(seen * dice.uniform(0.9, 1.1) + dice.normal(0, 3, seen.shape), 0, 255).astype(np.uint8)


def answered(answer: httpx.Response) -> dict[str, str]:
    """Return check → result of a proof that was kept or refused."""
    body = answer.json()
    return {each["check"]: each["result"] for each in body["checks"]}
