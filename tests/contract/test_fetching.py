"""Fetching URLs from outside, against real servers: what is checked is what is connected to."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.addresses import AddressRules, parse_networks
from api.detecting.fetching import Fetcher
from api.detecting.receiving import Bounds, TooLargeError
from vision.errors import InvalidInputError

PLENTY = Bounds(1 << 20, 10.0)
_real = socket.getaddrinfo


class _Handler(BaseHTTPRequestHandler):
    """Answers by its path; remembers who was meant."""

    hosts: list[str]
    release: threading.Event

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        if self.path.startswith("/to?"):
            self._send(302, Location=self.path.removeprefix("/to?"))
        elif self.path == "/slow":
            self._send(200, length=10)
            self.release.wait(20)
        elif self.path == "/gzip":
            self._send(200, b"bomb", **{"Content-Encoding": "gzip"})
        elif self.path == "/large":
            self._send(200, b"\0" * (1 << 20) + b"\0")
        else:
            self._send(200 if self.path == "/picture" else 404, b"a picture")

    def _send(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length or len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server:
    """One server on loopback and what it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.handler = type("Handler", (_Handler,), {"hosts": [], "release": threading.Event()})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self.http.daemon_threads = True
        if tls:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.handler.release.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Give the names of this test: each lookup takes the next address, the last one stays."""
    known: dict[str, list[str]] = {}

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        told = known.get(host)
        if told is None:
            more["flags"] = socket.AI_NUMERICHOST
            return _real(host, port, *rest, **more)
        return _real(told.pop(0) if len(told) > 1 else told[0], port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


async def fetched(url: str, bounds: Bounds = PLENTY, allow: str = "127.0.0.0/8", tls: Any = None) -> bytes:
    parts: list[bytes] = []

    async def sink(chunk: bytes) -> None:
        parts.append(chunk)

    fetcher = Fetcher(AddressRules(parse_networks(allow)), tls)
    try:
        await fetcher.fetch(url, bounds, sink)
    finally:
        fetcher.close()
    return b"".join(parts)


async def test_a_picture_is_fetched_from_an_allowed_network(server: Server) -> None:
    assert await fetched(f"http://127.0.0.1:{server.port}/picture") == b"a picture"


async def test_a_name_is_looked_up_once_and_the_checked_address_is_the_one_that_is_asked(
    server: Server, names: dict[str, list[str]]
) -> None:
    """DNS rebinding: a second lookup would lead to the metadata service."""
    names["kitchen.test"] = ["127.0.0.1", "169.254.169.254"]
    assert await fetched(f"http://kitchen.test:{server.port}/picture") == b"a picture"
    assert server.handler.hosts == [f"kitchen.test:{server.port}"]
    assert names["kitchen.test"] == ["169.254.169.254"]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://100.100.100.200/latest",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://10.0.0.8/x",
        "http://0.0.0.0/x",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "https://[::1]/",
        "http://[fe80::1%25eth0]/",
        "http://224.0.0.1/",
        "file:///etc/passwd",
        "rtsp://8.8.8.8/x",
        "gopher://8.8.8.8/_x",
        "ftp://8.8.8.8/x",
        "http://",
        "http:///x",
        "//8.8.8.8/x",
        "8.8.8.8",
        "http://8.8.8.8:0/",
        "http://8.8.8.8:99999/",
        "http://8.8.8.8\\@127.0.0.1/",
        "http://8.8.8.8 /",
        "http://8.8.8.8/\r\nHost: x",
        "http://[::1",
    ],
)
async def test_addresses_that_lead_inside_or_are_none_are_refused(url: str, names: dict[str, list[str]]) -> None:
    names["localhost"] = ["127.0.0.1"]
    with pytest.raises(InvalidInputError) as refused:
        await fetched(url, allow="")
    assert refused.value.field == "url"


async def test_a_name_with_one_address_inside_is_refused_whole(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(InvalidInputError, match=r"10\.0\.0\.1"):
        await fetched("http://both.test/x", allow="")


async def test_redirects_are_followed_and_each_is_checked(server: Server) -> None:
    here = f"http://127.0.0.1:{server.port}"
    assert await fetched(f"{here}/to?/picture") == b"a picture"
    assert await fetched(f"{here}/to?{here}/to?/picture") == b"a picture"
    for inside in ("http://169.254.169.254/", "http://10.0.0.1/", "file:///etc/passwd", "http://localhost.:1/"):
        with pytest.raises(InvalidInputError):
            await fetched(f"{here}/to?{inside}")


async def test_a_redirect_to_an_endless_address_is_refused_at_once(server: Server) -> None:
    began_s = time.process_time()
    with pytest.raises(InvalidInputError, match="very long"):
        await fetched(f"http://127.0.0.1:{server.port}/to?/{'?key' * 10_000}")
    assert time.process_time() - began_s < 2


async def test_redirects_have_an_end(server: Server) -> None:
    turns = "/to?" * 4 + "/picture"
    with pytest.raises(InvalidInputError, match="redirects"):
        await fetched(f"http://127.0.0.1:{server.port}{turns}")


@pytest.mark.parametrize(("path", "reason"), [("/gzip", "compressed"), ("/none", "answers 404"), ("/slow", "longer")])
async def test_other_answers_are_refused_with_their_reason(server: Server, path: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        await fetched(f"http://127.0.0.1:{server.port}{path}", Bounds(1 << 20, 0.3))


async def test_more_bytes_than_allowed_are_not_read(server: Server) -> None:
    with pytest.raises(TooLargeError):
        await fetched(f"http://127.0.0.1:{server.port}/large")


async def test_nobody_there_is_told(server: Server) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(InvalidInputError, match="ConnectError"):
            await fetched(f"http://127.0.0.1:{unused.getsockname()[1]}/picture")


async def test_passwords_of_a_url_are_not_repeated() -> None:
    with pytest.raises(InvalidInputError) as refused:
        await fetched("http://user:hunter2@10.0.0.1/x", allow="")
    assert "hunter2" not in str(refused.value)


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[[], ssl.SSLContext]:
    """Give a server's context with a certificate of kitchen.test, made by openssl here."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kitchen.test"]
    command += ["-addext", "subjectAltName=DNS:kitchen.test", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)

    def context() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(cert, key)
        return made

    context.trusted = ssl.create_default_context(cafile=cert)  # type: ignore[attr-defined]
    return context


async def test_the_certificate_must_name_the_host_though_we_connect_to_an_address(
    certificate: Any, names: dict[str, list[str]]
) -> None:
    names["kitchen.test"] = names["other.test"] = ["127.0.0.1"]
    server = Server(certificate())
    try:
        assert await fetched(f"https://kitchen.test:{server.port}/picture", tls=certificate.trusted) == b"a picture"
        with pytest.raises(InvalidInputError, match="ConnectError"):
            await fetched(f"https://other.test:{server.port}/picture", tls=certificate.trusted)
        with pytest.raises(InvalidInputError, match="ConnectError"):
            await fetched(f"https://kitchen.test:{server.port}/picture")
    finally:
        server.close()
