"""Which camera addresses are taken from outside: an attacker's list against the rules."""

import socket
from functools import partial

import pytest

from api.addresses import AddressRules, hidden, parse_networks, without_password
from vision.errors import ConfigError, InvalidInputError

RULES = AddressRules(parse_networks("192.168.0.0/16, fd12::/16"))
_numbers_only = partial(socket.getaddrinfo, flags=socket.AI_NUMERICHOST)


@pytest.fixture(autouse=True)
def _no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _numbers_only)


REFUSED = [
    "/etc/passwd",
    "file:///etc/passwd",
    "loop+file:/etc/passwd",
    "demo:kitchen",
    "0",
    "/dev/video0",
    "gopher://198.51.100.1/",
    "rtsp://127.0.0.1/x",
    "rtsp://[::1]/x",
    "rtsp://[::ffff:127.0.0.1]/x",
    "rtsp://[64:ff9b::7f00:1]/x",
    "http://169.254.169.254/latest/meta-data",
    "http://100.100.100.200/latest",
    "http://169.254.7.7/x",
    "rtsp://10.0.0.5/x",
    "rtsp://172.16.0.5/x",
    "rtsp://100.64.0.5/x",
    "rtsp://[fd00::5]/x",
    "http://0.0.0.0/x",
    "http://2130706433/x",
    "http://0x7f.1/x",
    "rtsp://***@203.0.114.1/x",
    "rtsp://1.1.1.1 @203.0.114.1/x",
    "rtsp://user:topsecret@10.0.0.5/x",
    "rtsp://user:topsecret@",
    "rtsp://user:top@secret@10.0.0.5/x",
    "rtsp://user:topsecret/more@10.0.0.5/x",
]


@pytest.mark.parametrize("source", REFUSED)
def test_an_address_that_leads_inside_is_refused(source: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        RULES.require(source)
    assert caught.value.field == "source"
    assert "192.168.0.0/16, fd12::/16" in caught.value.allowed
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "source",
    ["rtsp://8.8.8.8/live", "rtsp://u:p@192.168.7.20:8554/live", "https://1.1.1.1/", "rtsp://[fd12::5]/x"],
)
def test_public_hosts_and_the_networks_of_the_setting_are_taken(source: str) -> None:
    RULES.require(source)


def test_a_network_that_holds_a_metadata_service_does_not_open_it() -> None:
    with pytest.raises(InvalidInputError, match="metadata"):
        AddressRules(parse_networks("0.0.0.0/0")).require("http://169.254.169.254/")
    AddressRules(parse_networks("127.0.0.0/8")).require("rtsp://127.0.0.1/x")


def test_a_name_counts_as_everything_that_it_means(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", (ip, 554)) for ip in ("8.8.8.8", "10.1.2.3")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(InvalidInputError, match=r"10\.1\.2\.3, a private address"):
        RULES.require("rtsp://camera.example/x")


def test_a_name_that_means_nothing_here_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="cannot be resolved"):
        RULES.require("rtsp://camera.example/x")


@pytest.mark.parametrize("source", ["/films/a.mp4", "demo:kitchen", "loop+file:/films/a.mp4", "0"])
def test_a_setting_opens_what_is_local(source: str) -> None:
    AddressRules(local=True).require(source)


@pytest.mark.parametrize("text", ["kitchen", "192.168.0.1/16", "300.0.0.0/8"])
def test_a_network_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="MINGCHU_CAMERA_NETWORKS"):
        parse_networks(f"10.0.0.0/8,{text}")


@pytest.mark.parametrize("password", ["p", "p@ss", "p:a", "@"])
def test_no_part_of_a_password_is_shown(password: str) -> None:
    source = f"rtsp://user:{password}@camera/live@2?token=abc"
    assert without_password(source) == "rtsp://***@camera/live@2?token=***"
    assert password + "@c" not in hidden(source).replace("***@c", "")
