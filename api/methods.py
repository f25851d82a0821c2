"""Which methods an address answers to: for 405 and its Allow, which must name all of them and not one route's."""

import re

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

_PART = re.compile(r"\{[^}]*\}")


class Methods:
    """The methods of every address under /v1, read once from the routes."""

    def __init__(self, app: FastAPI) -> None:
        found: dict[str, set[str]] = {}
        for each in iter_route_contexts(app.routes):
            if str(each.path).startswith("/v1/"):
                found.setdefault(str(each.path), set()).update(each.methods or ())
        self._known = [(_pattern(path), methods - {"HEAD"}) for path, methods in found.items()]

    def of(self, path: str) -> list[str]:
        """Return the methods of an address in order; none where no route has it."""
        return sorted({method for pattern, methods in self._known if pattern.fullmatch(path) for method in methods})


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, _PART.split(path))))
