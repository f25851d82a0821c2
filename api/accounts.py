"""`mingchu user` and `mingchu key`: who may come in, made and ended from a shell on the machine itself."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from api.audit import SHELL, Act
from api.audit import record as note
from api.auth.caller import Role
from api.auth.secrets import Passwords
from api.issuing import WantedKey, issue
from api.people import OPERATOR, NewUser, add_person
from api.settings import Settings
from api.shell import asked_password, checked, out, writing
from api.store import factors, identities, keys, users
from vision.errors import InvalidInputError

user_app = typer.Typer(no_args_is_help=True, help="People who log in.")
key_app = typer.Typer(no_args_is_help=True, help="API keys of workers and integrators.")


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
        add_person(connection, user, hashed, OPERATOR, now)


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


@user_app.command("end-second-factor")
def end_second_factor(name: str) -> None:
    """Forget the authenticator app of somebody who has lost it; every session of the user ends."""
    with writing() as (connection, now):
        user = _user(connection, name)
        if not factors.end_factor(connection, user["id"]):
            raise InvalidInputError("name", name, "the name of a user who has a second factor")
        users.end_sessions_of(connection, user["id"])
        note(connection, Act(SHELL, "user.factor_ended", user["name"]), now)


@user_app.command("unbind")
def unbind_user(name: str) -> None:
    """Let an account belong to nobody of the organisation's login: who has its name there may bind it anew."""
    with writing() as (connection, now):
        user = _user(connection, name)
        if not identities.unbind(connection, user["id"]):
            raise InvalidInputError("name", name, "the name of a user who has come in by the organisation's login")
        note(connection, Act(SHELL, "user.unbound", user["name"]), now)


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
    events_a_day: Annotated[int | None, typer.Option(help="How many new events it may tell of in a day.")] = None,
) -> None:
    """Make a key and print it once."""
    out.print(new_stored_key(Settings(), name, scope, region, events_a_day))


def new_stored_key(
    settings: Settings, name: str, scopes: list[str], region: str = "root", events_a_day: int | None = None
) -> str:
    """Store a new key and return its text; InvalidInputError for an unknown scope or region, or no sensible limit."""
    told = {"name": name, "scopes": scopes, "region": region, "events_a_day": events_a_day}
    wanted = checked(WantedKey, told)
    with writing(settings) as (connection, now):
        return issue(connection, wanted, OPERATOR, now)[1].text


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
