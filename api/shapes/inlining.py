"""JSON schemas without references: fit to stand anywhere in an OpenAPI document."""

from typing import Any

from pydantic import BaseModel


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON schema without references: fit to stand anywhere in an OpenAPI document."""
    schema = model.model_json_schema()
    known = schema.pop("$defs", {})

    def resolved(part: Any) -> Any:
        if isinstance(part, list):
            return [resolved(each) for each in part]
        if not isinstance(part, dict):
            return part
        target = known.get(str(part.get("$ref", "")).removeprefix("#/$defs/"), {})
        rest = {name: resolved(each) for name, each in part.items() if name != "$ref"}
        return {**resolved(target), **rest} if target else rest

    whole: dict[str, Any] = resolved(schema)
    return whole
