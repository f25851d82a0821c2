"""Takes two pictures apart into everything that checks need: hashes, prints, traces, marks. No store, no network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from api.detecting.service import measured
from api.photos import mark
from api.photos.claim import Claim
from api.photos.likeness import Print, Spots, mirrored, phash, print_of, spots_of
from api.photos.traces import Traces, traces_of
from vision.errors import InvalidInputError, PictureError
from vision.frames import Image
from vision.picture_file import decoded

MOST_BYTES = 8 << 20
MOST_PIXELS = 16_000_000
LEAST_PX = 320
"""Of the shorter side: in less nobody sees a kitchen, and no mark can be read."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A proof as it arrived."""

    claim_text: str
    signature: bytes
    scene: bytes = field(repr=False)
    portrait: bytes = field(repr=False)

    @property
    def pictures(self) -> Mapping[str, bytes]:
        """Return both by name."""
        return {"scene": self.scene, "portrait": self.portrait}


@dataclass(frozen=True, slots=True)
class Examined:
    """One picture and what was measured in it."""

    content: bytes = field(repr=False)
    image: Image = field(repr=False)
    sha256: str
    hash: int
    mirrored_hash: int
    print: Print = field(repr=False)
    mirrored_print: Print = field(repr=False)
    traces: Traces
    mark: str
    """The nonce that it carries; empty where none can be read."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A whole proof, examined."""

    sent: Sent
    claim: Claim
    pictures: Mapping[str, Examined]
    spots: Spots
    """Of the scene."""

    @property
    def is_whole(self) -> bool:
        """Tell whether the claim's hashes are those of the pictures."""
        claimed = (self.claim.scene.sha256, self.claim.portrait.sha256)
        return claimed == (self.pictures["scene"].sha256, self.pictures["portrait"].sha256)


def examined(sent: Sent) -> Proof:
    """Return a proof with everything measured.

    Raises:
        InvalidInputError: the claim cannot be read, or a picture is none, too small or too large.
    """
    claim = Claim.read(sent.claim_text)
    pictures = {name: _examined(name, content) for name, content in sent.pictures.items()}
    return Proof(sent, claim, pictures, spots_of(pictures["scene"].image))


def require_bounds(name: str, content: bytes) -> None:
    """Refuse a picture that is too large to be looked at; raises InvalidInputError naming it."""
    if not 0 < len(content) <= MOST_BYTES:
        raise InvalidInputError(name, f"{len(content)} bytes", f"1 to {MOST_BYTES} bytes")
    height, width = measured(content)
    if height * width > MOST_PIXELS or min(height, width) < LEAST_PX:
        allowed = f"at least {LEAST_PX} px each side and at most {MOST_PIXELS} px in all"
        raise InvalidInputError(name, f"{width}x{height} px", allowed)


def _examined(name: str, content: bytes) -> Examined:
    require_bounds(name, content)
    image = decoded(content)
    if image is None:
        raise PictureError(name, content[:16], "a whole JPEG picture that decodes")
    turned = mirrored(image)
    return Examined(
        content=content,
        image=image,
        sha256=sha256(content).hexdigest(),
        hash=phash(image),
        mirrored_hash=phash(turned),
        print=print_of(image),
        mirrored_print=print_of(turned),
        traces=traces_of(content),
        mark=mark.read(image),
    )
