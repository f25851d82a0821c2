"""Holds every answer that a test gets to the OpenAPI document: its status, its media type and its schema."""

import json
import re
from functools import lru_cache
from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI

from api.describing import operations

BEYOND = {404, 405, 500}
"""An address or method that no route has, and a fault of ours, which is no part of any contract."""
UNSAID = {"application/json": {"schema": {}}}
"""What the framework writes of a route that answers by a response of its own and says nothing of it."""
_ANYTHING = re.compile(r"\{[^}]*\}")


def pattern(path: str) -> re.Pattern[str]:
    """Return what matches the addresses of a route."""
    parts = [re.escape(part) for part in _ANYTHING.split(path)]
    return re.compile("[^/]+".join(parts))


class Contract:
    """The document of one app, ready to judge answers."""

    def __init__(self, app: FastAPI) -> None:
        self.document = app.openapi()
        self._routes = [(pattern(path), method, each) for path, method, each in operations(self.document)]
        self._routes.sort(key=lambda route: route[0].pattern.count("[^/]+"))
        self._validator = lru_cache(maxsize=None)(self._new_validator)

    def _new_validator(self, schema: str) -> jsonschema_rs.Draft202012Validator:
        whole = {**json.loads(schema), "components": self.document.get("components", {})}
        return jsonschema_rs.Draft202012Validator(whole)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """Return the operation that answers this request, None when it is nobody's."""
        found = (each for route, verb, each in self._routes if verb == method.lower() and route.fullmatch(path))
        return next(found, None)

    def faults(self, answer: httpx.Response) -> list[str]:
        """Return what an answer does that the document does not say."""
        method = answer.request.method
        operation = self.operation(method, answer.request.url.path)
        if operation is None:
            return []
        answers = operation["responses"]
        told = answers.get(str(answer.status_code))
        if told is None:
            return [] if answer.status_code in BEYOND else [f"{answer.status_code} is not documented"]
        if "$ref" in told:
            told = self.document["components"]["responses"][told["$ref"].rpartition("/")[2]]
        return self._content_faults(answer, told.get("content", {}))

    def _content_faults(self, answer: httpx.Response, content: dict[str, Any]) -> list[str]:
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if not content or not answer.content or content == UNSAID:
            return []
        if media_type not in content:
            return [f"{media_type} is not documented, but {', '.join(content)}"]
        if not media_type.endswith("json") or content[media_type]["schema"].get("format") == "binary":
            return []
        found = self._validator(json.dumps(content[media_type]["schema"])).iter_errors(answer.json())
        return [f"{'/'.join(map(str, error.instance_path))}: {error.message}"[:300] for error in found]
