"""Administration from a shell: who may come in, places, keys; every step in the audit trail, no password in argv."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner, Result

from api.audit import breaks
from api.auth.caller import KEY_SCOPES, Role
from api.auth.secrets import Passwords
from api.commands import register
from api.keyfile import open_keyring
from api.settings import Settings
from api.shell import out
from api.store import keys, users
from api.store.database import Database
from api.store.schema import audit, cameras, sessions
from tests.unit.api.world import QUICK, START
from vision.errors import InvalidInputError

PASSWORD = "correct horse battery"
Run = Callable[..., Result]


@pytest.fixture
def mingchu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MINGCHU_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("api.accounts.Passwords", lambda: Passwords(QUICK))
    app = typer.Typer()
    register(app)

    def run(*arguments: str, stdin: str = "") -> Result:
        with out.capture() as printed:
            result = CliRunner().invoke(app, arguments, input=stdin)
        result.printed = printed.get()
        return result

    return run


def database() -> Database:
    return Database(Settings().database, open_keyring(Settings()))


def acts() -> list[tuple[str, str, str, dict[str, object]]]:
    with database().read() as connection:
        assert list(breaks(connection)) == []
        rows = connection.execute(audit.select().order_by(audit.c.sequence)).mappings()
        return [(row["actor"], row["action"], row["target"], json.loads(row["detail"])) for row in rows]


def user(name: str) -> dict[str, object]:
    with database().read() as connection:
        row = users.by_name(connection, name)
        assert row is not None
        return dict(row)


def test_a_user_is_added_with_a_password_from_standard_input(mingchu: Run) -> None:
    assert mingchu("region", "add", "haidian", "--name", "海淀").exit_code == 0
    added = mingchu("user", "add", "Wang", "--role", "supervisor", "--region", "haidian", stdin=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.exception
    row = user("wang")
    assert (row["role"], row["region_id"], row["site_id"]) == ("supervisor", "haidian", None)
    assert Passwords(QUICK).verify(PASSWORD, str(row["password_hash"]))
    told = {"role": "supervisor", "region": "haidian", "site": ""}
    assert acts()[-1] == ("shell", "user.added", "wang", told)
    assert re.search(r"wang  supervisor  haidian  password", mingchu("user", "list").printed)


def test_somebody_of_a_kitchen_belongs_to_the_region_of_the_site(mingchu: Run) -> None:
    mingchu("region", "add", "haidian")
    mingchu("site", "add", "s1", "--region", "haidian")
    assert mingchu("user", "add", "chef", "--role", "kitchen", "--site", "s1", stdin=f"{PASSWORD}\n").exit_code == 0
    assert (user("chef")["region_id"], user("chef")["site_id"]) == ("haidian", "s1")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("a b", "--role", "admin"), "name"),
        (("x", "--role", "kitchen"), "value"),
        (("x", "--role", "analyst", "--site", "s1"), "value"),
        (("x", "--role", "analyst", "--region", "moon"), "region"),
        (("x", "--role", "kitchen", "--site", "moon"), "site"),
        (("x", "--role", "admin", "--language", "fr"), "language"),
    ],
)
def test_a_wrong_user_is_refused_and_leaves_nothing(mingchu: Run, arguments: tuple[str, ...], field: str) -> None:
    refused = mingchu("user", "add", *arguments, stdin=f"{PASSWORD}\n").exception
    assert isinstance(refused, InvalidInputError)
    assert refused.field == field
    assert mingchu("user", "list").printed == ""
    assert acts() == []


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
def test_a_poor_password_is_refused_and_not_repeated(mingchu: Run, password: str) -> None:
    refused = mingchu("user", "add", "x", "--role", "admin", stdin=f"{password}\n").exception
    assert isinstance(refused, InvalidInputError)
    assert (refused.field, refused.value) == ("password", "'***'")


def test_a_name_is_given_once_however_it_is_written(mingchu: Run) -> None:
    mingchu("user", "add", "wang", "--role", "admin", stdin=f"{PASSWORD}\n")
    again = mingchu("user", "add", "WANG", "--role", "analyst", stdin=f"{PASSWORD}\n").exception
    assert isinstance(again, InvalidInputError)
    assert user("wang")["role"] == "admin"


def session_of(name: str) -> None:
    with database().write() as connection:
        row = {"digest": "d", "user_id": user(name)["id"], "by_code": False, "expires_at": START.replace(year=2999)}
        users.add_session(connection, row, START)


def sessions_left() -> int:
    with database().read() as connection:
        return len(connection.execute(sessions.select()).all())


@pytest.mark.parametrize("command", ["password", "disable"])
def test_a_new_password_and_a_disabled_user_end_every_session(mingchu: Run, command: str) -> None:
    mingchu("user", "add", "wang", "--role", "admin", stdin=f"{PASSWORD}\n")
    session_of("wang")
    assert sessions_left() == 1
    assert mingchu("user", command, "wang", stdin="another long password\n").exit_code == 0
    assert sessions_left() == 0
    assert acts()[-1][1] == {"password": "user.password_set", "disable": "user.disabled"}[command]


def test_a_disabled_user_is_listed_as_such_and_can_be_let_in_again(mingchu: Run) -> None:
    mingchu("user", "add", "wang", "--role", "admin", stdin=f"{PASSWORD}\n")
    mingchu("user", "disable", "wang")
    assert "disabled" in mingchu("user", "list").printed
    mingchu("user", "enable", "wang")
    assert "disabled" not in mingchu("user", "list").printed
    assert [act[1] for act in acts()] == ["user.added", "user.disabled", "user.enabled"]


@pytest.mark.parametrize("command", ["password", "disable", "enable"])
def test_nobody_cannot_be_changed(mingchu: Run, command: str) -> None:
    refused = mingchu("user", command, "nobody", stdin=f"{PASSWORD}\n").exception
    assert isinstance(refused, InvalidInputError)
    assert refused.field == "name"


def test_no_command_takes_a_password_as_an_argument(mingchu: Run) -> None:
    app = typer.Typer()
    register(app)
    assert [where for where in options(typer.main.get_command(app)) if "password" in where.rpartition(" ")[2]] == []


def options(command: click.Command | click.Group, at: str = "") -> list[str]:
    below = getattr(command, "commands", {})
    deeper = [line for name, each in below.items() for line in options(each, f"{at} {name}")]
    return deeper + [f"{at} {parameter.name}" for parameter in command.params]


def test_regions_are_a_tree(mingchu: Run) -> None:
    mingchu("region", "add", "beijing", "--name", "北京")
    mingchu("region", "add", "haidian", "--parent", "beijing")
    assert "haidian  /beijing/haidian/  haidian" in mingchu("region", "list").printed
    for arguments in (("beijing",), ("a b",), ("x", "--parent", "moon")):
        assert mingchu("region", "add", *arguments).exit_code == 1
    assert [act[1:3] for act in acts()] == [("region.added", "beijing"), ("region.added", "haidian")]


def test_a_key_is_shown_once_stored_hashed_and_ends_at_once(mingchu: Run) -> None:
    mingchu("region", "add", "haidian")
    shown = mingchu("key", "add", "box", "--scope", "events:write", "--region", "haidian").printed.strip()
    prefix = shown.split("_")[1]
    with database().read() as connection:
        row = keys.by_prefix(connection, prefix)
    assert row is not None
    assert (row["region_path"], shown in str(dict(row))) == ("/haidian/", False)
    assert shown not in mingchu("key", "list").printed
    mingchu("key", "revoke", prefix)
    assert "revoked" in mingchu("key", "list").printed
    assert [(act[1], act[2]) for act in acts()[1:]] == [("key.added", prefix), ("key.revoked", prefix)]
    assert isinstance(mingchu("key", "revoke", prefix).exception, InvalidInputError)


@pytest.mark.parametrize("arguments", [("--scope", "everything"), ("--scope", "workers", "--region", "moon")])
def test_a_key_without_meaning_is_refused(mingchu: Run, arguments: tuple[str, ...]) -> None:
    assert isinstance(mingchu("key", "add", "box", *arguments).exception, InvalidInputError)
    assert mingchu("key", "list").printed == ""


def test_a_camera_is_added_by_address_and_listed_without_its_password(mingchu: Run) -> None:
    mingchu("site", "add", "s1", "--name", "红旗路店")
    source = "rtsp://admin:p@ss@10.0.0.9/live"
    assert mingchu("camera", "add", "c1", source, "--site", "s1", "--zone", "cooking").exit_code == 0
    listed = mingchu("camera", "list").printed
    assert "rtsp://***@10.0.0.9/live" in listed
    assert "ss@" not in listed
    for wrong in ("gopher://x/", "rtsp://", "rtsp://h:99999/x"):
        assert isinstance(mingchu("camera", "add", "c2", wrong, "--site", "s1").exception, InvalidInputError)
    assert isinstance(mingchu("camera", "add", "c 2", "0", "--site", "s1").exception, InvalidInputError)
    with database().read() as connection:
        assert [row.id for row in connection.execute(cameras.select())] == ["c1"]


def test_what_the_shell_may_give_is_what_the_gate_knows() -> None:
    assert {role.value for role in Role} == {"admin", "supervisor", "analyst", "kitchen"}
    assert {"events:review", "media:unblurred", "regions:write"}.isdisjoint(scope.value for scope in KEY_SCOPES)
