"""The API's commands of `mingchu`: serve, and administration from a shell on the machine itself."""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy import Connection

from api import place_commands
from api.accounts import key_app, new_stored_key, user_app
from api.addresses import without_password
from api.audit import SHELL, Act
from api.audit import record as note
from api.auth.secrets import code_digest, new_code
from api.backup import restore as put_back
from api.backup import save
from api.boxes.bridge import app as bridge_app
from api.check import findings
from api.evidence_commands import evidence_app
from api.fields import Sampling
from api.keyfile import open_keyring
from api.opening import object_store, open_database, open_objects, told_of_lost
from api.people import require_region
from api.places.facts import NewCamera, NewRegion, NewSite
from api.places.planting import put_region
from api.requests import log_as
from api.secrets_commands import secrets_app
from api.settings import Settings
from api.shell import checked, out, writing
from api.store import cameras, regions, sites, users
from api.store.database import Database
from api.store.resealing import lost_keys
from api.store.scope import WHOLE
from vision.config import ZoneConfig
from vision.errors import InvalidInputError, SourceError
from vision.scene import ZoneType
from vision.sources.address import network_parts
from vision.tracing import Tracing, sending_traces

__all__ = ["fresh_code", "new_stored_key", "put_camera", "put_site", "register", "writing"]
region_app = typer.Typer(no_args_is_help=True, help="The tree of places by which views are scoped.")
site_app = typer.Typer(no_args_is_help=True, help="Food businesses.")
camera_app = typer.Typer(no_args_is_help=True, help="Cameras of a site.")
_GROUPS = {
    "user": user_app,
    "key": key_app,
    "region": region_app,
    "site": site_app,
    "camera": camera_app,
    "bridge": bridge_app,
    "evidence": evidence_app,
    "secrets": secrets_app,
}


def register(app: typer.Typer) -> None:
    """Add the API's commands to the command line."""
    app.command()(serve)
    place_commands.register(site_app)
    for command in (check, backup, restore):
        app.command()(command)
    for name, group in _GROUPS.items():
        app.add_typer(group, name=name)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; default MINGCHU_HOST.")] = "",
    port: Annotated[int, typer.Option(help="Port; default MINGCHU_PORT.")] = -1,
) -> None:
    """Serve the API and the console."""
    from api.app import create_app  # noqa: PLC0415 - takes seconds, which no other command shall cost
    from api.serving import run  # noqa: PLC0415 - the same

    settings = Settings()
    log_as(settings.log_format)
    host, port = host or settings.host, port if port >= 0 else settings.port
    with sending_traces(_tracing(settings)):
        app = create_app(settings)
        out.print(f"Mingchu serves http://{host}:{port}")
        if not _somebody_can_log_in(settings):
            code = fresh_code(settings)
            out.print(f"first-login code: {code}  (once, for {settings.code_h:g} h): http://{host}:{port}/#code={code}")
        run(app, settings, host, port)


def _tracing(settings: Settings) -> Tracing | None:
    return Tracing("mingchu-api", settings.otlp_url, settings.otlp_share) if settings.otlp_url else None


def _somebody_can_log_in(settings: Settings) -> bool:
    with writing(settings) as (connection, _):
        return users.somebody_can_log_in(connection)


def fresh_code(settings: Settings) -> str:
    """Make the only first-login code and return it; it is stored hashed."""
    code = new_code()
    with writing(settings) as (connection, now):
        users.replace_code(connection, code_digest(code), now, now + timedelta(hours=settings.code_h))
        note(connection, Act(SHELL, "user.code_made", ""), now)
    return code


def check(
    *, repair: Annotated[bool, typer.Option("--repair", help="Remove stray objects, mark lost ones.")] = False
) -> None:
    """Compare store and objects both ways; exit 1 when something is wrong, 2 when one of them does not answer."""
    settings = Settings()
    objects = object_store(settings)
    objects.probe()  # first: of a bucket or disk that is away, every object would seem lost
    with closing(open_database(settings)) as database:
        found = list(findings(database, objects, datetime.now(UTC), repair=repair))
    for line in found:
        out.print(line)
    out.print(f"{len(found)} finding(s)" if found else "everything is in order")
    raise typer.Exit(1 if found else 0)


def backup(folder: Annotated[Path, typer.Argument(help="Where to: a folder that is not there yet.")]) -> None:
    """Write one consistent state of database and media into a folder; the API may go on. Exit 1 when media are lost."""
    settings = Settings()
    objects = object_store(settings)
    objects.probe()
    with closing(open_database(settings)) as database:
        saved = save(database, objects, folder, datetime.now(UTC))
    out.print(f"{sum(saved.rows.values())} rows of {len(saved.rows)} tables, {len(saved.objects)} objects in {folder}")
    for key in saved.lost:
        out.print(f"object {key} is lost (mingchu check)")
    raise typer.Exit(1 if saved.lost else 0)


def restore(folder: Annotated[Path, typer.Argument(help="What `mingchu backup` has made.")]) -> None:
    """Put a backup into an empty database and object store; stop the API first."""
    settings = Settings()
    keyring = open_keyring(settings)
    with closing(Database(settings.database, keyring)) as database:
        saved = put_back(database, open_objects(settings), folder)
        with database.read() as connection:
            lost = lost_keys(connection, keyring)
    out.print(f"{sum(saved.rows.values())} rows, {len(saved.objects)} objects restored; mingchu check compares them")
    if lost:
        out.print(told_of_lost(lost, settings))


@user_app.command("code")
def user_code() -> None:
    """Make a new first-login code for the administrator."""
    out.print(f"first-login code: {fresh_code(Settings())}")


@region_app.command("add")
def add_region(
    region: Annotated[str, typer.Argument(help="Its id: letters, digits, . _ -")],
    name: Annotated[str, typer.Option(help="How people call it.")] = "",
    parent: Annotated[str, typer.Option(help="The region that it is a part of.")] = "root",
) -> None:
    """Add a region below another."""
    wanted = checked(NewRegion, {"id": region, "name": name or region, "parent": parent})
    with writing() as (connection, now):
        put_region(connection, WHOLE, wanted)
        note(connection, Act(SHELL, "region.added", region, {"parent": parent}), now)


@region_app.command("list")
def list_regions() -> None:
    """List regions, parents first."""
    with writing() as (connection, _):
        for row in regions.everything(connection, WHOLE):
            out.print(f"{row['id']}  {row['path']}  {row['name']}")


@site_app.command("add")
def add_site(
    site: Annotated[str, typer.Argument(help="Its id: letters, digits, . _ -")],
    name: Annotated[str, typer.Option(help="How people call it.")] = "",
    region: Annotated[str, typer.Option(help="Where it is (mingchu region list).")] = "root",
) -> None:
    """Add a site."""
    with writing() as (connection, now):
        put_site(connection, site, name or site, now, region)


def put_site(connection: Connection, site: str, name: str, now: datetime, region: str = "root") -> None:
    """Insert a site with the defaults of a restaurant in China.

    Raises:
        InvalidInputError: the id is taken or is none, or there is no such region.
    """
    wanted = checked(NewSite, {"id": site, "name": name, "region": require_region(connection, region)})
    if sites.taken(connection, site):
        raise InvalidInputError("site", site, "an id that is not taken")
    sites.add(connection, {"id": site, **wanted.row(), "created_at": now, "updated_at": now})
    note(connection, Act(SHELL, "site.added", site, {"region": region}), now)


@site_app.command("list")
def list_sites() -> None:
    """List sites."""
    with writing() as (connection, _):
        for row in sites.everything(connection, WHOLE):
            out.print(f"{row['id']}  {row['name']}")


@camera_app.command("add")
def add_camera(
    camera: Annotated[str, typer.Argument(help="Its id.")],
    source: Annotated[str, typer.Argument(help="rtsp://… or another address that the worker can open.")],
    site: Annotated[str, typer.Option(help="The site it hangs in.")],
    name: Annotated[str, typer.Option(help="How people call it.")] = "",
    zone: Annotated[ZoneType, typer.Option(help="What it sees.")] = ZoneType.OTHER,
    sampling: Annotated[str, typer.Option(help='JSON, such as {"mode": "patrol", "patrol_s": 60}.')] = "{}",
) -> None:
    """Add a camera to a site."""
    looked_at = _sampling(sampling)
    _require_address(source)
    with writing() as (connection, now):
        if sites.find(connection, WHOLE, site) is None:
            raise InvalidInputError("site", site, "the id of a site (mingchu site list)")
        if cameras.place(connection, camera) is not None:
            raise InvalidInputError("camera", camera, "an id that is not taken")
        row = {"id": camera, "site_id": site, "name": name, "source": source, "sampling": looked_at}
        put_camera(connection, row, zone, now)


def _sampling(text: str) -> dict[str, Any]:
    """Return how a camera is to be looked at; InvalidInputError names what is wrong."""
    try:
        return Sampling.model_validate_json(text).told()
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, ("sampling", *wrong["loc"])))
        raise InvalidInputError(
            where, wrong["input"], f"mode, patrol_s, shifts, burst, spare_unchanged ({wrong['msg']})"
        ) from None


def _require_address(source: str) -> None:
    """Pass what can be an address; where it leads is the operator's own choice here."""
    try:
        if "://" in source and not source.startswith(("file://", "loop+file:")):
            network_parts(source)
    except SourceError as error:
        raise InvalidInputError("source", error.source, f"an address that a worker can open ({error.reason})") from None


def put_camera(connection: Connection, values: Mapping[str, Any], zone: ZoneType, now: datetime) -> None:
    """Insert an enabled camera that sees one zone; InvalidInputError names a wrong value."""
    checked(
        NewCamera, {"id": values["id"], "site": values["site_id"], "name": values["name"], "source": values["source"]}
    )
    zones = [json.loads(ZoneConfig(type=zone).model_dump_json())]
    row = {**cameras.UNREGISTERED, "enabled": True, "zones": zones, **values}
    cameras.add(connection, {**row, "created_at": now, "updated_at": now})
    note(connection, Act(SHELL, "camera.added", str(values["id"])), now)


@camera_app.command("list")
def list_cameras() -> None:
    """List cameras; passwords in addresses are masked."""
    with writing() as (connection, _):
        for row in cameras.everything(connection, WHOLE):
            out.print(f"{row['id']}  {row['site_id']}  {without_password(row['source'])}  {row['state_state'] or ''}")


@camera_app.command("remove")
def remove_camera(camera: str) -> None:
    """Remove a camera; its events stay."""
    with writing() as (connection, now):
        row = cameras.find(connection, WHOLE, camera)
        if row is None:
            raise InvalidInputError("camera", camera, "the id of a camera (mingchu camera list)")
        gone = {"removed_at": now, "enabled": False, "source": "", "updated_at": now}
        cameras.change(connection, camera, row["version"], gone)
        note(connection, Act(SHELL, "camera.removed", camera), now)
