"""Whether the process lives, whether it can work, and its figures for Prometheus."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from api.auth.gate import GatedRoute
from api.bodies import SILENT_AFTER
from api.errors import ProblemError
from api.services import Wired
from api.shapes import ALIVE
from api.store import cameras
from api.store.database import answers

router = APIRouter(tags=["run"], route_class=GatedRoute)


@router.get("/healthz", summary="Alive?")
def healthz() -> ALIVE:
    """Tell that the process lives."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready?")
def readyz(services: Wired) -> ALIVE:
    """Tell whether database and object store answer, and the process is not about to stop."""
    if services.log_bell.silenced:
        raise ProblemError("this process is about to stop", status=HTTPStatus.SERVICE_UNAVAILABLE, kind="draining")
    with services.database.read() as connection:
        answers(connection)
    services.objects.probe()
    return {"status": "ready"}


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(services: Wired) -> Response:
    """Return what Prometheus asks for; keep this port away from those who shall not see it."""
    with services.database.read() as connection:
        found = cameras.by_state(connection, services.clock.now() - SILENT_AFTER)
    for state in (*cameras.STATES, "silent"):
        services.metrics.cameras.labels(state).set(found.get(state, 0))
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
