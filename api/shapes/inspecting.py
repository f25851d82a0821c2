"""Answers about inspections."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.inspections import machine
from api.shapes import Etag, Instant, Page, Shape
from api.shapes.kitchen import LineAnswer, SourceTold


class ListNamed(BaseModel):
    """A check-list."""

    id: str
    name: dict[str, str]
    gates: bool = Field(description="Its result decides whether a site may supply.")
    valid_days: int | None
    correct_days: int | None
    source: SourceTold


class AskedLine(BaseModel):
    """One thing to be looked at."""

    id: str
    key: bool = Field(description="A key item: alone it fails the whole.")
    says: dict[str, str]
    source: SourceTold


class AnsweredLine(AskedLine):
    """One thing, and what was found."""

    answer: LineAnswer | None


class ListInFull(ListNamed):
    """A check-list with its lines."""

    sites: list[str] = Field(description="Types of site; empty = all.")
    lines: list[AskedLine]
    edition: str


class Inspection(BaseModel):
    """What a supervisor finds at a site."""

    id: str
    site: str
    site_name: str
    time_zone: str
    list: ListNamed
    edition: str
    state: machine.State
    outcome: machine.Outcome
    note: str
    opened_at: Instant
    opened_by: str
    ended_at: Instant | None
    ended_by: str | None
    valid_until: Instant | None
    lines: Sequence[AnsweredLine]
    gaps: Sequence[str]
    version: int
    etag: Etag


INSPECTION = Annotated[dict[str, Any], Shape(Inspection)]
INSPECTIONS = Annotated[dict[str, Any], Shape(Page[Inspection])]
CHECK_LISTS = Annotated[dict[str, Any], Shape(Page[ListInFull])]
