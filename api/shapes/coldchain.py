"""Answers about papers, batches, scans and traces."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.coldchain import papers
from api.coldchain.machine import Direction, Reason
from api.shapes import Day, Instant, Page, Shape

Named = dict[str, str]
Amount = Annotated[str, Field(examples=["12.5"], description="A decimal number in the batch's unit.")]


class Document(BaseModel):
    """A paper, and how it stands today."""

    id: str
    kind: papers.Kind
    name: Named
    number: str
    holder: str
    site: str
    batch: str | None
    photos: list[str]
    issued_on: Day | None
    expires_on: Day | None
    days_left: int | None
    state: papers.State
    added_at: Instant


class Lacking(BaseModel):
    """A paper that is missing or has expired."""

    kind: papers.Kind
    name: Named


class ScanTold(BaseModel):
    """One scan."""

    code: str
    direction: Direction
    site: str
    site_name: str
    amount: Amount
    at: Instant
    refused: Reason = Field(description="Empty where it was taken.")
    says: Named | None


class BatchTold(BaseModel):
    """A batch with its papers and scans, and whether it may be sold."""

    code: str
    product: str
    origin: str
    producer: str
    unit: str
    made_on: Day
    expires_on: Day
    coded_at: Instant
    recalled_at: Instant | None
    recall_reason: str
    papers: list[Document]
    lacks: list[Lacking]
    sellable: bool
    label: str
    scans: list[ScanTold]


class Scanned(BaseModel):
    """What a scan has done."""

    code: str
    direction: Direction
    amount: Amount
    refused: Literal[""]
    stock: Amount


class StockAt(BaseModel):
    """How much is left at a site."""

    site: str
    site_name: str
    stock: Amount


class TraceTold(BaseModel):
    """Where a batch has gone, and the clock of the answer."""

    id: str
    code: str
    reason: str
    answer: str
    asked_at: Instant
    asked_by: str | None
    due_at: Instant
    left_s: float | None
    overdue: bool
    answered_at: Instant | None
    places: list[StockAt]
    sites_elsewhere: int = Field(description="Sites of other regions: counted, not named.")


DOCUMENT = Annotated[dict[str, Any], Shape(Document)]
DOCUMENTS = Annotated[dict[str, Any], Shape(Page[Document])]
BATCH = Annotated[dict[str, Any], Shape(BatchTold)]
SCANNED = Annotated[dict[str, Any], Shape(Scanned)]
SCANS = Annotated[dict[str, Any], Shape(Page[ScanTold])]
TRACE = Annotated[dict[str, Any], Shape(TraceTold)]
