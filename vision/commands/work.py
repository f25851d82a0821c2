"""`mingchu work`: one worker against an API; everything that it must not lose lies in its spool."""

import os
import re
import shutil
import signal
import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import httpx
import typer

from vision.catalogue import load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import Sightedness, load_sight
from vision.config import CameraConfig
from vision.errors import InvalidInputError, StorageError
from vision.headquarters import STATUS_EVERY_S, Headquarters, follow
from vision.outbox.closing import interrupted
from vision.outbox.reporter import Reporter
from vision.outbox.spool import Spool
from vision.path import CameraPath, line_for
from vision.ports import Source
from vision.recording.manifest import ManifestChain
from vision.recording.orphan import Notary, attest
from vision.recording.recorder import Desk
from vision.runtime import Seams, Worker
from vision.sources.address import AddressPolicy
from vision.sources.opening import open_source

DATA_DIR = typer.Option(envvar="MINGCHU_DATA_DIR", help="Spool and manifest chain lie below it.")
KEY = typer.Option(envvar="MINGCHU_WORKER_KEY", help="API key with the scopes events:write and workers.")


def work(
    api: Annotated[str, typer.Option(help="Address of the API.")],
    key: Annotated[str, KEY],
    worker: Annotated[str, typer.Option(help="Its id; default: this machine's name.")] = "",
    data_dir: Annotated[Path, DATA_DIR] = Path("var"),
    *,
    trust_local: Annotated[bool, typer.Option(help="Open files and loopback addresses that the API names.")] = False,
) -> None:
    """Look at the cameras that the API assigns until told to stop."""
    worker = worker or socket.gethostname()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", worker):  # it names a folder and a path of the API
        raise InvalidInputError("--worker", worker, "letters, digits, . _ - beginning with a letter or digit")
    home = data_dir / "spool" / worker
    allow_loopback = trust_local or os.environ.get("MINGCHU_ALLOW_LOOPBACK") == "1"
    policy = AddressPolicy(trusted=trust_local, allow_loopback=allow_loopback, demo_dir=data_dir / "demo")
    with ExitStack() as stack:
        spool = stack.enter_context(Spool(home))
        headers = {"Authorization": f"Bearer {key}"}
        client = stack.enter_context(httpx.Client(base_url=api, headers=headers, timeout=30))
        sight = load_sight()
        desk = _desk(worker, spool, home, sight)
        _settle(spool, Notary(spool, desk.chain, desk.staging))
        _run(Worker(_seams(sight, desk, policy)), spool, client, worker)


def _settle(spool: Spool, notary: Notary) -> None:
    """Complete and close what a killed worker left open; dying here changes nothing, the next start goes on."""
    for orphan in spool.orphans():
        attest(orphan, notary)
    for orphan in spool.orphans():
        spool.put(interrupted(orphan))


def _desk(worker: str, spool: Spool, home: Path, sight: Sightedness) -> Desk:
    staging = home / "staging"
    try:
        shutil.rmtree(staging, ignore_errors=True)  # what a killed worker had not handed over
        staging.mkdir(parents=True)
    except OSError as error:
        raise StorageError(f"{staging}: cannot be made anew ({error.strerror})") from error
    models = (sight.detector.model, *sight.wear.models)
    return Desk(worker, spool, load_catalogue(), models, ManifestChain(home / "chain.json", worker), staging)


def _seams(sight: Sightedness, desk: Desk, policy: AddressPolicy) -> Seams:
    clock = SystemClock()

    def open_(camera: CameraConfig) -> Source:
        return open_source(camera, clock=clock, policy=policy)

    def path(camera: CameraConfig, source: Source) -> CameraPath:
        return CameraPath(camera, source, line_for(camera, desk.catalogue, sight.abilities), desk)

    return Seams(clock, sight.eyes, open_, path)


def _run(worker: Worker, spool: Spool, client: httpx.Client, name: str) -> None:
    """Run every thread until a signal; then end in order: cameras, models, one last delivery."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    headquarters, reporter = Headquarters(client, name), Reporter(spool, client, SystemClock())
    threading.Thread(target=reporter.run, args=(stop,), name="reporter", daemon=True).start()
    asking = (headquarters, lambda found: worker.assign(found.cameras), stop)
    threading.Thread(target=follow, args=asking, name="assignment", daemon=True).start()
    worker.start()
    while not stop.wait(STATUS_EVERY_S):
        headquarters.report(worker.status(), spool.state().waiting)
    worker.stop()
    reporter.run_once()
