"""Answers about regions, sites and cameras."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.fields import Sampling
from api.inspections.machine import Admission
from api.places.facts import Grade
from api.shapes import Day, Etag, Instant, Page, Shape
from vision.catalogue import Jurisdiction


class Region(BaseModel):
    """A part of the tree."""

    id: str
    name: str
    path: str = Field(examples=["/zhejiang/hangzhou/"])
    parent: str | None
    level: str


class ContactShown(BaseModel):
    """Somebody at a site; the number is masked for who may not call."""

    role: str
    name: str
    phone: str = Field(examples=["138****5678"])


class AdmissionTold(BaseModel):
    """What the newest pre-inspection by one list lets a site do."""

    list: str
    name: dict[str, str]
    state: Admission
    inspection: str | None = Field(description="Null where none is concluded yet.")
    since: Instant
    valid_until: Instant | None


class Site(BaseModel):
    """A food business."""

    id: str
    name: str
    type: str
    region: str
    time_zone: str
    jurisdiction: Jurisdiction
    hours: dict[str, Any]
    holidays: list[Day]
    latitude: float | None
    longitude: float | None
    address: str
    licence: str
    licence_expires_on: Day | None
    area_m2: int | None
    diners: int | None
    grade: Grade
    graded_on: Day | None
    published: bool
    may_supply: bool | None = Field(description="Null where it was never put on a list that gates.")
    admissions: list[AdmissionTold]
    version: int
    created_at: Instant
    etag: Etag


class SiteInFull(Site):
    """A food business with its people."""

    contacts: list[ContactShown]


class Grading(BaseModel):
    """One grading."""

    number: int
    grade: Grade
    points: float
    lines: list[Any]
    edition: str
    note: str
    by: str
    graded_on: Day
    at: Instant


class GradingRule(BaseModel):
    """The rule under which the next grading would be made."""

    edition: str
    source: str
    cutoffs: Any
    visits_a_year: Any
    verified: bool


class Gradings(Page[Grading]):
    """All gradings of a site."""

    rule: GradingRule


class ClauseNamed(BaseModel):
    """A provision."""

    id: str
    instrument: str
    article: str
    verified: bool


class DutyTold(BaseModel):
    """What a kind means in a type of zone."""

    kind: str
    tier: Literal["I", "II", "III"]
    binding: str
    clauses: list[ClauseNamed]
    plan_h: float | None
    fix_h: float | None


class ZoneDuties(BaseModel):
    """All duties in a type of zone."""

    type: str
    duties: list[DutyTold]


class Duties(BaseModel):
    """All duties of a site."""

    version: str
    zones: list[ZoneDuties]


class CameraState(BaseModel):
    """How a camera is doing, as its worker told last."""

    state: str
    worker: str
    last_look_at: Instant | None
    looks: int
    drops: dict[str, int]
    error: str
    reported_at: Instant
    stale: bool = Field(description="Told so long ago that it says nothing about now.")


class CameraStateInFull(CameraState):
    """The same, with the figures of its worker."""

    figures: dict[str, Any] | None


class Camera(BaseModel):
    """A camera."""

    id: str
    name: str
    site: str
    site_name: str
    time_zone: str
    source: str = Field(description="Masked: it may hold a password.")
    zones: list[dict[str, Any]]
    interval_s: float
    pre_roll_s: float
    post_roll_s: float
    attended: bool
    enabled: bool
    worker: str
    sampling: Sampling
    state: CameraState | None
    version: int
    etag: Etag


class CameraStatus(BaseModel):
    """How a camera is doing."""

    camera: str
    state: CameraStateInFull | None


class DeviceReview(BaseModel):
    """One review of a camera as a device."""

    number: int
    legal: bool
    technical: bool
    siting: bool
    signs: bool
    published: bool
    document: str
    note: str
    by: str
    passed: bool
    valid_until: Day | None
    at: Instant


class DeviceReviews(Page[DeviceReview]):
    """All reviews of a camera."""

    holds: bool = Field(description="The newest one passed and still fits.")


class ProbeTold(BaseModel):
    """What one look at a camera gave."""

    source: str
    codec: str
    width: int
    height: int
    fps: float | None
    key_frame_interval_s: float | None
    picture: str = Field(description="data:image/jpeg;base64,…")
    blurred: str


class AssignmentTold(BaseModel):
    """What a worker shall look at."""

    worker: str
    cameras: list[dict[str, Any]]


REGION = Annotated[dict[str, Any], Shape(Region)]
REGIONS = Annotated[dict[str, Any], Shape(Page[Region])]
SITE = Annotated[dict[str, Any], Shape(SiteInFull)]
SITES = Annotated[dict[str, Any], Shape(Page[Site])]
GRADING = Annotated[dict[str, Any], Shape(Grading)]
GRADINGS = Annotated[dict[str, Any], Shape(Gradings)]
DUTIES = Annotated[dict[str, Any], Shape(Duties)]
CAMERA = Annotated[dict[str, Any], Shape(Camera)]
CAMERAS = Annotated[dict[str, Any], Shape(Page[Camera])]
CAMERA_STATUS = Annotated[dict[str, Any], Shape(CameraStatus)]
DEVICE_REVIEW = Annotated[dict[str, Any], Shape(DeviceReview)]
DEVICE_REVIEWS = Annotated[dict[str, Any], Shape(DeviceReviews)]
PROBE = Annotated[dict[str, Any], Shape(ProbeTold)]
