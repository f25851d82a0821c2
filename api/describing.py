"""Completes the OpenAPI document from what each route is: every refusal, who may call, problem types, deprecation.

A refusal follows from something that can be seen on the route (a gate, a body, an id in the path, an If-Match), so a
new route is documented without a word of its own; what is peculiar to a route it says in its `responses`.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from api.detecting.bodies import ProblemBody
from api.merging import MERGE_PATCH
from api.shapes.examples import BODIES
from api.shapes.inlining import inlined

Json = dict[str, Any]
REFUSALS = {
    400: "The body cannot be read at all.",
    401: "No session and no key, or one that has ended.",
    403: "The caller is known and may not do this, or a write with a session lacks X-CSRF-Token.",
    404: "There is none, or it is another region's: the two answers do not differ.",
    409: "It contradicts what is stored, such as an id that is taken.",
    412: "Somebody changed it since the caller looked.",
    413: "More bytes than are taken.",
    415: "Another type of body than is taken.",
    422: "A field is wrong: `errors` names it, its value, and what is allowed.",
    428: "A change needs If-Match.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "The store or the models do not answer; `Retry-After` says when to come again.",
}
DESCRIPTION = """Watches kitchen cameras, keeps evidence, and walks each confirmed violation to a closed case.

**Who may call** stands in every route's description, and as roles and scopes in `x-mingchu-who`. Programs send
`Authorization: Bearer mck_…`; pages of the console have a session cookie and send `X-CSRF-Token` with their writes.

**Errors** are RFC 9457 `application/problem+json`. `type` is `urn:mingchu:problem:` and the status in words
(`not-found`, `conflict`, `precondition-failed`, …), or where programs must tell more: `second-factor-needed`,
`second-factor-to-enrol`, `key-not-from-here`, `cross-site`, `rate-limited`,
`quota-used-up`, `camera-…` (`POST /v1/cameras/probe`).

**Rates.** Each user and key may send so many requests; above it the answer is 429 with `Retry-After`, `RateLimit` and
`RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).

**Deprecation.** Names are added freely: pass over what you do not know. What will be dropped is marked `deprecated`
here and answers with `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) for at least 180 days before it goes; a change
that breaks programs gets a new prefix (`/v2`), and `/v1` stays for a year beside it.

`X-Request-Id` of a request is repeated in its answer and in each line that we log about it."""
_SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, mck_…"},
    "session": {"type": "apiKey", "in": "cookie", "name": "mingchu_session", "description": "Of the console."},
}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


def describe(app: FastAPI) -> None:
    """Make the app tell the completed document, which is made once."""
    plain = app.openapi

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = completed(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def completed(document: Json) -> Json:
    """Return the document with everything that follows from its routes."""
    components = document.setdefault("components", {})
    components["responses"] = {f"Problem{status}": _refusal(status) for status in REFUSALS}
    components["securitySchemes"] = _SECURITY
    components.setdefault("schemas", {})["Problem"] = inlined(ProblemBody)
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for path, method, operation in operations(document):
        _complete(path, method, operation)
    return document


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and operation of every route."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _refusal(status: int) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    headers = {"headers": _RETRY} if status in {429, 503} else {}
    return {"description": REFUSALS[status], "content": content, **headers}


def _complete(path: str, method: str, operation: Json) -> None:
    answers = operation["responses"]
    who = operation.get("x-mingchu-who", {})
    if not who.get("anybody", True):
        operation["security"] = [{name: []} for name, let in (("session", "roles"), ("key", "scopes")) if who[let]]
    _drop_plain_json(answers)
    sent = operation.get("requestBody", {}).get("content", {})
    if MERGE_PATCH in sent:
        sent["application/json"] = sent[MERGE_PATCH]  # we take it under both names
    example = BODIES.get(f"{method.upper()} {path}")
    for kind, told in sent.items() if example is not None else ():
        if kind.endswith("json") and not told.keys() & {"example", "examples"}:
            told["example"] = example
    if "application/json" in answers.get("422", {}).get("content", {}):
        del answers["422"]  # the framework's own, which we never give
    for status in sorted(refusals_of(path, method, operation)):
        answers.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})


def _drop_plain_json(answers: Json) -> None:
    """Drop the JSON of no shape that the framework writes beside the media types of an answer that is none."""
    for answer in answers.values():
        content = answer.get("content", {})
        if len(content) > 1 and content.get("application/json", {}).get("schema") == {}:
            del content["application/json"]


def refusals_of(path: str, method: str, operation: Json) -> set[int]:
    """Return the refusals that a route of this form can give."""
    parameters = operation.get("parameters", [])
    writes, named = method != "get", any(each["in"] == "path" for each in parameters)
    if not path.startswith("/v1/"):
        return {503} | ({404, 422} if named else set())
    told = {429, 503} | ({422} if parameters or "requestBody" in operation else set())
    told |= {401, 403} if not operation["x-mingchu-who"]["anybody"] or writes else set()
    told |= {404} if named or writes else set()
    told |= {409} if writes else set()
    told |= {400, 413, 415} if "requestBody" in operation or method in {"post", "put", "patch"} else set()
    return told | ({412, 428} if any(each["name"].lower() == "if-match" for each in parameters) else set())
