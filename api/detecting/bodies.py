"""What detection takes and gives over HTTP: checked on the way in, documented on the way out."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.fields import SpelledTruth
from vision.catalogue import KINDS
from vision.scene import ItemState, ZoneType

MOST_PICTURES = 32
"""In one batch."""
Box = Annotated[tuple[float, float, float, float], Field(description="Half-open rectangle x0, y0, x1, y1 in px.")]


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"one of {', '.join(KINDS)} is allowed")
    return kind


class Wishes(BaseModel):
    """How a picture shall be looked at."""

    model_config = ConfigDict(extra="forbid")

    zone: ZoneType = Field(default=ZoneType.OTHER, description="What the picture shows; the law depends on it.")
    kinds: list[Annotated[str, AfterValidator(_known)]] = Field(
        default=[], max_length=64, description="Name only violations of these kinds; none = all."
    )
    annotate: SpelledTruth = Field(default=False, description="Send the picture back as a JPEG with every box drawn.")

    def overridden(self, by: "Wishes") -> "Wishes":
        """Return these wishes with those that somebody spelled out laid over them."""
        spelled = by.model_fields_set & Wishes.model_fields.keys()
        return self.model_copy(update={name: getattr(by, name) for name in spelled})


class PictureRef(BaseModel):
    """A picture by its bytes or by its address."""

    model_config = ConfigDict(extra="forbid")

    image: str = Field(default="", description="The file in base64; `data:image/jpeg;base64,` before it is allowed.")
    url: str = Field(default="", max_length=2048, description="http or https, to a public host.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.image) == bool(self.url):
            raise ValueError("either image or url is allowed, and one of them is needed")
        return self


class DetectBody(PictureRef, Wishes):
    """One picture as JSON."""


class BatchBody(Wishes):
    """Several pictures as JSON."""

    pictures: list[PictureRef] = Field(min_length=1, max_length=MOST_PICTURES)


class ImageFacts(BaseModel):
    """The picture as sent."""

    width: int
    height: int
    sha256: str


class ModelFacts(BaseModel):
    """Which model spoke."""

    name: str
    version: str
    sha256: str


class ItemAnswer(BaseModel):
    """What one person wears of one item."""

    state: ItemState
    probability: float = Field(description="Calibrated: of the answers with 0.9, nine in ten are right.")
    reason: str | None = Field(default=None, description="Why it is unknown.")


class PersonSeen(BaseModel):
    """One person."""

    box: Box
    confidence: float
    head: Box | None = Field(description="null where no head is seen.")
    items: dict[str, ItemAnswer]


class ObjectSeen(BaseModel):
    """One thing that is neither a person nor a head."""

    name: str = Field(alias="class")
    box: Box
    confidence: float


class ViolationSeen(BaseModel):
    """What one picture shows to be wrong."""

    kind: str
    tier: Literal["I", "II", "III"]
    person: int | None = Field(default=None, description="Row of `persons`.")
    object: int | None = Field(default=None, description="Row of `objects`.")
    clause: str | None
    binding: str


class AnnotatedPicture(BaseModel):
    """The picture with boxes: red where a violation names it, green elsewhere."""

    media_type: Literal["image/jpeg"]
    base64: str


class LookBody(BaseModel):
    """One look at one picture; the same as a line of `mingchu detect --json`."""

    image: ImageFacts
    model: ModelFacts
    wear_models: list[ModelFacts]
    persons: list[PersonSeen]
    objects: list[ObjectSeen]
    violations: list[ViolationSeen]
    timing_ms: dict[str, float] = Field(description="decode, and this picture's share of detect and wear.")
    annotated: AnnotatedPicture | None = Field(default=None, description="Only when asked for.")


class ProblemBody(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str | int]] = Field(
        default=[], description="Each with `field`, `value` and `allowed`; of an import with `table` and `row`, too."
    )


class RefusedPicture(BaseModel):
    """In place of a look: why there is none."""

    problem: ProblemBody


class BatchAnswer(BaseModel):
    """One entry per picture, in the order sent."""

    looks: list[LookBody | RefusedPicture]


LOOK_EXAMPLE: dict[str, Any] = {
    "image": {"width": 1920, "height": 1080, "sha256": "9c" * 32},
    "model": {"name": "detector", "version": "2026.11.24", "sha256": "93" * 32},
    "wear_models": [{"name": "wear", "version": "2026.11.24", "sha256": "a1" * 32}],
    "persons": [
        {
            "box": [410.5, 120.0, 702.0, 980.5],
            "confidence": 0.91,
            "head": [510.0, 124.5, 602.0, 240.0],
            "items": {
                "hat": {"state": "missing", "probability": 0.97},
                "mask": {"state": "unknown", "probability": 0.55, "reason": "face turned away"},
            },
        }
    ],
    "objects": [{"class": "rat", "box": [88.0, 900.0, 131.5, 922.0], "confidence": 0.8}],
    "violations": [
        {"kind": "no_hat", "tier": "III", "person": 0, "clause": "cn-fsl-33-1-8", "binding": "mandatory"},
        {"kind": "rodent", "tier": "I", "object": 0, "clause": None, "binding": "mandatory"},
    ],
    "timing_ms": {"decode": 3.1, "detect": 21.0, "wear": 2.2},
}
