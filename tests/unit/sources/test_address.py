import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest

from vision.config import SourceUrl
from vision.errors import SourceError, SourceRefusedError, SourceUnavailableError, SourceUnreadableError
from vision.sources.address import AddressPolicy, SourceKind, forbidden, parse

TRUSTED = AddressPolicy()
UNTRUSTED = AddressPolicy(trusted=False)


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("rtsp://cam/1", SourceKind.RTSP, "rtsp://cam/1"),
        ("rtsps://cam/1", SourceKind.RTSP, "rtsps://cam/1"),
        ("https://host/a.mp4", SourceKind.HTTP, "https://host/a.mp4"),
        ("rtmp://host/live", SourceKind.RTMP, "rtmp://host/live"),
        ("0", SourceKind.WEBCAM, "/dev/video0"),
        ("/dev/video12", SourceKind.WEBCAM, "/dev/video12"),
    ],
)
def test_the_address_chooses_the_adapter(text: str, kind: SourceKind, target: str) -> None:
    address = parse(text, TRUSTED)
    assert (address.kind, address.target) == (kind, target)


def test_local_paths(tmp_path: Path) -> None:
    film, photo = tmp_path / "a.mp4", tmp_path / "b.JPG"
    film.touch()
    photo.touch()
    assert parse(str(film), TRUSTED).kind is SourceKind.FILE
    assert parse(f"file://{film}", TRUSTED).target == str(film)
    assert parse(f"loop+file:{film}", TRUSTED).kind is SourceKind.LOOP
    assert parse(str(photo), TRUSTED).kind is SourceKind.PICTURES
    assert parse(str(tmp_path), TRUSTED).kind is SourceKind.PICTURES


def test_a_password_is_opened_but_never_shown() -> None:
    address = parse(SourceUrl("rtsp://admin:hunter2@cam/1"), TRUSTED)
    assert address.target == "rtsp://admin:hunter2@cam/1"
    assert "hunter2" not in repr(address) + address.shown


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", SourceUnreadableError),
        ("nowhere.mp4", SourceUnavailableError),
        ("x" * 5000, SourceUnavailableError),
        ("a\0b", SourceUnreadableError),
        ("gopher://h/x", SourceRefusedError),
        ("concat://h/x", SourceRefusedError),
        ("http:///x", SourceUnreadableError),
        ("http://h:99999/x", SourceUnreadableError),
        ("http://[::1/x", SourceUnreadableError),
        ("demo:kitchen", SourceRefusedError),
    ],
)
def test_what_cannot_be_opened_is_named(text: str, error: type[SourceError]) -> None:
    with pytest.raises(error) as caught:
        parse(text, TRUSTED)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_demo_scenes_come_from_their_folder_only(tmp_path: Path) -> None:
    (tmp_path / "day.mp4").touch()
    policy = AddressPolicy(trusted=False, demo_dir=tmp_path)
    assert parse("demo:day", policy).target == str(tmp_path / "day.mp4")
    for name in ("../day", "a/b", "", ".hidden"):
        with pytest.raises(SourceRefusedError):
            parse(f"demo:{name}", policy)
    with pytest.raises(SourceUnavailableError):
        parse("demo:night", policy)


@pytest.mark.parametrize(
    "text", ["0", "/dev/video0", "/etc/passwd", "loop+file:/etc/passwd", "file:///etc/passwd", "."]
)
def test_the_api_may_not_name_what_lies_on_our_machine(text: str) -> None:
    with pytest.raises(SourceRefusedError, match="only http"):
        parse(text, UNTRUSTED)


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "127.8.8.8", "0.1.2.3", "169.254.169.254", "169.254.1.1", "100.100.100.200"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "ff02::1", "fd00:ec2::254"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_forbidden_for_untrusted(ip: str) -> None:
    assert forbidden(ipaddress.ip_address(ip), UNTRUSTED)


@pytest.mark.parametrize("ip", ["10.0.0.7", "192.168.1.64", "172.16.3.4", "8.8.8.8", "fd12::1", "2400:3200::1"])
def test_cameras_live_in_private_networks(ip: str) -> None:
    assert not forbidden(ipaddress.ip_address(ip), UNTRUSTED)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_can_be_allowed(ip: str) -> None:
    assert not forbidden(ipaddress.ip_address(ip), AddressPolicy(trusted=False, allow_loopback=True))


def answers(*ips: str) -> Any:
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ips]


def test_one_forbidden_answer_of_the_resolver_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers("8.8.8.8", "169.254.169.254"))
    with pytest.raises(SourceRefusedError, match="metadata"):
        parse("http://user:hunter2@rebound.example/x", UNTRUSTED)
    monkeypatch.setattr(socket, "getaddrinfo", answers("10.1.1.1"))
    assert parse("rtsp://cam.example/1", UNTRUSTED).kind is SourceKind.RTSP


def test_an_unknown_host_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceUnavailableError, match="cannot be resolved"):
        parse("http://nowhere.example/x", UNTRUSTED)
