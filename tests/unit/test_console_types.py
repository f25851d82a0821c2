"""The console's types are those of the API as it is now."""

from scripts.generate_api_types import TARGET, openapi, written


def test_the_console_knows_the_api_as_it_is() -> None:
    assert TARGET.read_text() == written(openapi()), "run scripts/generate_api_types.py"


def test_objects_choices_and_lists_become_typescript() -> None:
    told = {
        "paths": {"/v1/b": {"get": {}, "post": {}}, "/v1/a": {"get": {}}},
        "components": {
            "schemas": {
                "Stage": {"enum": ["open", "over"]},
                "Case": {
                    "type": "object",
                    "required": ["stage"],
                    "properties": {
                        "stage": {"$ref": "#/components/schemas/Stage"},
                        "proof": {"type": "array", "items": {"type": "string"}},
                        "until": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    },
                },
            }
        },
    }
    lines = written(told).splitlines()
    assert lines[4:6] == ["  '/v1/a': 'get';", "  '/v1/b': 'get' | 'post';"]
    assert lines[-2:] == [
        "export type Case = { stage: Stage; proof?: (string)[]; until?: string | null };",
        "export type Stage = 'open' | 'over';",
    ]
