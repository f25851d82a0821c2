"""The OpenAPI document: a shape for every answer, an example for every body; new routes must join."""

import json
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI

from api.describing import REFUSALS, operations
from api.shapes.examples import BODIES
from tests.documented import Contract
from tests.unit.api.world import World, contract_of

IN_THEIR_WORDS = {
    ("post", "/v1/detect/compatible/aliyun/DetectChefCap"),
    ("post", "/v1/detect/compatible/tencent/DetectChefDress"),
}
"""Their shapes are the vendors'."""


@pytest.fixture(scope="module")
def contract(founded: World) -> Contract:
    return contract_of(founded.app)


def shapeless(operation: dict[str, Any]) -> bool:
    """Tell whether some success is JSON of which nothing is said."""
    contents = [told.get("content", {}) for status, told in operation["responses"].items() if status.startswith("2")]
    schemas = [content["application/json"]["schema"] for content in contents if "application/json" in content]
    return any(not schema.keys() & {"$ref", "properties", "format", "anyOf"} for schema in schemas)


def without_example(operation: dict[str, Any]) -> bool:
    sent = operation.get("requestBody", {}).get("content", {}).items()
    told = [kind for kind, each in sent if kind.endswith("json") and each["schema"].get("format") != "binary"]
    return any(not dict(sent)[kind].keys() & {"example", "examples"} for kind in told)


def test_every_answer_has_a_shape_and_every_body_an_example(contract: Contract) -> None:
    found = {
        (method, path)
        for path, method, each in operations(contract.document)
        if shapeless(each) or without_example(each)
    }
    assert found == IN_THEIR_WORDS, "give the answer a shape in api/shapes, the body an example"


@pytest.mark.parametrize("route", BODIES)
def test_every_example_keeps_to_its_schema(contract: Contract, route: str) -> None:
    method, path = route.split()
    sent = contract.document["paths"][path][method.lower()]["requestBody"]["content"]
    for kind, told in sent.items():
        if kind.endswith("json"):
            schema = {**told["schema"], "components": contract.document["components"]}
            assert [e.message for e in jsonschema_rs.Draft202012Validator(schema).iter_errors(BODIES[route])] == []


def test_every_refusal_is_a_problem(contract: Contract) -> None:
    known = contract.document["components"]["responses"]
    assert known.keys() == {f"Problem{status}" for status in REFUSALS}
    for path, method, operation in operations(contract.document):
        for status, told in operation["responses"].items():
            if status >= "400" and "$ref" not in told and status != "416" and (method, path) not in IN_THEIR_WORDS:
                assert list(told["content"]) == ["application/problem+json"], (method, path, status)


def test_every_reference_leads_somewhere_and_ids_are_unique(contract: Contract) -> None:
    text = json.dumps(contract.document)
    for kind in ("schemas", "responses"):
        named = {part.split('"')[0] for part in text.split(f"#/components/{kind}/")[1:]}
        assert named <= contract.document["components"][kind].keys()
    ids = [operation["operationId"] for _, _, operation in operations(contract.document)]
    assert len(ids) == len(set(ids))


def test_gated_routes_name_how_to_come_in(contract: Contract) -> None:
    for path, _, operation in operations(contract.document):
        who = operation["x-mingchu-who"]
        schemes = {name for each in operation.get("security", []) for name in each}
        assert schemes == ({"session"} if who["roles"] else set()) | ({"key"} if who["scopes"] else set()), path


def test_the_problem_types_and_the_deprecation_policy_are_told(contract: Contract) -> None:
    told = contract.document["info"]["description"]
    for each in ("second-factor-needed", "cross-site", "rate-limited", "Deprecation", "Sunset", "X-Request-Id"):
        assert each in told


def test_a_contract_finds_what_is_not_documented() -> None:
    app = FastAPI()

    @app.get("/v1/x")
    def _x() -> dict[str, int]:
        return {"a": 1}

    plain = Contract(app)
    request = httpx.Request("GET", "http://x/v1/x")
    assert plain.faults(httpx.Response(200, json={"a": 1}, request=request)) == []
    assert plain.faults(httpx.Response(200, json={"a": "one"}, request=request)) != []
    assert plain.faults(httpx.Response(418, json={}, request=request)) == ["418 is not documented"]
    assert plain.faults(httpx.Response(200, text="x", request=request)) != []


@pytest.mark.parametrize("path", ["/v1/sites", "/v1/sites/x", "/v1/session/password"])
async def test_a_wrong_method_is_told_all_the_right_ones(world: World, contract: Contract, path: str) -> None:
    declared = {m.upper() for p, m, _ in operations(contract.document) if p.replace("{site_id}", "x") == path}
    async with world.client() as client:
        for method in ("OPTIONS", "GET", "PUT", "POST", "DELETE"):
            if method in declared:
                continue
            answer = await client.request(method, path)
            assert answer.status_code == 405, method
            assert declared <= set(answer.headers["Allow"].split(", "))
