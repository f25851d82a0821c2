"""`mingchu user` and `mingchu key`: who may come in, made and ended from a shell on the machine itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import uuid4

import typer
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import KEY_SCOPES, Role
from api.auth.secrets import Passwords, new_key
from api.fields import Line
from api.settings import Settings
from api.shell import SHELL, asked_password, checked, out, writing
from api.store import keys, regions, sites, users
from api.store.scope import WHOLE
from vision.errors import InvalidInputError

user_app = typer.Typer(no_args_is_help=True, help="People who log in.")
key_app = typer.Typer(no_args_is_help=True, help="API keys of workers and integrators.")


class NewUser(BaseModel):
    """A person who may log in."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$")
    role: Role
    region: str = "root"
    site: str = ""
    """The kitchen of a `kitchen` user; its region is the user's."""
    language: Literal["zh", "en"] = "zh"

    @model_validator(mode="after")
    def _kitchens_have_a_site(self) -> Self:
        if (self.role is Role.KITCHEN) != bool(self.site):
            raise ValueError("a site is needed for the role kitchen, and for no other")
        return self


class _NewKey(BaseModel):
    name: Line = Field(min_length=1, max_length=64)


def add_person(connection: Connection, user: NewUser, password_hash: str, now: datetime) -> None:
    """Insert a user; InvalidInputError for a name that is taken and for a region or site that is not there."""
    if users.by_name(connection, user.name) is not None:
        raise InvalidInputError("name", user.name, "a name that is not taken")
    region = _region_of(connection, user)
    row = {"id": uuid4().hex, "name": user.name, "password_hash": password_hash, "role": user.role.value}
    place = {"region_id": region, "site_id": user.site or None}
    users.add(connection, {**row, **place, "language": user.language, "created_at": now})
    told = {"role": user.role.value, "region": region, "site": user.site}
    note(connection, Act(SHELL, "user.added", user.name, told), now)


def _region_of(connection: Connection, user: NewUser) -> str:
    if not user.site:
        return require_region(connection, user.region)
    site = sites.find(connection, WHOLE, user.site)
    if site is None:
        raise InvalidInputError("site", user.site, "the id of a site (mingchu site list)")
    return str(site["region_id"])


def require_region(connection: Connection, region: str) -> str:
    """Return the id of a region that is there."""
    if regions.find(connection, WHOLE, region) is None:
        raise InvalidInputError("region", region, "the id of a region (mingchu region list)")
    return region


@user_app.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="How the person logs in.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    region: Annotated[str, typer.Option(help="The region that the person sees, and all below it.")] = "root",
    site: Annotated[str, typer.Option(help="The kitchen of a kitchen user.")] = "",
    language: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Add a user; the password is asked for, or read from standard input."""
    values = {"name": name.lower(), "role": role, "region": region, "site": site, "language": language}
    user = checked(NewUser, values)
    hashed = Passwords().hash(asked_password())
    with writing() as (connection, now):
        add_person(connection, user, hashed, now)


@user_app.command("password")
def change_password(name: str) -> None:
    """Set a user's password, asked for or read from standard input; every session of the user ends."""
    with writing() as (connection, _):
        _user(connection, name)
    hashed = Passwords().hash(asked_password())
    with writing() as (connection, now):
        user = _user(connection, name)
        users.set_password(connection, user["id"], hashed)
        users.end_sessions_of(connection, user["id"])
        note(connection, Act(SHELL, "user.password_set", user["name"]), now)


@user_app.command("disable")
def disable_user(name: str) -> None:
    """Shut a user out at once; what the user did keeps the name."""
    with writing() as (connection, now):
        user = _user(connection, name)
        users.disable(connection, user["id"], now)
        note(connection, Act(SHELL, "user.disabled", user["name"]), now)


@user_app.command("enable")
def enable_user(name: str) -> None:
    """Let a user in again, with the old password."""
    with writing() as (connection, now):
        user = _user(connection, name)
        users.disable(connection, user["id"], None)
        note(connection, Act(SHELL, "user.enabled", user["name"]), now)


def _user(connection: Connection, name: str) -> Mapping[Any, Any]:
    row = users.by_name(connection, name)
    if row is None:
        raise InvalidInputError("name", name, "the name of a user (mingchu user list)")
    return row


@user_app.command("list")
def list_users() -> None:
    """List everybody, with role, place and whether the person can come in."""
    with writing() as (connection, _):
        for row in users.everything(connection):
            out.print(f"{row['name']}  {row['role']}  {row['site_id'] or row['region_id']}  {_state(row)}")


def _state(row: Mapping[Any, Any]) -> str:
    if row["disabled_at"] is not None:
        return "disabled"
    return "password" if row["password_hash"] else "no password yet"


@key_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str], typer.Option(help="Repeat: events:write, workers, events:read, …")],
    region: Annotated[str, typer.Option(help="The region that the key sees, and all below it.")] = "root",
) -> None:
    """Make a key and print it once."""
    out.print(new_stored_key(Settings(), name, scope, region))


def new_stored_key(settings: Settings, name: str, scopes: list[str], region: str = "root") -> str:
    """Store a new key and return its text; InvalidInputError for an unknown scope or region."""
    allowed = {permission.value for permission in KEY_SCOPES}
    for scope in scopes:
        if scope not in allowed:
            raise InvalidInputError("scope", scope, ", ".join(sorted(allowed)))
    key, wanted = new_key(), checked(_NewKey, {"name": name})
    row = {"id": uuid4().hex, "prefix": key.prefix, "digest": key.digest, "name": wanted.name, "scopes": scopes}
    with writing(settings) as (connection, now):
        place = require_region(connection, region)
        keys.add(connection, {**row, "region_id": place, "created_at": now})
        note(connection, Act(SHELL, "key.added", key.prefix, {"scopes": scopes, "region": place}), now)
    return key.text


@key_app.command("list")
def list_keys() -> None:
    """List keys; their secrets cannot be shown again."""
    with writing() as (connection, _):
        for row in keys.everything(connection):
            state = "revoked" if row["revoked_at"] else "live"
            out.print(f"mck_{row['prefix']}_…  {row['name']}  {','.join(row['scopes'])}  {row['region_id']}  {state}")


@key_app.command("revoke")
def revoke_key(prefix: str) -> None:
    """End a key by its prefix."""
    with writing() as (connection, now):
        if not keys.revoke(connection, prefix, now):
            raise InvalidInputError("prefix", prefix, "the prefix of a live key")
        note(connection, Act(SHELL, "key.revoked", prefix), now)
