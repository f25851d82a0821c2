"""Answers to boxes, workers and importers, and the wall that is made of what workers send."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.places.columns import TableName
from api.shapes import Instant, Page, Shape
from api.shapes.events import Tier


class MappingName(BaseModel):
    """A mapping that the operator has declared."""

    name: str


class WrongField(BaseModel):
    """One field that is wrong."""

    field: str
    value: str
    allowed: str


class AlarmTaken(BaseModel):
    """What became of one alarm: its event, or what is wrong with it."""

    id: str = ""
    sequence: int | None = Field(default=None, description="Its number in the log; null where nothing was new.")
    errors: list[WrongField] = []


class AlarmsTaken(BaseModel):
    """One entry for each alarm, in order."""

    items: list[AlarmTaken]


class UploadPlace(BaseModel):
    """Where to put evidence, once, and what to say afterwards."""

    url: str
    method: Literal["PUT"]
    complete: str = Field(description="POST here when it is there.")
    expires_at: Instant


class Again(BaseModel):
    """When the next picture is wanted."""

    again_in_s: float


class PictureNow(BaseModel):
    """The newest picture of a camera."""

    at: Instant
    boxes: list[tuple[float, float, float, float]] = Field(description="xyxy as shares of the picture.")


class LatestEvent(BaseModel):
    """What was found last."""

    id: str
    kind: str
    tier: Tier
    status: str
    started_at: Instant
    open: bool


class Tile(BaseModel):
    """One camera of the wall."""

    camera: str
    name: str
    site: str
    site_name: str
    time_zone: str
    zones: list[dict[str, Any]]
    state: dict[str, Any] | None
    risk: float
    events: int
    latest: LatestEvent | None
    picture: PictureNow | None


class Wall(BaseModel):
    """A part of the wall."""

    items: list[Tile]
    total: int
    now: Instant


class Tally(BaseModel):
    """What was done with the rows of a table."""

    added: int
    changed: int
    unchanged: int


class WrongCell(WrongField):
    """One cell that is wrong."""

    table: TableName
    row: int


class Imported(BaseModel):
    """What an import did."""

    kept: bool
    tables: dict[str, Tally]
    error_count: int
    errors: list[WrongCell]


MAPPINGS = Annotated[dict[str, Any], Shape(Page[MappingName])]
ALARMS = Annotated[dict[str, Any], Shape(AlarmsTaken)]
UPLOAD = Annotated[dict[str, Any], Shape(UploadPlace)]
AGAIN = Annotated[dict[str, Any], Shape(Again)]
WALL = Annotated[dict[str, Any], Shape(Wall)]
IMPORTED = Annotated[dict[str, Any], Shape(Imported)]
