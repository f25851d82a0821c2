"""Where pictures may come from: reads a camera's address and refuses what must not be opened."""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from vision.config import SourceUrl, masked
from vision.errors import SourceRefusedError, SourceUnavailableError, SourceUnreadableError, shown
from vision.picture_file import SUFFIXES

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NETWORK_SCHEMES = {
    "http": 80,
    "https": 443,
    "rtsp": 554,
    "rtsps": 322,
    "rtmp": 1935,
    "rtsp+udp": 554,
    "snapshot+http": 80,
    "snapshot+https": 443,
}
"""What may be written before `://`, and the port that it means. `rtsp+udp` asks for RTP over UDP instead of inside the
RTSP connection; `snapshot+` is a URL that answers each request with one picture."""
_SNAPSHOT, _UDP = "snapshot+", "+udp"
_DEMO_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WEBCAM = re.compile(r"\d{1,3}|/dev/video\d{1,3}")
METADATA_SERVICES = frozenset(
    ipaddress.ip_address(text) for text in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254")
)
"""Addresses at which clouds hand out credentials (AWS, Azure, GCP; Alibaba; AWS over IPv6)."""


class SourceKind(StrEnum):
    """Which adapter opens it."""

    FILE = "file"
    PICTURES = "pictures"
    HTTP = "http"
    RTSP = "rtsp"
    RTSP_UDP = "rtsp+udp"
    SNAPSHOT = "snapshot"
    RTMP = "rtmp"
    WEBCAM = "webcam"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be opened, depending on who wrote the address."""

    trusted: bool = True
    """The operator's own command line or file; False for addresses that came through the API."""
    allow_loopback: bool = False
    """Untrusted addresses may name this machine: for tests and for a media server beside the worker."""
    demo_dir: Path | None = None
    """Where `demo:NAME` finds NAME.mp4; None refuses `demo:`."""
    networks: tuple[Network, ...] | None = None
    """The networks that are not public and that untrusted addresses may name all the same; None = all private ones."""


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """A camera's address, understood."""

    kind: SourceKind
    target: str = field(repr=False)
    """What the adapter opens; may hold a password."""
    shown: str
    """The same, fit for logs."""


def parse(source: str, policy: AddressPolicy) -> SourceAddress:
    """Read an address.

    Allowed: a file, a picture or a folder of pictures, http(s)://, rtsp(s)://, rtsp+udp://, rtmp://,
    snapshot+http(s):// (asked for one picture per look), a webcam's index or /dev/video*, loop+file:PATH (plays a file
    for ever at its own pace), demo:NAME (the same for a rendered scene).

    Raises:
        SourceRefusedError: the policy forbids it.
        SourceUnavailableError: a file or host that is not there.
        SourceUnreadableError: no address at all.
    """
    text = source.reveal() if isinstance(source, SourceUrl) else source
    if text.startswith("demo:"):
        return _demo(text, policy)
    if "://" in text and not text.startswith("file://"):
        return _network(text, policy)
    if not policy.trusted:
        raise SourceRefusedError(masked(text), f"only {_schemes()} may be added through the API")
    return _local(text)


def _local(text: str) -> SourceAddress:
    if _WEBCAM.fullmatch(text):
        return SourceAddress(SourceKind.WEBCAM, text if text.startswith("/") else f"/dev/video{text}", text)
    if text.startswith("loop+file:"):
        return SourceAddress(SourceKind.LOOP, _existing(text, text.removeprefix("loop+file:")), text)
    path = Path(_existing(text, text.removeprefix("file://")))
    kind = SourceKind.PICTURES if path.is_dir() or path.suffix.lower() in SUFFIXES else SourceKind.FILE
    return SourceAddress(kind, str(path), text)


def _existing(text: str, path: str) -> str:
    if not path or "\0" in path:
        raise SourceUnreadableError(shown(text), "is no address")
    try:
        found = Path(path).exists()
    except OSError as error:
        raise SourceUnavailableError(shown(text), error.strerror or "cannot be reached") from None
    if not found:
        raise SourceUnavailableError(shown(text), "no such file or folder")
    return path


def _demo(text: str, policy: AddressPolicy) -> SourceAddress:
    name = text.removeprefix("demo:")
    if policy.demo_dir is None or not _DEMO_NAME.fullmatch(name):
        raise SourceRefusedError(shown(text), "no demo scene may be opened here under this name")
    return SourceAddress(SourceKind.LOOP, _existing(text, str(policy.demo_dir / f"{name}.mp4")), text)


def _network(text: str, policy: AddressPolicy) -> SourceAddress:
    parts = network_parts(text)
    if not policy.trusted:
        for ip in resolved(text, parts):
            _check(ip, policy, masked(text))
    if parts.scheme.startswith(_SNAPSHOT):
        return SourceAddress(SourceKind.SNAPSHOT, text[len(_SNAPSHOT) :], masked(text))
    if parts.scheme.endswith(_UDP):
        return SourceAddress(SourceKind.RTSP_UDP, text.replace(_UDP, "", 1), masked(text))
    return SourceAddress(SourceKind(parts.scheme[:4]), text, masked(text))


def network_parts(text: str) -> SplitResult:
    """Return the parts of a network address.

    Raises:
        SourceRefusedError: a scheme that we do not open.
        SourceUnreadableError: no URL, or one without a host.
    """
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port != 0
    except ValueError:
        raise SourceUnreadableError(shown(masked(text)), "is no URL") from None
    if parts.scheme not in NETWORK_SCHEMES:
        raise SourceRefusedError(shown(masked(text)), f"scheme {parts.scheme!r} is not allowed; allowed: {_schemes()}")
    if not parts.hostname or not port_is_valid:
        raise SourceUnreadableError(shown(masked(text)), "names no host")
    return parts


def _schemes() -> str:
    return ", ".join(NETWORK_SCHEMES)


def resolved(text: str, parts: SplitResult) -> list[IpAddress]:
    """Return every address that the host's name means now; SourceUnavailableError when it means none."""
    port = parts.port or NETWORK_SCHEMES[parts.scheme]
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceUnavailableError(masked(text), "the host name cannot be resolved") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _check(ip: IpAddress, policy: AddressPolicy, shown_url: str) -> None:
    reason = forbidden(ip, policy)
    if reason:
        raise SourceRefusedError(shown_url, f"its host is {ip}, {reason}; not allowed for addresses from the API")


def forbidden(ip: IpAddress, policy: AddressPolicy) -> str:
    """Return why an untrusted address must not lead to this IP; empty when it may.

    Private networks are where cameras live and stay allowed.
    """
    ip = unwrapped(ip)
    if ip in METADATA_SERVICES:
        return "a cloud's metadata service"
    kinds = {
        "a link-local address": ip.is_link_local,
        "a multicast address": ip.is_multicast,
        "an unspecified address": ip.is_unspecified or str(ip).startswith("0."),
        "a loopback address": ip.is_loopback and not policy.allow_loopback,
        "a reserved address": ip.is_reserved and not ip.is_loopback,
        "an address outside of the networks allowed here": not _is_open(ip, policy.networks),
    }
    return next((reason for reason, applies in kinds.items() if applies), "")


def _is_open(ip: IpAddress, networks: tuple[Network, ...] | None) -> bool:
    return networks is None or ip.is_global or any(ip in network for network in networks)


def unwrapped(ip: IpAddress) -> IpAddress:
    """Look through the IPv6 forms that carry an IPv4 address: mapped, 6to4, and NAT64's well-known prefix."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
