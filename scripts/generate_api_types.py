"""Writes the console's view of the API from its OpenAPI: every path, and every body and choice that has a schema.

Answers are plain dictionaries in the API, so their TypeScript types stand by hand in `src/`; what can be derived is
derived. `--check` writes nothing and fails where the file is not what the API says now.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.app import create_app
from api.settings import Settings

Schema = Mapping[str, Any]
TARGET = Path(__file__).resolve().parent.parent / "api" / "web" / "src" / "core" / "api.gen.ts"
HEAD = "/** Written by scripts/generate_api_types.py from our OpenAPI; a test fails where it is not current. */\n"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def openapi() -> Schema:
    """Return what the API says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        told: Schema = app.openapi()
        app.state.services.database.close()
        return told


def written(told: Schema) -> str:
    """Return the TypeScript module."""
    return "\n".join([HEAD, *_paths(told["paths"]), "", *_schemas(told["components"]["schemas"])])


def _paths(paths: Schema) -> Iterator[str]:
    yield "/** Every address and what may be done there. */"
    yield "export interface Paths {"
    for path in sorted(paths):
        yield f"  '{path}': {' | '.join(repr(method) for method in sorted(paths[path]))};"
    yield "}"


def _schemas(schemas: Schema) -> Iterator[str]:
    for name in sorted(schemas):
        if not name.startswith(("HTTPValidation", "ValidationError", "Body_")):
            yield f"export type {_name(name)} = {_type(schemas[name])};"


def _name(schema: str) -> str:
    return schema.replace("-", "_")


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _name(str(schema["$ref"]).rpartition("/")[2])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " | ".join(dict.fromkeys(_type(each) for each in schema[choice]))
    if "enum" in schema:
        return " | ".join(repr(each) for each in schema["enum"])
    if "const" in schema:
        return repr(schema["const"])
    return _of_kind(schema)


def _of_kind(schema: Schema) -> str:
    kind = schema.get("type")
    if kind == "array":
        return f"({_type(schema.get('items', {}))})[]"
    if kind == "object" and "properties" in schema:
        return _object(schema)
    if kind == "object":
        more = schema.get("additionalProperties")
        return f"Record<string, {_type(more) if isinstance(more, dict) else 'unknown'}>"
    return PLAIN.get(str(kind), "unknown")


def _object(schema: Schema) -> str:
    required = set(schema.get("required", ()))
    fields = (
        f"{_key(name)}{'' if name in required else '?'}: {_type(each)}" for name, each in schema["properties"].items()
    )
    return f"{{ {'; '.join(fields)} }}"


def _key(name: str) -> str:
    return name if name.isidentifier() else repr(name)


def main() -> int:
    """Return 0 when the file is current (`--check`) or has been written, else 1."""
    text = written(openapi())
    if "--check" not in sys.argv:
        TARGET.write_text(text)
        return 0
    if TARGET.is_file() and TARGET.read_text() == text:
        return 0
    print(f"{TARGET} is not current: run scripts/generate_api_types.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
