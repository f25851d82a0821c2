"""Video jobs: send a film or say where it is, ask how far it has come, take its events and clips."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.detecting.films import KEPT_FOR, UNDER_WAY, Film, Films, require_space
from api.detecting.receiving import RECEIVE_S, Bounds, checked, is_json, media_type, pour, wrong_type
from api.detecting.watching import Order
from api.errors import ConflictError, NotFoundError
from api.fields import Moment
from api.routes.detect import GATE, MISSING, PROBLEMS
from api.services import Services, Wired
from api.shapes.events import FILM, FILM_RESULT, FILMS
from api.shapes.inlining import inlined
from vision.errors import InvalidInputError
from vision.scene import ZoneType

router = APIRouter(prefix="/v1/videos", tags=["detect"], route_class=GatedRoute)
Detector = Annotated[Caller, Depends(Gate(Permission.DETECT))]
SEND_S = 900.0
FILM_TYPES = (
    *("video/mp4", "video/quicktime", "video/x-matroska", "video/webm", "video/x-msvideo", "video/mp2t", "video/x-flv"),
    "application/octet-stream",
)
Part = Literal[
    "manifest.json", "clip.mp4", "snapshot.jpg", "annotated.jpg", "snapshot_blurred.jpg", "annotated_blurred.jpg"
]
_TYPES = {".json": "application/json", ".mp4": "video/mp4", ".jpg": "image/jpeg"}


class FilmWishes(BaseModel):
    """How a film shall be watched."""

    model_config = ConfigDict(extra="forbid")

    zone: ZoneType = Field(default=ZoneType.OTHER, description="What the camera saw; the law depends on it.")
    interval_s: float = Field(default=2.0, ge=0.2, le=60, allow_inf_nan=False, description="Seconds between looks.")
    start_at: Moment | None = Field(
        default=None, description="Instant of the first picture; none = what the file says, else when it arrived."
    )

    def order(self) -> Order:
        """Return the value that the watcher takes."""
        return Order(self.zone, self.interval_s, self.start_at)


class FilmByUrl(FilmWishes):
    """A film that we shall fetch."""

    url: str = Field(min_length=8, max_length=2048, description="http or https, to a public host.")


Wanted = Annotated[FilmWishes, Query()]
_BODY = {
    **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in FILM_TYPES},
    "application/json": {
        "schema": inlined(FilmByUrl),
        "example": {"url": "https://example.com/lunch.mp4", "zone": "cooking", "interval_s": 2},
    },
}
FILM_EXAMPLE = {
    "id": "6c1f3f6b0e3d4d4b9d3f0a5c2b1e7a90",
    "state": "running",
    "created_at": "2026-11-24T03:00:00.000000Z",
    "finished_at": None,
    "kept_until": None,
    "zone": "cooking",
    "interval_s": 2.0,
    "progress": {"share": 0.42, "seen_s": 61.2, "looks": 30, "events": 1},
    "error": "",
    "result": "/v1/videos/6c1f3f6b0e3d4d4b9d3f0a5c2b1e7a90/result",
}
_SHOWN: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": FILM_EXAMPLE}}}}


@router.post(
    "",
    summary="Watch a film",
    status_code=202,
    openapi_extra={"requestBody": {"required": True, "content": _BODY}},
    responses={202: {"content": {"application/json": {"example": FILM_EXAMPLE}}}, **PROBLEMS},
)
async def add_video(request: Request, services: Wired, caller: Detector, wishes: Wanted, response: Response) -> FILM:
    """Send a film (MP4, MOV, Matroska, WebM, AVI, MPEG-TS, FLV) as the body, or JSON with its URL; get a job.

    At most eight films wait, four of one caller. What a job found is kept for a day, only for who sent it.
    """
    films = services.films
    films.room_for(caller.id)
    async with _job_folder(films) as folder:
        film = await _received(request, services, (caller, wishes), folder)
        await run_in_threadpool(films.add, film)
    response.headers["Location"] = f"/v1/videos/{film.id}"
    return _body(film)


@router.get("", summary="Your films", responses=GATE)
def list_videos(services: Wired, caller: Detector) -> FILMS:
    """Return the caller's jobs, newest first."""
    return {"items": [_body(film) for film in services.films.of(caller.id)], "next": None}


@router.get("/{video_id}", summary="How far a film has come", responses=_SHOWN | MISSING)
def get_video(video_id: UUID, services: Wired, caller: Detector) -> FILM:
    """Return one job: queued, running, done, failed, or lost when the process ended while it was under way."""
    return _body(_found(services, caller, video_id))


@router.delete("/{video_id}", summary="Stop and forget a film", status_code=204, responses=MISSING)
def remove_video(video_id: UUID, services: Wired, caller: Detector) -> Response:
    """Stop it where it is under way, and remove everything of it."""
    services.films.remove(_found(services, caller, video_id))
    return Response(status_code=204)


@router.get(
    "/{video_id}/result",
    summary="What a film showed",
    responses=MISSING | {409: {**MISSING[404], "description": "It is still under way."}},
)
def video_result(video_id: UUID, services: Wired, caller: Detector) -> FILM_RESULT:
    """Return the events in order of time, as `mingchu watch` tells them; 409 while it is under way."""
    film = _found(services, caller, video_id)
    if film.state in UNDER_WAY:
        raise ConflictError(f"the film is {film.state}; its result is complete when it is done")
    out = services.films.folder(film.id) / "out"
    events = [_event(film, path) for path in out.glob("*/event.json")]
    return {**_body(film), "events": sorted(events, key=lambda e: (e["data"]["started_at"], e["data"]["id"]))}


@router.get(
    "/{video_id}/events/{event_id}/{part}",
    summary="A clip or picture of a film's event",
    response_class=FileResponse,
    responses={
        200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES.values()}},
        206: {"description": "The part that Range asked for."},
        416: {"description": "The Range lies outside."},
        **MISSING,
    },
)
def video_part(video_id: UUID, event_id: UUID, part: Part, services: Wired, caller: Detector) -> FileResponse:
    """Return one piece of evidence; a Range is answered with a part."""
    film = _found(services, caller, video_id)
    path = services.films.folder(film.id) / "out" / str(event_id) / part
    if not path.is_file():
        raise NotFoundError(f"there is no {part} of the event {event_id}")
    return FileResponse(path, media_type=_TYPES[path.suffix])


@asynccontextmanager
async def _job_folder(films: Films) -> AsyncIterator[Path]:
    """Give a new job's folder; it is gone again when the job does not come about."""
    folder = films.folder(uuid4().hex)
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        await run_in_threadpool(_discard, folder)
        raise


def _discard(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


async def _received(request: Request, services: Services, asked: tuple[Caller, FilmWishes], folder: Path) -> Film:
    caller, wishes = asked
    kind, url = media_type(request), ""
    if is_json(kind):
        parts: list[bytes] = []
        await pour(request, Bounds(1 << 16, RECEIVE_S), _list_sink(parts))
        wishes = sent = checked(FilmByUrl, b"".join(parts))
        url = sent.url
        await services.films.studio.fetcher.check(url)
    elif kind in FILM_TYPES:
        await _stored(request, folder / "source", services.films.studio.most_bytes)
    else:
        raise wrong_type(f"application/json, {', '.join(FILM_TYPES)}")
    return Film(folder.name, caller.id, wishes.order(), url, services.films.studio.clock.now())


def _list_sink(parts: list[bytes]) -> Any:
    async def sink(chunk: bytes) -> None:
        parts.append(chunk)

    return sink


async def _stored(request: Request, path: Path, most_bytes: int) -> None:
    await run_in_threadpool(require_space, path.parent, most_bytes)
    with path.open("xb") as file:

        async def sink(chunk: bytes) -> None:
            await run_in_threadpool(file.write, chunk)

        await pour(request, Bounds(most_bytes, SEND_S), sink)
        empty = not file.tell()
    if empty:
        raise InvalidInputError("body", "0 bytes", "a film")


def _found(services: Services, caller: Caller, video_id: UUID) -> Film:
    film = services.films.find(caller.id, video_id.hex)
    if film is None:
        raise NotFoundError(f"there is no video {video_id}")
    return film


def _body(film: Film) -> dict[str, Any]:
    stage = film.stage
    return {
        "id": film.id,
        "state": film.state.value,
        "created_at": instant(film.created_at),
        "finished_at": instant(film.finished_at),
        "kept_until": instant(film.finished_at + KEPT_FOR) if film.finished_at else None,
        "zone": film.order.zone.value,
        "interval_s": film.order.interval_s,
        "progress": {"share": stage.share, "seen_s": stage.seen_s, "looks": stage.looks, "events": stage.events},
        "error": film.error,
        "result": f"/v1/videos/{film.id}/result",
    }


def _event(film: Film, path: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(path.read_bytes())
    for stored in body["data"]["evidence"].values():
        stored["url"] = f"/v1/videos/{film.id}/events/{stored['url']}"
    return body
