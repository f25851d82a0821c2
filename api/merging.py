"""JSON merge patches (RFC 7396): what a client sends is laid over what is stored, and the whole is checked again."""

from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, JsonValue, ValidationError

from api.shapes.inlining import inlined
from vision.errors import InvalidInputError

Model = TypeVar("Model", bound=BaseModel)
Patch = dict[str, JsonValue]
MERGE_PATCH = "application/merge-patch+json"


DEEPEST = 8


def merged(target: Any, patch: Any, depth: int = 0) -> Any:
    """Return the target with the patch laid over it; null removes a member, an array replaces the whole array.

    Raises:
        InvalidInputError: objects within objects, deeper than anything of ours.
    """
    if depth > DEEPEST:
        raise InvalidInputError("body", "objects within objects", f"at most {DEEPEST} levels")
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = merged(kept.get(name), value, depth + 1)
    return kept


def patched(model: type[Model], stored: Mapping[str, Any], patch: Patch) -> Model:
    """Return the stored fields with a patch laid over them; what is removed gets its default.

    Raises:
        RequestValidationError: a field is unknown, wrong, or removed without having a default.
    """
    try:
        return model.model_validate(merged(dict(stored), patch))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_context=False)) from None


def documented(model: type[BaseModel]) -> dict[str, Any]:
    """Return the part of a route's OpenAPI that describes a merge patch of this model."""
    schema = inlined(model)
    schema.pop("required", None)
    schema["title"] = f"{schema['title']}Patch"
    schema["properties"] = {name: _or_null(each) for name, each in schema["properties"].items()}
    return {"requestBody": {"required": True, "content": {MERGE_PATCH: {"schema": schema}}}}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null", "description": "Its default again."}]}
