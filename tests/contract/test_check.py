"""`mingchu check` on each kind of store: what it finds, what it mends, and what it says when one does not answer."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import delete, update

from api.audit import Act, record
from api.check import YOUNG, findings
from api.objects import ObjectStore
from api.opening import open_database, open_objects
from api.settings import Settings
from api.store import media
from api.store import schema as tables
from api.store.database import Database
from tests.contract.world import NOW, event_id, furnish, piece, take, told
from tests.e2e.stack import free_port
from tests.servers.postgres import PASSWORD, Postgres
from tests.servers.swift import SECRET_KEY, Swift
from vision.main import main

CONTENT = b"film"
Environment = dict[str, str]


@pytest.fixture(autouse=True)
def settings_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forget what this shell has set, and keep files in a folder of the test."""
    for name in [name for name in os.environ if name.startswith("MINGCHU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MINGCHU_DATA_DIR", str(tmp_path / "var"))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Check = Callable[..., Ended]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Give `mingchu check` with some settings."""

    def run(environment: Mapping[str, str], *arguments: str) -> Ended:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["mingchu", "check", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(int(str(ended.value.code)), *capsys.readouterr())

    return run


PAIRS = [
    pytest.param("sqlite+disk"),
    pytest.param("postgresql+s3", marks=[pytest.mark.server("postgresql"), pytest.mark.server("swift")]),
]


@pytest.fixture(params=PAIRS)
def environment(request: pytest.FixtureRequest) -> Environment:
    """Give the settings of a database and an object store."""
    if request.param == "sqlite+disk":
        return {}
    server: Swift = request.getfixturevalue("swift")
    return {
        "MINGCHU_DATABASE_URL": request.getfixturevalue("postgres_url"),
        **server.environment(server.new_bucket()),
    }


@dataclass
class Kept:
    """One event with one piece of evidence, and where both are kept."""

    environment: Environment
    database: Database
    objects: ObjectStore
    source: Path
    key: str = "1/clip-0"


@pytest.fixture
def kept(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    source = tmp_path / "film"
    source.write_bytes(CONTENT)
    row = {**piece("clip"), "sha256": hashlib.sha256(CONTENT).hexdigest(), "size_bytes": len(CONTENT)}
    objects = open_objects(Settings())
    with closing(open_database(Settings())) as database:
        objects.put(row["key"], source, row["sha256"], row["media_type"])
        with database.write() as connection:
            furnish(connection)
            take(connection, told(1))
            media.add(connection, row)
            record(connection, Act("shell", "site.added", "main"), NOW)
        yield Kept(environment, database, objects, source)


def test_order_is_said(kept: Kept, check: Check) -> None:
    assert check(kept.environment) == Ended(0, "everything is in order\n", "")


def test_a_lost_object_is_found_and_marked(kept: Kept, check: Check) -> None:
    kept.objects.delete(kept.key)
    line = f"media {event_id(1)}/clip: object {kept.key} is lost\n1 finding(s)\n"
    assert check(kept.environment) == Ended(1, line, "")
    with kept.database.read() as connection:
        assert media.of_events(connection, [event_id(1)])
    assert check(kept.environment, "--repair").code == 1
    with kept.database.read() as connection:
        assert not media.of_events(connection, [event_id(1)])


def test_other_bytes_are_found(kept: Kept, check: Check) -> None:
    kept.source.write_bytes(b"forged")
    kept.objects.put(kept.key, kept.source, hashlib.sha256(b"forged").hexdigest(), "video/mp4")
    ended = check(kept.environment)
    assert (ended.code, ended.out.splitlines()[0]) == (
        1,
        f"media {event_id(1)}/clip: object {kept.key} has other bytes",
    )


def test_a_stray_object_is_found_when_it_is_old_and_removed_when_that_is_wanted(kept: Kept) -> None:
    kept.objects.put("2/stray", kept.source, hashlib.sha256(CONTENT).hexdigest(), "video/mp4")
    later = datetime.now(UTC) + YOUNG + timedelta(minutes=1)
    assert list(findings(kept.database, kept.objects, datetime.now(UTC), repair=True)) == []
    assert list(findings(kept.database, kept.objects, later, repair=False)) == ["object 2/stray belongs to no row"]
    assert list(findings(kept.database, kept.objects, later, repair=True)) == ["object 2/stray belongs to no row"]
    assert [stat.key for stat in kept.objects.walk()] == [kept.key]


def test_gaps_in_the_chains_are_found(kept: Kept, check: Check) -> None:
    with kept.database.write() as connection:
        connection.execute(delete(tables.log))
        connection.execute(update(tables.audit).values(target="bar"))
    ended = check(kept.environment)
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "log: 0 lines, but the head says 1",
        "audit row 1 does not continue row 0",
        "2 finding(s)",
    ]


# One of them does not answer: exit code 2, one line, no secret.


def refused(ended: Ended, *said: str) -> None:
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    for part in ("mingchu: ", *said):
        assert part in ended.err
    for secret in (PASSWORD, quote(PASSWORD), SECRET_KEY, "pass123"):
        assert secret not in ended.err


@pytest.fixture
def folder_of_objects() -> None:
    """Make the place where objects are kept, so that only the database is wrong."""
    open_objects(Settings()).probe()


@pytest.mark.usefixtures("folder_of_objects")
def test_a_database_that_is_away(check: Check) -> None:
    port = free_port()
    ended = check({"MINGCHU_DATABASE_URL": f"postgresql://mingchu:pass123@127.0.0.1:{port}/mingchu"})
    refused(ended, f"the database 127.0.0.1:{port}/mingchu does not work", "Connection refused")


@pytest.mark.usefixtures("folder_of_objects")
@pytest.mark.server("postgresql")
def test_a_wrong_password(check: Check, postgres: Postgres) -> None:
    ended = check({"MINGCHU_DATABASE_URL": postgres.url_of("mingchu", "pass123")})
    refused(ended, "does not work", 'password authentication failed for user "mingchu"')


@pytest.mark.usefixtures("folder_of_objects")
@pytest.mark.server("postgresql")
def test_a_database_that_does_not_exist(check: Check, postgres: Postgres) -> None:
    refused(check({"MINGCHU_DATABASE_URL": postgres.url_of("nowhere")}), 'database "nowhere" does not exist')


@pytest.mark.usefixtures("folder_of_objects")
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://mingchu:pass123@db:port/mingchu",
        "mysql://root:pass123@db/mingchu",
        "sqlite://",
        "sqlite:///:memory:",
        "pass123",
    ],
)
def test_an_address_that_names_no_database(check: Check, url: str) -> None:
    refused(check({"MINGCHU_DATABASE_URL": url}), "MINGCHU_DATABASE_URL", "allowed: sqlite:///FILE or postgresql://")


@pytest.mark.usefixtures("folder_of_objects")
def test_a_file_that_is_no_database(check: Check, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database at all" * 100)
    refused(check({"MINGCHU_DATABASE_URL": f"sqlite:///{tmp_path / 'notes.txt'}"}), "file is not a database")


def test_a_folder_of_objects_that_is_away(kept: Kept, check: Check, tmp_path: Path) -> None:
    """A disk that is not mounted must not look like evidence that is lost, least of all with --repair."""
    place = str(tmp_path / "not-mounted")
    refused(check(kept.environment | {"MINGCHU_OBJECTS": place}, "--repair"), f"{place}: No such file or directory")
    with kept.database.read() as connection:
        assert media.of_events(connection, [event_id(1)])


@pytest.mark.server("swift")
def test_a_bucket_that_is_missing(kept: Kept, check: Check, swift: Swift) -> None:
    ended = check(kept.environment | swift.environment("no-such-bucket"), "--repair")
    refused(ended, "s3://no-such-bucket at 127.0.0.1:", "there is no such bucket")
    assert not swift.client().bucket_exists(bucket_name="no-such-bucket")
    with kept.database.read() as connection:
        assert media.of_events(connection, [event_id(1)])


@pytest.mark.server("swift")
def test_wrong_keys_to_the_bucket(check: Check, swift: Swift) -> None:
    environment = swift.environment(swift.new_bucket()) | {"MINGCHU_S3_SECRET_KEY": "pass123"}
    refused(check(environment), "the object store says", "check MINGCHU_S3_ACCESS_KEY and MINGCHU_S3_SECRET_KEY")


def test_an_object_store_that_is_away(check: Check) -> None:
    keys = {"MINGCHU_S3_ACCESS_KEY": "key", "MINGCHU_S3_SECRET_KEY": "pass123"}
    ended = check({"MINGCHU_OBJECTS": f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}", **keys})
    refused(ended, "s3://bucket at 127.0.0.1:", "does not answer")


def test_a_place_with_a_password_in_it(check: Check) -> None:
    refused(check({"MINGCHU_OBJECTS": "s3://key:pass123@bucket"}), "MINGCHU_OBJECTS")
