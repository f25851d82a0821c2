"""What answers look like, for the OpenAPI document and for the tests that hold every answer to it.

A route writes `-> SITE`: for the type checker and at run time that is a plain dictionary, in the document a schema.
"""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

T = TypeVar("T")
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-24T08:00:00.000000Z"])]
"""RFC 3339 in UTC."""
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-11-24"])]
Etag = Annotated[str, Field(description="What If-Match takes.", examples=['"3"'])]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Shape:
    """Stands in an `Annotated[dict[str, Any], …]` for the model whose schema the dictionary keeps to."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the model's schema in place of the dictionary's."""
        return handler(self.model.__pydantic_core_schema__)


class Page(BaseModel, Generic[T]):
    """Some items, and where the following ones begin."""

    items: list[T]
    next: str | None = Field(description="The cursor of the following page; null at the end.")


class Numbered(BaseModel):
    """Some lines of the log."""

    items: list[dict[str, Any]] = Field(description="CloudEvents, oldest first.")
    next: int = Field(description="Ask again with this as `after`.")


class Alive(BaseModel):
    """That the process lives."""

    status: str = Field(examples=["ok"])


def binary(*media_types: str) -> dict[str, Any]:
    """Return the `content` of an answer, or of a body, that is bytes of one of these types."""
    return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}


ALIVE = Annotated[dict[str, str], Shape(Alive)]
LOG = Annotated[dict[str, Any], Shape(Numbered)]
