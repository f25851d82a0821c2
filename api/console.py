"""Serves the built console: its page for each address that is not the API's, its files kept for ever and compressed."""

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from api.errors import NotFoundError

BUILT = Path(__file__).with_name("web") / "dist"


def add_console(app: FastAPI, folder: Path = BUILT) -> None:
    """Serve the built console; every address that is not the API's belongs to its router."""

    @app.get("/{path:path}", include_in_schema=False)
    def console(path: str, request: Request) -> Response:
        if app.state.methods.of(f"/{path}"):
            raise HTTPException(405)
        if path.startswith("v1/"):
            raise NotFoundError(f"there is no /{path}")
        index = folder / "index.html"
        if not index.is_file():
            return PlainTextResponse("The console is not built: run `make console`.\n", status_code=503)
        wanted = (folder / path).resolve()
        if path and wanted.is_file() and wanted.is_relative_to(folder.resolve()):
            return _file(wanted, request, _caching(path))
        if path.startswith("assets/"):
            raise NotFoundError(f"there is no /{path}")  # of another build; the page would be kept as a script
        return FileResponse(index, headers={"Cache-Control": "no-cache"})


def _file(wanted: Path, request: Request, caching: str) -> Response:
    """Send a file, or the compressed copy that the build has laid beside it."""
    whole = FileResponse(wanted, headers={"Cache-Control": caching})
    squeezed = wanted.with_name(f"{wanted.name}.gz")
    if not squeezed.is_file():
        return whole
    whole.headers["Vary"] = "Accept-Encoding"
    if not takes_gzip(request.headers.get("accept-encoding", "")):
        return whole
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding", "Content-Encoding": "gzip"}
    return FileResponse(squeezed, media_type=whole.media_type, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Tell whether a header `Accept-Encoding` takes gzip: by its name or by `*`, and not with a weight of nothing."""
    weights = dict(_weight(each) for each in accepted.lower().split(","))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(told: str) -> tuple[str, float]:
    name, _, rest = told.partition(";")
    _, _, weight = rest.partition("q=")
    try:
        return name.strip(), float(weight or 1)
    except ValueError:
        return name.strip(), 0.0


def _caching(path: str) -> str:
    return "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
