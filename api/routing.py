"""Every router of the API in the order in which an address is looked up: a fixed word comes before a parameter."""

from fastapi import FastAPI

from api.routes import (
    api_keys,
    batches,
    boxes,
    cameras,
    cases,
    claims,
    detect,
    devices,
    dialects,
    documents,
    duties,
    events,
    evidence,
    factor,
    gradings,
    health,
    insight,
    inspections,
    intake,
    notices,
    order_preview,
    orders,
    organisation,
    phones,
    photos,
    probe,
    public,
    public_page,
    regions,
    registers,
    reports,
    selfchecks,
    session,
    sites,
    stream,
    targets,
    threads,
    transfer,
    uploads,
    users,
    videos,
    wall,
    webhooks,
    workers,
)

_ACCOUNTS = (session, organisation, factor, users, api_keys)
_CASES = (threads, orders, notices, cases)
_TAKING = (uploads, boxes)
_LOOKING = (detect, dialects, videos)
_TELLING = (stream, webhooks)
_PLACES = (
    regions,
    sites,
    gradings,
    duties,
    cameras,
    devices,
    probe,
    transfer,
    targets,
    public,
    insight,
    reports,
    inspections,
)
_RUNNING = (workers, registers, health)
_KITCHENS = (phones, photos, selfchecks, batches, documents)
_SHOWN = (order_preview, wall, public_page)
PARTS = (
    intake,  # by far the most frequent, and an address is looked for among all that stand before
    evidence,
    *_ACCOUNTS,
    events,
    claims,
    *_CASES,
    *_TAKING,
    *_LOOKING,
    *_TELLING,
    *_PLACES,
    *_RUNNING,
    *_KITCHENS,
    *_SHOWN,
)


def include_routes(app: FastAPI) -> None:
    """Add every part's routes."""
    for part in PARTS:
        app.include_router(part.router)
