"""`mingchu work`: one worker against an API, or on its own; everything that it must not lose lies in its spool."""

import json
import logging
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from vision.catalogue import load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import Sightedness, load_sight, threads_here
from vision.commands.shift import Delivery, heed_signals, run_shift
from vision.config import CameraConfig, ZoneConfig
from vision.crew import Crew
from vision.errors import InvalidInputError, StorageError
from vision.frames import CameraId, Frame
from vision.headquarters import STATUS_EVERY_S, Headquarters, follow
from vision.outbox.closing import interrupted
from vision.outbox.filing import Filing
from vision.outbox.reporter import Reporter
from vision.outbox.showing import Showing
from vision.outbox.spool import Spool
from vision.path import Bystander, CameraPath, line_for, presence_line
from vision.ports import Source
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.orphan import Notary, attest
from vision.recording.recorder import Desk
from vision.recording.shown import shown
from vision.runtime import Seams, Worker
from vision.scene import Scene, ZoneType
from vision.sources.address import AddressPolicy
from vision.sources.opening import open_source
from vision.tally import Tally
from vision.tracing import Tracing, sending_traces
from vision.vigil import Pulse, Vigil

log = logging.getLogger(__name__)
Tasks = Mapping[str, Callable[[], None]]
SETTLE_AGAIN_S = 5.0

API = typer.Option(envvar="MINGCHU_API", help="Address of the API; needs --key.")
KEY = typer.Option(envvar="MINGCHU_WORKER_KEY", help="API key with the scopes events:write and workers.")
DATA_DIR = typer.Option(envvar="MINGCHU_DATA_DIR", help="Spool and manifest chain lie below it.")
SOURCE = typer.Option(help="Watch this and ask for no assignment: rtsp://…, a film (played in a loop), 0. Repeatable.")
OTLP_URL = typer.Option(envvar="MINGCHU_OTLP_URL", help="Send traces of looks to this collector (OTLP over HTTP).")
OTLP_SHARE = typer.Option(envvar="MINGCHU_OTLP_SHARE", min=0, max=1, help="Which share of them.")
OUT = typer.Option(help="With --source and without --api: keep events and their evidence in this folder.")


@dataclass(frozen=True, slots=True)
class Orders:
    """What the command line asked for, checked."""

    worker: str
    api: str
    key: str
    out: Path | None
    cameras: tuple[CameraConfig, ...]
    """Empty = the API assigns them."""

    def __post_init__(self) -> None:
        """Refuse what names no place to deliver to, or two."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", self.worker):  # it names a folder and a path of the API
            raise InvalidInputError("--worker", self.worker, "letters, digits, . _ - beginning with a letter or digit")
        if bool(self.api) == bool(self.out):
            raise InvalidInputError("--api", self.api, "the address of an API, or --source with --out and no --api")
        if self.api and not self.key:
            raise InvalidInputError("--key", "", "an API key with the scopes events:write and workers")
        if self.out and not self.cameras:
            raise InvalidInputError("--source", "", "what to watch, where no API assigns it")


def work(  # noqa: PLR0913 - one for each option
    *,
    api: Annotated[str, API] = "",
    key: Annotated[str, KEY] = "",
    worker: Annotated[str, typer.Option(help="Its id; default: this machine's name.")] = "",
    data_dir: Annotated[Path, DATA_DIR] = Path("var"),
    source: Annotated[list[str] | None, SOURCE] = None,
    zone: Annotated[ZoneType, typer.Option(help="What the sources show; the law depends on it.")] = ZoneType.OTHER,
    site: Annotated[str, typer.Option(help="Where the sources are; the API must know the site.")] = "local",
    out: Annotated[Path | None, OUT] = None,
    otlp_url: Annotated[str, OTLP_URL] = "",
    otlp_share: Annotated[float, OTLP_SHARE] = 1.0,
    trust_local: Annotated[bool, typer.Option(help="Open files and loopback addresses that the API names.")] = False,
) -> None:
    """Look at the cameras that the API assigns, or at given sources, until told to stop."""
    crew = Crew()
    heed_signals(crew)
    worker = worker or socket.gethostname()
    orders = Orders(worker, api, key, out, _cameras(worker, source or [], zone, site))
    policy = _policy(data_dir, trusted=trust_local or bool(source))
    tracing = Tracing("mingchu-worker", otlp_url, otlp_share) if otlp_url else None
    with ExitStack() as stack:
        stack.enter_context(sending_traces(tracing))
        home = data_dir / "spool" / worker
        spool = stack.enter_context(Spool(home))
        sight = load_sight(threads=threads_here(data_dir))
        desk = _desk(worker, spool, home, sight)
        settled = _settled(spool, Notary(spool, desk.chain, desk.staging))
        client = _client(orders, stack)
        showing = Showing(client, worker, SystemClock()) if client else None
        staff = Worker(_seams(sight, desk, policy, showing), crew)
        delivery, tasks = _outside(orders, staff, spool, crew, client)
        if showing is not None:
            tasks = {**tasks, "wall": partial(showing.run, crew.stop)}
        if not settled:
            tasks = {**tasks, "orphans": partial(_settle_later, spool, Notary(spool, desk.chain, desk.staging), crew)}
        staff.assign(orders.cameras)
        run_shift(crew, staff, delivery, tasks)


def _policy(data_dir: Path, *, trusted: bool) -> AddressPolicy:
    allow_loopback = trusted or os.environ.get("MINGCHU_ALLOW_LOOPBACK") == "1"
    return AddressPolicy(trusted=trusted, allow_loopback=allow_loopback, demo_dir=data_dir / "demo")


def _cameras(worker: str, sources: list[str], zone: ZoneType, site: str) -> tuple[CameraConfig, ...]:
    """Return a camera for each source; their names tell the worker, so that two boxes of a site do not share one."""
    zones = (ZoneConfig(type=zone),)
    if sources and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", site):
        raise InvalidInputError("--site", site, "letters, digits, . _ -")
    return tuple(
        CameraConfig(id=f"{worker[:56]}-{number}", site=site, source=_playable(source), zones=zones)
        for number, source in enumerate(sources, 1)
    )


def _playable(source: str) -> str:
    """Return a source that goes on for ever: a film is played in a loop at its own pace."""
    if "://" in source or source.startswith("demo:") or source.isdecimal() or Path(source).is_dir():
        return source
    path = Path(source.removeprefix("loop+file:")).resolve()
    if not path.is_file():
        raise InvalidInputError("--source", source, "a URL, an existing file or folder, or a camera index")
    return f"loop+file:{path}"


def _client(orders: Orders, stack: ExitStack) -> httpx.Client | None:
    """Return the way to the API; None where a folder takes everything."""
    if orders.out is not None:
        return None
    headers = {"Authorization": f"Bearer {orders.key}"}
    return stack.enter_context(httpx.Client(base_url=orders.api, headers=headers, timeout=30))


def _outside(
    orders: Orders, worker: Worker, spool: Spool, crew: Crew, client: httpx.Client | None
) -> tuple[Delivery, Tasks]:
    """Return who empties the spool, and what else is to be asked and told."""
    if client is None:
        assert orders.out is not None  # noqa: S101 - orders name one of the two
        return Filing(spool, FolderOutbox(orders.out, _print), SystemClock()), {}
    headquarters = Headquarters(client, orders.worker)
    tasks = {"status": partial(_report, headquarters, worker, spool, crew)}
    if not orders.cameras:
        tasks["assignment"] = partial(follow, headquarters, lambda found: worker.assign(found.cameras), crew.stop)
    return Reporter(spool, client, SystemClock()), tasks


def _print(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _report(headquarters: Headquarters, worker: Worker, spool: Spool, crew: Crew) -> None:
    while not crew.stop.wait(STATUS_EVERY_S):
        headquarters.report(worker.status(), _waiting(spool))


def _waiting(spool: Spool) -> int:
    try:
        return spool.state().waiting
    except StorageError as error:
        log.warning("event=spool-unreadable error=%s", error)
        return 0


def _settled(spool: Spool, notary: Notary) -> bool:
    """Complete and close what a killed worker left open; False when the disk is full.

    Dying here changes nothing, the next start goes on.
    """
    try:
        for orphan in spool.orphans():
            attest(orphan, notary)
        for orphan in spool.orphans():
            spool.put(interrupted(orphan))
    except StorageError as error:
        log.warning("event=orphans-wait error=%s", error)
        return False
    return True


def _settle_later(spool: Spool, notary: Notary, crew: Crew) -> None:
    """Try again while the delivery makes room."""
    while not crew.stop.wait(SETTLE_AGAIN_S) and not _settled(spool, notary):
        pass
    crew.stop.wait()


def _desk(worker: str, spool: Spool, home: Path, sight: Sightedness) -> Desk:
    staging = home / "staging"
    try:
        shutil.rmtree(staging, ignore_errors=True)  # what a killed worker had not handed over
        staging.mkdir(parents=True)
    except OSError as error:
        raise StorageError(f"{staging}: cannot be made anew ({error.strerror})") from error
    models = (sight.detector.model, *sight.wear.models)
    return Desk(worker, spool, load_catalogue(), models, ManifestChain(home / "chain.json", worker), staging)


def _show(showing: Showing, camera: CameraId, frame: Frame, scene: Scene) -> None:
    showing.offer(camera, partial(shown, frame, scene))


def _seams(sight: Sightedness, desk: Desk, policy: AddressPolicy, showing: Showing | None) -> Seams:
    clock = SystemClock()

    def open_(camera: CameraConfig) -> Source:
        return open_source(camera, clock=clock, policy=policy)

    def path(camera: CameraConfig, source: Source, tally: Tally) -> CameraPath:
        begun = CameraPath(camera, source, line_for(camera, desk.catalogue, sight.abilities), desk, tally)
        if showing is not None:
            begun.onlooker = partial(_show, showing, CameraId(camera.id))
        return begun

    def vigil(camera: CameraConfig, tally: Tally) -> Vigil:
        line = presence_line(camera, desk.catalogue, sight.abilities)
        return Vigil(Pulse(line, clock.now()), Bystander(camera, desk, tally))

    return Seams(clock, sight.eyes, open_, path, vigil)
