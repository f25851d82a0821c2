"""Days' roots, stamps and deletions on each kind of store, with a real time stamping authority."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from sqlalchemy import update

from api.audit import Act, record
from api.check import findings
from api.dossier.merkle import proves
from api.dossier.retention import load_policy
from api.dossier.sealing import broken_seals, keep_stamp, proof_in, seal_due, seals_covering, unstamped
from api.dossier.stamping import stamp
from api.dossier.sweeping import sweep
from api.objects import ObjectStore
from api.objects.disk import DiskStore
from api.objects.s3 import S3Place, S3Store
from api.store import events, media
from api.store.database import Database
from api.store.schema import audit
from tests.contract.world import NOW, event_id, furnish, piece, take, told
from tests.servers.swift import ACCESS_KEY, SECRET_KEY, Swift
from vision.errors import StorageError

CONTENT = b"film"


def seal(database: Database, day: int) -> bool:
    with database.write() as connection:
        return seal_due(connection, NOW + timedelta(days=day)) is not None


def act(database: Database, day: int, count: int = 1) -> None:
    with database.write() as connection:
        for number in range(count):
            record(connection, Act("user:anna", "thing.done", f"{day}-{number}"), NOW + timedelta(days=day))


def test_each_day_covers_its_rows_once_and_proves_them(database: Database) -> None:
    act(database, 0, 3)
    act(database, 2, 5)
    assert [seal(database, 3) for _ in range(4)] == [True, True, True, False]
    with database.read() as connection:
        covering = seals_covering(connection, range(1, 10))
        assert sorted(covering) == list(range(1, 9))
        assert [covering[number]["day"].isoformat() for number in (1, 3, 4, 8)] == [
            *("2026-11-24", "2026-11-24", "2026-11-26", "2026-11-26"),
        ]
        for row in connection.execute(audit.select()).mappings():
            day = covering[row["sequence"]]
            assert proves(row["digest"], proof_in(connection, day, row["digest"]), day["root"])
        assert list(broken_seals(connection)) == []


def test_a_day_waits_for_transactions_that_began_before_midnight(database: Database) -> None:
    act(database, 0)
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    with database.write() as connection:
        assert seal_due(connection, midnight + timedelta(minutes=59)) is None
        assert seal_due(connection, midnight + timedelta(minutes=60)) is not None


def test_a_row_that_was_changed_breaks_the_root_of_its_day(database: Database) -> None:
    act(database, 0, 2)
    assert seal(database, 2)
    with database.write() as connection:
        connection.execute(update(audit).where(audit.c.sequence == 2).values(digest="f" * 64))
        (line,) = broken_seals(connection)
    assert "2026-11-24" in line


def test_many_processes_seal_a_day_once(database: Database) -> None:
    act(database, 0, 4)
    done: list[bool] = []
    threads = [threading.Thread(target=lambda: done.append(seal(database, 1))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.server("swift"))])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "disk":
        store: ObjectStore = DiskStore(tmp_path / "objects")
    else:
        server: Swift = request.getfixturevalue("swift")
        store = S3Store(S3Place.parse(server.address("keeping", "media"), ACCESS_KEY, SECRET_KEY))
    store.prepare()
    return store


def dismissed(database: Database, objects: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "clip"
    file.write_bytes(CONTENT)
    row = {**piece("clip"), "sha256": sha256(CONTENT).hexdigest(), "size_bytes": len(CONTENT)}
    objects.put(row["key"], file, row["sha256"], "video/mp4")
    with database.write() as connection:
        furnish(connection)
        take(connection, told(1))
        media.add(connection, row)
        events.change(connection, event_id(1), {"status": "dismissed", "updated_at": NOW})


def test_what_is_over_is_deleted_from_rows_and_objects(
    database: Database, objects: ObjectStore, tmp_path: Path
) -> None:
    dismissed(database, objects, tmp_path)
    late = NOW + timedelta(days=31)
    assert sweep(database, objects, load_policy(), NOW + timedelta(days=29)) == 0
    assert sweep(database, objects, load_policy(), late) == 1
    assert objects.stat(piece("clip")["key"]) is None
    assert list(findings(database, objects, late, repair=False)) == []


class _DyingStore(DiskStore):
    """A machine that dies between the row and the object."""

    def delete(self, key: str) -> None:
        raise StorageError(f"killed before {key} was deleted")


def test_a_death_between_row_and_object_leaves_what_the_check_mends(database: Database, tmp_path: Path) -> None:
    objects = DiskStore(tmp_path / "objects")
    objects.prepare()
    dismissed(database, objects, tmp_path)
    late = NOW + timedelta(days=31)
    with pytest.raises(StorageError, match="killed"):
        sweep(database, _DyingStore(tmp_path / "objects"), load_policy(), late)
    (line,) = findings(database, objects, late, repair=True)
    assert "belongs to no row" in line
    assert list(findings(database, objects, late, repair=False)) == []


OPENSSL = shutil.which("openssl")
CONFIG = """
[tsa]
default_tsa = tsa1
[tsa1]
serial = {0}/serial
crypto_device = builtin
signer_cert = {0}/tsa.pem
certs = {0}/tsa.pem
signer_key = {0}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Give the address and certificate of a time stamping authority: OpenSSL's, behind a web server."""
    if OPENSSL is None:
        pytest.skip("openssl is not there")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder))
    (folder / "serial").write_text("01\n")
    usage = ("-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=critical,digitalSignature")
    new = (OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test TSA", *usage)
    subprocess.run([*new, "-keyout", folder / "key.pem", "-out", folder / "tsa.pem"], check=True, capture_output=True)

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = folder / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/old" and (folder / "old.tsq").exists():
                query = folder / "old.tsq"
            command = (OPENSSL, "ts", "-reply", "-config", folder / "tsa.cnf", "-queryfile", query)
            answer = subprocess.run(command, check=True, capture_output=True).stdout
            shutil.copy(folder / "query.tsq", folder / "old.tsq")
            self.send_response(200 if self.path != "/broken" else 500)
            self.end_headers()
            self.wfile.write(answer if self.path != "/rubbish" else b"rubbish")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder / "tsa.pem"
    server.shutdown()
    server.server_close()


def test_a_day_is_stamped_by_an_authority_and_others_can_verify_it(
    database: Database, authority: tuple[str, Path]
) -> None:
    url, certificate = authority
    act(database, 0)
    assert seal(database, 2)
    with database.read() as connection:
        day = unstamped(connection)
    assert day is not None
    response = stamp(url, day["root"])
    known = x509.load_pem_x509_certificate(certificate.read_bytes())
    verifier = VerifierBuilder().tsa_certificate(known).add_root_certificate(known).build()
    assert verifier.verify_message(decode_timestamp_response(response), bytes.fromhex(day["root"]))
    with database.write() as connection:
        keep_stamp(connection, day["day"], response, NOW)
        assert unstamped(connection) is None


@pytest.mark.parametrize("path", ["/broken", "/rubbish", "/old"])
def test_an_authority_that_fails_or_stamps_something_else_is_refused(authority: tuple[str, Path], path: str) -> None:
    url, _ = authority
    stamp(url, "aa" * 32)
    with pytest.raises(StorageError, match="authority"):
        stamp(url + path, "bb" * 32)


def test_an_authority_that_is_not_there_is_told() -> None:
    with pytest.raises(StorageError, match="authority"):
        stamp("http://127.0.0.1:9", "aa" * 32)
