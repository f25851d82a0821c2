"""The event body that workers and other vendors' boxes send: a CloudEvent, checked field by field."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PlainSerializer, model_validator

from api.bodies import instant
from api.fields import Line, Moment, Real, Slug, Truth, Whole
from vision.catalogue import Jurisdiction
from vision.events import Binding, Tier
from vision.scene import ZoneType

PREFIX = "cn.mingchu.violation."
Instant = Annotated[Moment, PlainSerializer(instant, return_type=str, when_used="unless-none")]
Number = Annotated[FiniteFloat, Real]
Probability = Annotated[Number, Field(ge=0, le=1)]
Side = Annotated[int, Field(gt=0), Whole]


class Phase(StrEnum):
    """What a message says; the end of its CloudEvents type."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


class _Part(BaseModel):
    """What a newer sender adds is ignored, as CloudEvents asks."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ZoneBody(_Part):
    """Where in the picture."""

    name: str = Field(max_length=64)
    type: ZoneType


class LookBody(_Part):
    """One point of the evidence curve; `log_odds` null = unknown."""

    pts_s: Number
    log_odds: Number | None
    total: Number


class ClauseBody(_Part):
    """The provision that is violated."""

    id: str = Field(max_length=64)
    jurisdiction: Jurisdiction
    instrument: str = Field(max_length=500)
    article: str = Field(max_length=500)
    text: dict[Annotated[str, Field(max_length=8)], Annotated[str, Field(max_length=4000)]]
    source_url: str = Field(max_length=1000)
    verified: Truth


class EventData(_Part):
    """One violation as its worker sees it; status, evidence and sequence are the API's and not taken from here."""

    id: UUID
    site: Slug
    camera: Slug
    zone: ZoneBody
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")
    tier: Tier
    binding: Binding
    clause: list[ClauseBody] = Field(default=[], max_length=16)
    started_at: Instant
    ended_at: Instant | None = None
    opened_at: Instant | None = None
    started_pts_s: Number | None = None
    opened_pts_s: Number | None = None
    ended_pts_s: Number | None = None
    probability: Probability
    peak: Probability | None = None
    box: tuple[Number, Number, Number, Number] | None = None
    frame_wh: tuple[Side, Side] | None = None
    subject: str = Field(default="", max_length=64)
    looks: list[LookBody] = Field(default=[], max_length=256)
    model: str = Field(default="", max_length=300)
    rule_version: str = Field(default="", max_length=100)
    closed_reason: Literal["ended", "left", "interrupted"] | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("ended_at must not be before started_at")
        return self

    def stored(self) -> dict[str, Any]:
        """Return what the event's row keeps of the body."""
        return {**self.model_dump(mode="json"), "usable_as_penalty_evidence": False}


class EventMessage(_Part):
    """A CloudEvent 1.0 about one violation."""

    specversion: Literal["1.0"]
    id: Line = Field(max_length=200)
    source: str = Field(min_length=1, max_length=300)
    type: Literal["cn.mingchu.violation.opened", "cn.mingchu.violation.updated", "cn.mingchu.violation.closed"]
    time: Instant
    subject: str = Field(default="", max_length=300)
    data: EventData

    @property
    def phase(self) -> Phase:
        """Return what the message says."""
        return Phase(self.type.removeprefix(PREFIX))

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.id.startswith(f"{self.data.id}/"):
            raise ValueError("id must be the event's id, a slash and the phase")
        if self.phase is Phase.CLOSED and self.data.ended_at is None:
            raise ValueError("a closed violation needs data.ended_at")
        return self


def envelope(message_id: str, phase: str, at: datetime, source: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the CloudEvent that goes into the log."""
    return {
        "specversion": "1.0",
        "id": message_id,
        "source": source,
        "type": PREFIX + phase,
        "time": instant(at),
        "subject": f"site/{data['site']}/camera/{data['camera']}",
        "datacontenttype": "application/json",
        "data": data,
    }
