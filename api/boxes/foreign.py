"""What a foreign box has seen, and the message that it becomes; the law of the place says what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, cast
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict, Field

from api.bodies import instant
from api.fields import Slug
from api.messages import PREFIX, Phase
from vision.catalogue import Jurisdiction, Place, load_catalogue
from vision.errors import InvalidInputError
from vision.events import KindName
from vision.scene import ZoneType

book = lru_cache(maxsize=1)(load_catalogue)


class Spot(BaseModel):
    """Where one of their cameras hangs, in our words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Slug
    camera: Slug
    zone: ZoneType = ZoneType.OTHER
    site_type: Annotated[str, Field(max_length=64)] = "restaurant"
    jurisdiction: Jurisdiction = "CN"

    @property
    def place(self) -> Place:
        """Return where the law looks."""
        return Place(self.zone, self.site_type, self.jurisdiction)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that a box has seen, in our words."""

    vendor: str
    key: str
    """Their id: the same thing told again has the same."""
    spot: Spot
    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    probability: float = 0.5
    """A box that tells none leaves it open."""
    box: tuple[float, float, float, float] | None = None
    """Pixels, half-open."""
    frame_wh: tuple[int, int] | None = None

    @property
    def id(self) -> str:
        """Return our id: the same for the same thing, whoever tells it and however often."""
        return str(uuid5(NAMESPACE_URL, f"mingchu:box/{self.vendor}/{self.spot.camera}/{self.kind}/{self.key}"))


def message(seen: Sighting, phase: Phase) -> Mapping[str, Any]:
    """Return the CloudEvent of one phase.

    Raises:
        InvalidInputError: there is no such kind, or it is no violation in such a place.
    """
    duty = book().duty(cast("KindName", seen.kind), seen.spot.place, seen.started_at.date())
    if duty is None:
        where = f"a zone {seen.spot.zone} of a {seen.spot.site_type} in {seen.spot.jurisdiction}"
        raise InvalidInputError("kind", seen.kind, f"a kind of the catalogue that is a violation in {where}")
    told_at = seen.ended_at if phase is Phase.CLOSED and seen.ended_at else seen.started_at
    return {
        "specversion": "1.0",
        "id": f"{seen.id}/{phase}",
        "source": f"box/{seen.vendor}",
        "type": PREFIX + phase,
        "time": instant(told_at),
        "data": {
            "id": seen.id,
            "site": seen.spot.site,
            "camera": seen.spot.camera,
            "zone": {"name": seen.spot.zone.value, "type": seen.spot.zone.value},
            "kind": seen.kind,
            "tier": duty.tier.value,
            "binding": duty.binding.value,
            "started_at": instant(seen.started_at),
            "ended_at": instant(seen.ended_at),
            "probability": min(1.0, max(0.0, seen.probability)),
            "box": seen.box,
            "frame_wh": seen.frame_wh,
            "model": f"{seen.vendor}, not ours",
            "rule_version": book().version,
        },
    }
