"""The API's commands of `mingchu`: serve, and administration from a shell on the machine itself."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import typer
import uvicorn
from rich.console import Console
from sqlalchemy import Connection

from api.app import create_app, open_database, open_objects
from api.audit import Act
from api.audit import record as note
from api.auth.caller import KEY_SCOPES
from api.auth.secrets import code_digest, new_code, new_key
from api.check import findings
from api.settings import Settings
from api.store import cameras, keys, sites, users
from api.store.scope import WHOLE
from vision.config import ZoneConfig, masked
from vision.errors import InvalidInputError
from vision.scene import ZoneType

SHELL = "shell"
_out = Console(highlight=False, soft_wrap=True)
user_app = typer.Typer(no_args_is_help=True, help="People who log in.")
key_app = typer.Typer(no_args_is_help=True, help="API keys of workers and integrators.")
site_app = typer.Typer(no_args_is_help=True, help="Food businesses.")
camera_app = typer.Typer(no_args_is_help=True, help="Cameras of a site.")


def register(app: typer.Typer) -> None:
    """Add the API's commands to the command line."""
    app.command()(serve)
    app.command()(check)
    for name, group in (("user", user_app), ("key", key_app), ("site", site_app), ("camera", camera_app)):
        app.add_typer(group, name=name)


@contextmanager
def writing(settings: Settings | None = None) -> Iterator[tuple[Connection, datetime]]:
    """Give one transaction on the configured database, and the present instant."""
    database = open_database(settings or Settings())
    try:
        with database.write() as connection:
            yield connection, datetime.now(UTC)
    finally:
        database.close()


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; default MINGCHU_HOST.")] = "",
    port: Annotated[int, typer.Option(help="Port; default MINGCHU_PORT.")] = -1,
) -> None:
    """Serve the API and the console."""
    settings = Settings()
    app = create_app(settings)
    host, port = host or settings.host, port if port >= 0 else settings.port
    _out.print(f"Mingchu serves http://{host}:{port}")
    if not _somebody_can_log_in(settings):
        _out.print(f"first-login code: {fresh_code(settings)}  (once, for {settings.code_h:g} h)")
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=3)


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
    """Compare store and objects both ways; exit 1 when something is wrong."""
    settings = Settings()
    database, objects = open_database(settings), open_objects(settings)
    found = list(findings(database, objects, datetime.now(UTC), repair=repair))
    for line in found:
        _out.print(line)
    _out.print(f"{len(found)} finding(s)" if found else "everything is in order")
    raise typer.Exit(1 if found else 0)


@user_app.command("code")
def user_code() -> None:
    """Make a new first-login code for the administrator."""
    _out.print(f"first-login code: {fresh_code(Settings())}")


@user_app.command("list")
def list_users() -> None:
    """List everybody who may log in."""
    with writing() as (connection, _):
        for row in users.everything(connection):
            _out.print(f"{row['name']}  {row['role']}  {'password' if row['password_hash'] else 'no password yet'}")


@key_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str], typer.Option(help="Repeat: events:write, workers, events:read, …")],
) -> None:
    """Make a key and print it once."""
    _out.print(new_stored_key(Settings(), name, scope))


def new_stored_key(settings: Settings, name: str, scopes: list[str]) -> str:
    """Store a new key for the whole tree and return its text; InvalidInputError for an unknown scope."""
    allowed = {permission.value for permission in KEY_SCOPES}
    for scope in scopes:
        if scope not in allowed:
            raise InvalidInputError("scope", scope, ", ".join(sorted(allowed)))
    key = new_key()
    row = {"id": uuid4().hex, "prefix": key.prefix, "digest": key.digest, "name": name, "scopes": scopes}
    with writing(settings) as (connection, now):
        keys.add(connection, {**row, "region_id": "root", "created_at": now})
        note(connection, Act(SHELL, "key.added", key.prefix, {"scopes": scopes}), now)
    return key.text


@key_app.command("list")
def list_keys() -> None:
    """List keys; their secrets cannot be shown again."""
    with writing() as (connection, _):
        for row in keys.everything(connection):
            _out.print(f"mck_{row['prefix']}_…  {row['name']}  {','.join(row['scopes'])}")


@key_app.command("revoke")
def revoke_key(prefix: str) -> None:
    """End a key by its prefix."""
    with writing() as (connection, now):
        if not keys.revoke(connection, prefix, now):
            raise InvalidInputError("prefix", prefix, "the prefix of a live key")
        note(connection, Act(SHELL, "key.revoked", prefix), now)


@site_app.command("add")
def add_site(
    site: Annotated[str, typer.Argument(help="Its id: letters, digits, . _ -")],
    name: Annotated[str, typer.Option(help="How people call it.")] = "",
) -> None:
    """Add a site."""
    with writing() as (connection, now):
        put_site(connection, site, name or site, now)


def put_site(connection: Connection, site: str, name: str, now: datetime) -> None:
    """Insert a site with the defaults of a restaurant in China; InvalidInputError when the id is taken."""
    if sites.taken(connection, site):
        raise InvalidInputError("site", site, "an id that is not taken")
    law = {"time_zone": "Asia/Shanghai", "jurisdiction": "CN", "hours": {}}
    values: Mapping[str, Any] = {"id": site, "name": name, "type": "restaurant", "region_id": "root", **law}
    sites.add(connection, {**values, "created_at": now, "updated_at": now})
    note(connection, Act(SHELL, "site.added", site), now)


@site_app.command("list")
def list_sites() -> None:
    """List sites."""
    with writing() as (connection, _):
        for row in sites.everything(connection, WHOLE):
            _out.print(f"{row['id']}  {row['name']}")


@camera_app.command("add")
def add_camera(
    camera: Annotated[str, typer.Argument(help="Its id.")],
    source: Annotated[str, typer.Argument(help="rtsp://… or another address that the worker can open.")],
    site: Annotated[str, typer.Option(help="The site it hangs in.")],
    name: Annotated[str, typer.Option(help="How people call it.")] = "",
    zone: Annotated[ZoneType, typer.Option(help="What it sees.")] = ZoneType.OTHER,
) -> None:
    """Add a camera to a site."""
    with writing() as (connection, now):
        if sites.find(connection, WHOLE, site) is None:
            raise InvalidInputError("site", site, "the id of a site (mingchu site list)")
        if cameras.place(connection, camera) is not None:
            raise InvalidInputError("camera", camera, "an id that is not taken")
        put_camera(connection, {"id": camera, "site_id": site, "name": name, "source": source}, zone, now)


def put_camera(connection: Connection, values: Mapping[str, Any], zone: ZoneType, now: datetime) -> None:
    """Insert an enabled camera that sees one zone."""
    zones = [json.loads(ZoneConfig(type=zone).model_dump_json())]
    row = {**cameras.UNREGISTERED, "enabled": True, "zones": zones, **values}
    cameras.add(connection, {**row, "created_at": now, "updated_at": now})
    note(connection, Act(SHELL, "camera.added", str(values["id"])), now)


@camera_app.command("list")
def list_cameras() -> None:
    """List cameras; passwords in addresses are masked."""
    with writing() as (connection, _):
        for row in cameras.everything(connection, WHOLE):
            _out.print(f"{row['id']}  {row['site_id']}  {masked(row['source'])}  {row['state_state'] or ''}")


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
