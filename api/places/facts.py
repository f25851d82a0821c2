"""What can be said about a region, a site and a camera: the bodies of requests, and the rows of tables for import."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.fields import Line, NoNumber, Sampling, SiteType, Slug, TimeZone, Truth, Zones
from api.places.contacts import Contacts
from api.places.levels import Level
from vision.catalogue import Jurisdiction
from vision.config import Hours, ZoneConfig

EARLIEST, LATEST = date(1949, 10, 1), date(2999, 12, 31)
Grade = Literal["", "A", "B", "C", "D"]


def _in_our_times(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"a day from {EARLIEST} to {LATEST} is allowed")
    return day


Day = Annotated[date, AfterValidator(_in_our_times), NoNumber]


def _apart(days: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(sorted(set(days)))


Holidays = Annotated[tuple[Day, ...], Field(max_length=366), AfterValidator(_apart)]


class NewRegion(BaseModel):
    """A part of a region."""

    model_config = ConfigDict(extra="forbid")

    id: Slug
    name: Line = Field(min_length=1, max_length=128)
    parent: Slug = "root"
    level: Level | Literal[""] = ""


class SiteFacts(BaseModel):
    """What can be said about a food business, and changed later."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=128)
    type: SiteType = "restaurant"
    region: Slug = "root"
    address: Line = Field(default="", max_length=256)
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    """WGS 84, degrees; together with the longitude."""
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    licence: Line = Field(default="", max_length=64)
    """Number of the food business licence; empty = not told."""
    licence_expires_on: Day | None = None
    contacts: Contacts = ()
    time_zone: TimeZone = "Asia/Shanghai"
    jurisdiction: Jurisdiction = "CN"
    hours: Hours = Hours()
    holidays: Holidays = ()
    """Days on which nobody works there, beside the weekdays left out in `hours`."""
    area_m2: int | None = Field(default=None, ge=0, le=10_000_000)
    diners: int | None = Field(default=None, ge=0, le=10_000_000)
    """Most guests of one meal, for canteens."""
    grade: Grade = ""
    """Risk grade from A (low) to D (high), with its day."""
    graded_on: Day | None = None
    published: Truth = False
    """Shown on the public page: a person's decision for each site."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        if bool(self.grade) != (self.graded_on is not None):
            raise ValueError("grade and graded_on go together")
        return self

    def row(self) -> dict[str, Any]:
        """Return the columns."""
        told = self.model_dump(mode="json", exclude={"region", "id"})
        days = {name: getattr(self, name) for name in ("licence_expires_on", "graded_on")}
        return {**told, **days, "region_id": self.region}


class NewSite(SiteFacts):
    """A food business."""

    id: Slug


class CameraFacts(BaseModel):
    """What can be said about a camera, and changed later."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(default="", max_length=128)
    source: str = Field(default="", max_length=2000)
    """Empty = not known: its events come from somebody else's box."""
    zones: Zones = (ZoneConfig(),)
    interval_s: float = Field(default=2.0, gt=0, le=3600)
    pre_roll_s: float = Field(default=5.0, ge=0, le=30)
    post_roll_s: float = Field(default=5.0, ge=0, le=30)
    attended: Truth = False
    sampling: Sampling = Sampling()
    enabled: Truth = True
    worker: Slug | Annotated[str, Field(max_length=0)] = ""
    """The worker that looks at it; empty = any."""

    def row(self) -> dict[str, Any]:
        """Return the columns."""
        facts = self.model_dump(mode="json", include=_OF_CAMERAS)
        return {**facts, "sampling": self.sampling.told()}


_OF_CAMERAS = set(CameraFacts.model_fields)


class NewCamera(CameraFacts):
    """A camera of a site."""

    id: Slug
    site: Slug
    source: str = Field(min_length=1, max_length=2000)
