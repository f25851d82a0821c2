"""What a phone claims about its two pictures: the exact text that it signs, read strictly."""

from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.fields import Line, Moment
from vision.errors import InvalidInputError

EARTH_M = 6_371_008.8
"""Mean radius (IUGG)."""
MOST_CHARACTERS = 4096
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Position(BaseModel):
    """Where the phone says it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    """Radius of 68 % or 95 %, as the phone's system counts."""
    at: Moment

    def distance_m(self, latitude: float, longitude: float) -> float:
        """Return the way along the surface (haversine formula)."""
        up, across = radians(latitude - self.latitude) / 2, radians(longitude - self.longitude) / 2
        chord = sin(up) ** 2 + cos(radians(self.latitude)) * cos(radians(latitude)) * sin(across) ** 2
        return 2 * EARTH_M * asin(min(1.0, sqrt(chord)))


class Picture(BaseModel):
    """One of the two pictures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: Digest
    taken_at: Moment
    """By the phone's clock."""


class Claim(BaseModel):
    """The whole claim; its text is what the signature covers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    challenge: UUID
    nonce: Line = Field(min_length=1, max_length=32)
    device: Line = Field(min_length=1, max_length=64)
    scene: Picture
    portrait: Picture
    position: Position

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what the text says; InvalidInputError names the first wrong field."""
        if len(text) > MOST_CHARACTERS:
            raise InvalidInputError("claim", f"{len(text)} characters", f"at most {MOST_CHARACTERS}")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            field = ".".join(["claim", *map(str, first["loc"])])
            raise InvalidInputError(field, "what was sent", first["msg"]) from None

    @property
    def instants(self) -> tuple[datetime, ...]:
        """Return every instant that the phone claims."""
        return self.scene.taken_at, self.portrait.taken_at, self.position.at
