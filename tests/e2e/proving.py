"""An honest phone for journeys: registered once, it answers a challenge with two marked, signed pictures."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import cv2
import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from api.photos import mark
from tests.e2e.town import HERE, Person
from vision.demo.filming import Filming
from vision.demo.script import SCENES, Body, Clothes, Script, Step
from vision.demo.script import Person as Cast
from vision.frames import Image


def spelled(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@cache
def portrait(stand: int) -> Image:
    """Return a cook before a rendered wall, from another stand each time: no picture proves twice."""
    script = Script.load(SCENES / "hot-kitchen.toml")
    dress = Clothes(hat="toque", mask="worn", clothing="jacket")
    step = Step(at_s=0, do="idle", face_deg=150)
    cook = Cast(id="cook", body=Body(height_m=1.72, seed=31), dress=dress, from_m=(2.6, 2.9), steps=(step,))
    stands = ((3.0, 1.5, 1.4), (3.4, 1.6, 1.5))
    lens = script.lens.model_copy(update={"at_m": stands[stand % 2], "look_at_m": (2.6, 2.9, 1.35), "focal": 0.9})
    alone = script.model_copy(update={"lens": lens, "persons": (cook,), "fumes": (), "mishaps": ()})
    picture: Image = next(Filming(alone, (480, 640)).takes()).picture
    return picture


@cache
def kitchen() -> Image:
    """Return a drawn kitchen, full of corners that can be found again: what its camera sees."""
    dice = np.random.default_rng(1)
    image = np.full((480, 640, 3), 190, np.uint8)
    for _ in range(140):
        x, y = int(dice.integers(640)), int(dice.integers(480))
        colour = [int(c) for c in dice.integers(20, 235, 3)]
        cv2.rectangle(image, (x, y), (x + int(dice.integers(8, 70)), y + int(dice.integers(8, 70))), colour, -1)
    noise = dice.normal(0, 3, image.shape)
    return np.clip(cv2.GaussianBlur(image, (3, 3), 0) + noise, 0, 255).astype(np.uint8)


def by_hand(seed: int) -> Image:
    """Return the same kitchen from another stand."""
    dice, image = np.random.default_rng((seed, 7)), kitchen()
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = (corners + dice.uniform(-0.09, 0.09, (4, 2)) * [width, height]).astype(np.float32)
    how = cv2.getPerspectiveTransform(corners, moved)
    seen = cv2.warpPerspective(image, how, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.clip(seen + dice.normal(0, 3, seen.shape), 0, 255).astype(np.uint8)


@dataclass
class Phone:
    """The phone of one account."""

    cook: Person
    number: str = "+8613800005678"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: str = ""
    proofs: int = 0

    def sign(self, text: str) -> str:
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return spelled(r.to_bytes(32) + s.to_bytes(32))

    def register(self) -> None:
        point = self.key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "x": spelled(point.x.to_bytes(32)), "y": spelled(point.y.to_bytes(32))}
        signature = self.sign(f"mingchu phone\n{self.cook.name}\n{self.number}")
        body = {"name": "a phone", "phone": self.number, "public_key": jwk, "signature": signature}
        self.id = self.cook.post("/v1/photos/devices", body)["id"]

    def prove(self, case: str) -> str:
        """Take a proof of a case as the page does; return its id."""
        self.proofs += 1
        wanted = {"device": self.id, "subject": "case", "about": case}
        challenge = self.cook.post("/v1/photos/challenge", wanted)
        views = {"scene": by_hand(self.proofs), "portrait": portrait(self.proofs)}
        pictures = {name: _jpeg(mark.burnt_in(view, challenge["nonce"])) for name, view in views.items()}
        text = json.dumps(self._claim(challenge, pictures))
        files = {name: (f"{name}.jpg", content, "image/jpeg") for name, content in pictures.items()}
        answer = self.cook.client.post(
            "/v1/photos",
            data={"claim": text, "signature": self.sign(text)},
            files=files,
            headers={"X-CSRF-Token": self.cook.csrf},
            timeout=120,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _claim(self, challenge: dict[str, Any], pictures: dict[str, bytes]) -> dict[str, Any]:
        ago = {"scene": 2, "portrait": 1}
        taken = {name: (datetime.now(UTC) - timedelta(seconds=s)).isoformat() for name, s in ago.items()}
        shots = {
            name: {"sha256": sha256(content).hexdigest(), "taken_at": taken[name]} for name, content in pictures.items()
        }
        position = {"latitude": HERE[0], "longitude": HERE[1], "accuracy_m": 12.0, "at": taken["scene"]}
        return {
            "challenge": challenge["id"],
            "nonce": challenge["nonce"],
            "device": self.id,
            **shots,
            "position": position,
        }


def _jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
