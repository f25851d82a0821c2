"""Whether the process lives, whether it can work, and its figures for Prometheus."""

from fastapi import APIRouter, Response

from api.auth.gate import GatedRoute
from api.bodies import SILENT_AFTER
from api.services import Wired
from api.store import cameras
from api.store.database import answers

router = APIRouter(tags=["run"], route_class=GatedRoute)


@router.get("/healthz", summary="Alive?")
def healthz() -> dict[str, str]:
    """Tell that the process lives."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready?")
def readyz(services: Wired) -> dict[str, str]:
    """Tell whether database and object store answer."""
    with services.database.read() as connection:
        answers(connection)
    services.objects.probe()
    return {"status": "ready"}


@router.get("/metrics", summary="Figures for Prometheus")
def metrics(services: Wired) -> Response:
    """Return what Prometheus asks for; keep this port away from those who shall not see it."""
    with services.database.read() as connection:
        found = cameras.by_state(connection, services.clock.now() - SILENT_AFTER)
    for state in (*cameras.STATES, "silent"):
        services.metrics.cameras.labels(state).set(found.get(state, 0))
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
