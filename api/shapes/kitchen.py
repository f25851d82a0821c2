"""Answers about proofs and self-checks."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api import answers
from api.photos.challenge import Subject
from api.photos.checks import Name, Result
from api.selfchecks import machine
from api.selfchecks.lists import Post, RoundName
from api.shapes import Day, Etag, Instant, Page, Sha256, Shape


class MarkTold(BaseModel):
    """What is drawn into both pictures."""

    png: str = Field(description="Base64.")
    corner: Literal["lower_right"]
    share: float = Field(description="Of the shorter side.")


class FenceTold(BaseModel):
    """Where a proof must be taken."""

    latitude: float
    longitude: float
    radius_m: float


class AllowedPicture(BaseModel):
    """What pictures may be."""

    media_type: str
    most_bytes: int
    most_pixels: int
    least_px: int
    clock_skew_s: float
    accuracy_m: float


class ChallengeTold(BaseModel):
    """A nonce that is good for one proof."""

    id: str
    nonce: str
    mark: MarkTold
    device: str
    site: str
    subject: Subject
    about: str
    issued_at: Instant
    expires_at: Instant
    ttl_s: float
    fence: FenceTold | None
    allowed: AllowedPicture


class Phone(BaseModel):
    """A phone that signs."""

    id: str
    name: str
    state: Literal["pending", "active", "retired"]
    user: str
    site: str
    phone: str = Field(description="Masked for who need not ring.")
    registered_at: Instant
    decided_at: Instant | None


class CheckTold(BaseModel):
    """What one check says."""

    check: Name
    result: Result
    reason: str


class PictureFile(BaseModel):
    """One picture of a proof."""

    url: str
    sha256: Sha256
    size_bytes: int
    blurred: bool


class PhotoTold(BaseModel):
    """A proof with what every check says."""

    id: str
    subject: Subject
    about: str
    outcome: Literal["passed", "doubtful"]
    site: str
    site_name: str
    time_zone: str
    by: str
    phone: str
    device: str
    device_name: str
    received_at: Instant
    checks: list[CheckTold]
    claim: str = Field(description="Exactly the text that was signed.")
    signature: str
    files: dict[str, PictureFile]


class Spot(BaseModel):
    """A place that scenes are compared with."""

    photo: str
    site: str
    name: str
    state: str
    taken_at: Instant
    decided_at: Instant | None
    picture: str


class SourceTold(BaseModel):
    """Where a line comes from, and how sure we are of it."""

    text: str
    grade: str


class LineAnswer(BaseModel):
    """What was found for a line."""

    result: answers.Result
    note: str
    photos: list[str]


class CheckLine(BaseModel):
    """One line of a round."""

    id: str
    says: dict[str, str]
    photo: bool = Field(description="It needs a five-fixed photo.")
    source: SourceTold
    answer: LineAnswer | None
    seen: dict[str, int] | None = Field(description="What the cameras found; null where they cannot see it.")


class SelfCheck(BaseModel):
    """A round with its lines, and what is still open."""

    id: str
    round: RoundName
    name: dict[str, str]
    post: Post
    state: machine.State
    edition: str
    site: str
    site_name: str
    time_zone: str
    starts_on: Day
    ends_on: Day
    begins_at: Instant
    ends_at: Instant
    closes_at: Instant
    reminded_at: Instant | None
    signed_at: Instant | None
    signed_by: str | None
    signed_late: bool
    lines: list[CheckLine]
    gaps: list[str] = Field(description="Lines without a complete answer.")
    source: SourceTold
    version: int
    etag: Etag


class Holder(BaseModel):
    """Who holds a post."""

    name: str
    post: Post


CHALLENGE = Annotated[dict[str, Any], Shape(ChallengeTold)]
PHONE = Annotated[dict[str, Any], Shape(Phone)]
PHONES = Annotated[dict[str, Any], Shape(Page[Phone])]
PHOTO = Annotated[dict[str, Any], Shape(PhotoTold)]
PHOTOS = Annotated[dict[str, Any], Shape(Page[PhotoTold])]
SPOT = Annotated[dict[str, Any], Shape(Spot)]
SPOTS = Annotated[dict[str, Any], Shape(Page[Spot])]
SELF_CHECK = Annotated[dict[str, Any], Shape(SelfCheck)]
SELF_CHECKS = Annotated[dict[str, Any], Shape(Page[SelfCheck])]
POSTS_HELD = Annotated[dict[str, Any], Shape(Page[Holder])]
