"""What a worker is told to look at: parsed once into frozen models, secrets masked wherever they could be printed."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vision.catalogue import Jurisdiction
from vision.frames import Mode
from vision.scene import Zone, ZoneType

_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@")
_SECRET_QUERY = re.compile(r"(?i)([?&][^=&?]*(?:secret|token|passw|key|auth)[^=&?]*=)[^&\s]+")


def masked(url: str) -> str:
    """Return a URL that may be shown: no user, no password, no secret query value."""
    return _SECRET_QUERY.sub(r"\1***", _CREDENTIALS.sub("***@", url))


class SourceUrl(str):
    """A camera address that may hold a password; `str()` and `repr()` of models and logs show it masked."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked(self.reveal()))

    def __str__(self) -> str:
        return masked(self.reveal())

    def reveal(self) -> str:
        """Return the true address, for the one who opens it."""
        return str.__str__(self)


def _seal(value: str) -> str:
    return SourceUrl(value)


Address = Annotated[str, AfterValidator(_seal)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ZoneConfig(_Frozen):
    """A named part of the picture, as the API and the configuration file write it."""

    name: str = Field(default="main", min_length=1, max_length=64)
    type: ZoneType = ZoneType.OTHER
    polygon: tuple[tuple[float, float], ...] = ()
    """Corners as shares of width and height; empty = the whole picture."""

    def zone(self) -> Zone:
        """Return the pure type that rules see."""
        return Zone(self.name, self.type, self.polygon)


class Hours(_Frozen):
    """When the site works, in its own time zone; outside of it a person is an intruder."""

    opens: str = Field(default="00:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    closes: str = Field(default="24:00", pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)
    """ISO weekdays, Monday = 1."""


class ShiftConfig(_Frozen):
    """Hours with a rate of their own: a meal's peak, a night."""

    hours: Hours
    mode: Mode = "watch"
    interval_s: float = Field(default=2.0, gt=0, le=3600)


class CameraConfig(_Frozen):
    """One camera as the worker needs it; also one element of the assignment that the API hands out."""

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    site: str = Field(default="local", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    name: str = Field(default="", max_length=128)
    source: Address
    zones: tuple[ZoneConfig, ...] = (ZoneConfig(),)
    mode: Mode = "watch"
    """watch: stay connected; patrol: connect, take one key frame, hang up, stay only while something is suspected."""
    interval_s: float = Field(default=2.0, gt=0, le=3600)
    """Seconds between looks while connected."""
    patrol_s: float = Field(default=30.0, ge=5, le=3600)
    """Seconds between visits on patrol."""
    shifts: tuple[ShiftConfig, ...] = ()
    """The first that fits the hour wins; outside of working hours looks are four times rarer (`sampling.plan`)."""
    site_type: str = "restaurant"
    jurisdiction: Jurisdiction = "CN"
    time_zone: str = "Asia/Shanghai"
    hours: Hours = Hours()
    attended: bool = False
    """Somebody must be at this post during working hours; otherwise nobody there is no finding."""
    burst: bool = True
    """Look closely, five times a second, while something is suspected."""
    spare_unchanged: bool = True
    """Let the models rest while nothing in the picture changes, a minute at most."""
    pre_roll_s: float = Field(default=5.0, ge=0, le=30)
    post_roll_s: float = Field(default=5.0, ge=0, le=30)


class Assignment(_Frozen):
    """What `GET /v1/workers/{id}/assignment` answers."""

    worker: str
    cameras: tuple[CameraConfig, ...]

    @classmethod
    def of(cls, worker: str, *cameras: CameraConfig) -> Self:
        """Return an assignment of these cameras."""
        return cls(worker=worker, cameras=cameras)
