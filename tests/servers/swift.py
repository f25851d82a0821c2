"""A private S3 for tests: OpenStack Swift with its S3 API, on free ports, in a folder that goes away.

    with running_swift() as server:
        server.new_bucket()               # the name of a fresh bucket
        server.address(bucket, "prefix")  # s3://… as MINGCHU_OBJECTS takes it
        server.client()                   # MinIO's client, to look behind our code's back

One replica on one device; four Python servers and memcached. Everything runs as whoever runs the tests.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from getpass import getuser
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import httpx
from minio import Minio

from tests.e2e.stack import eventually, free_port

ACCESS_KEY, SECRET_KEY = "test:tester", "a-tester's/secret+key"
STORES = ("account", "container", "object")
_SWIFT = """
[swift-hash]
swift_hash_path_suffix = tests
swift_hash_path_prefix = tests
[storage-policy:0]
name = Policy-0
default = yes
"""
_RINGS = """
import sys
from swift.common.ring import RingBuilder
for name, port in (ring.split("=") for ring in sys.argv[1:]):
    where = {"ip": "127.0.0.1", "port": int(port), "replication_ip": "127.0.0.1", "replication_port": int(port)}
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({"region": 1, "zone": 1, "device": "d1", "weight": 1, **where})
    builder.rebalance()
    builder.get_ring().save(name + ".ring.gz")
"""
_STORE = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0
log_level = WARNING
log_address = {folder}/no-syslog
[pipeline:main]
pipeline = {store}-server
[app:{store}-server]
use = egg:swift#{store}
"""
_PROXY = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
log_level = WARNING
log_address = {folder}/no-syslog
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


@dataclass
class Swift:
    """One S3 endpoint; it holds only what the tests put there."""

    folder: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in (*STORES, "proxy", "memcached")}
    )
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count, repr=False)

    @property
    def endpoint(self) -> str:
        """The address without a bucket."""
        return f"http://127.0.0.1:{self.ports['proxy']}"

    def address(self, bucket: str, prefix: str = "") -> str:
        """Return what MINGCHU_OBJECTS takes for a place in a bucket, whether it exists or not."""
        return f"s3://{bucket}{'/' if prefix else ''}{prefix}?endpoint={self.endpoint}"

    def environment(self, bucket: str) -> dict[str, str]:
        """Return the environment variables that let Mingchu keep its media here."""
        keys = {"MINGCHU_S3_ACCESS_KEY": ACCESS_KEY, "MINGCHU_S3_SECRET_KEY": SECRET_KEY}
        return {"MINGCHU_OBJECTS": self.address(bucket), **keys}

    def client(self) -> Minio:
        """Return a client of our own."""
        return Minio(
            self.endpoint.removeprefix("http://"),
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            secure=False,
            region="us-east-1",
        )

    def new_bucket(self) -> str:
        """Make an empty bucket and return its name."""
        name = f"bucket-{next(self.numbers)}"
        self.client().make_bucket(bucket_name=name)
        return name

    def segments_of(self, bucket: str) -> list[str]:
        """Return the parts of large objects, finished or not, which S3 itself does not show."""
        who = {"X-Auth-User": ACCESS_KEY, "X-Auth-Key": SECRET_KEY}
        let_in = httpx.get(f"{self.endpoint}/auth/v1.0", headers=who).raise_for_status().headers
        token = {"X-Auth-Token": let_in["X-Storage-Token"]}
        listed = httpx.get(f"{let_in['X-Storage-Url']}/{bucket}%2Bsegments", headers=token).raise_for_status()
        return listed.text.split()

    def start(self) -> None:
        """Write the configuration, start everything and wait until a bucket can be asked for."""
        (self.folder / "devices" / "d1").mkdir(parents=True)
        (self.folder / "swift.conf").write_text(_SWIFT)
        rings = [f"{store}={self.ports[store]}" for store in STORES]
        # Debian's Python, which has the library; one process is faster than nine calls of swift-ring-builder.
        subprocess.run(["/usr/bin/python3", "-c", _RINGS, *rings], cwd=self.folder, check=True, capture_output=True)
        for store in STORES:
            self._configure(store, _STORE)
        self._configure("proxy", _PROXY)
        self._run("memcached", "-l", "127.0.0.1", "-p", str(self.ports["memcached"]), "-u", getuser(), "-U", "0")
        for server in (*STORES, "proxy"):
            self._run(f"swift-{server}-server", str(self.folder / f"{server}.conf"))
        eventually(self._answers, within_s=60)

    def _configure(self, server: str, template: str) -> None:
        facts = {"folder": self.folder, "user": getuser(), "port": self.ports[server], "secret": SECRET_KEY}
        text = template.format(store=server, memcached=self.ports["memcached"], **facts)
        (self.folder / f"{server}.conf").write_text(text)

    def _run(self, *command: str) -> None:
        with (self.folder / "log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log))

    def _answers(self) -> bool:
        """Tell whether a bucket that is not there is known not to be there: that takes all servers but one."""
        for process in self.processes:
            assert process.poll() is None, self.log()
        try:
            return httpx.get(f"{self.endpoint}/info").is_success and not self.client().bucket_exists(bucket_name="none")
        except (httpx.TransportError, OSError):
            return False

    def stop(self) -> None:
        """Stop everything; what was stored is not needed any more."""
        while self.processes:
            process = self.processes.pop()
            process.kill()
            process.wait()

    def log(self) -> str:
        """Return what the servers said last."""
        return (self.folder / "log").read_text(errors="replace")[-4000:]


@contextmanager
def running_swift() -> Iterator[Swift]:
    """Give a started server without any bucket; leave nothing behind."""
    server = Swift(Path(mkdtemp(prefix="mingchu-swift-")))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder)
