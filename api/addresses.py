"""Which camera addresses the API takes from people and programs that are not on this machine (against SSRF)."""

import ipaddress
import re
from dataclasses import dataclass

from vision.config import masked
from vision.errors import ConfigError, InvalidInputError, SourceError
from vision.sources.address import (
    NETWORK_SCHEMES,
    AddressPolicy,
    IpAddress,
    Network,
    forbidden,
    network_parts,
    resolved,
    unwrapped,
)

SETTING = "MINGCHU_CAMERA_NETWORKS"
WEBHOOKS = "MINGCHU_WEBHOOK_NETWORKS"
_USER = re.compile(r"(?<=//)[^/?#]*@")
_UP_TO_LAST_AT = re.compile(r"(?<=//).*@", re.DOTALL)
_NEVER = AddressPolicy(trusted=False, allow_loopback=True)
"""What the worker's own policy refuses from anybody; loopback is a matter of the networks below."""


def parse_networks(text: str, setting: str = SETTING) -> tuple[Network, ...]:
    """Return the networks of a comma-separated list; ConfigError names the one that is none."""
    return tuple(_network(part.strip(), setting) for part in text.split(",") if part.strip())


def _network(text: str, setting: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ConfigError(setting, text, "networks such as 192.168.0.0/16, separated by commas") from None


def without_password(source: str) -> str:
    """Return a stored address fit for showing, also when its password holds an `@`."""
    return masked(_USER.sub("***@", source))


def hidden(text: str) -> str:
    """Return a refused address fit for showing: it may be no URL at all, so all up to the last `@` goes."""
    return masked(_UP_TO_LAST_AT.sub("***@", text))


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What may be opened for somebody who came in through the API."""

    networks: tuple[Network, ...] = ()
    """Networks that are not public and may be named all the same: where the kitchens' cameras are."""
    local: bool = False
    """Files, demo scenes and devices of the worker's machine may be named."""
    setting: str = SETTING
    """The operator's setting that opens networks."""

    def require(self, source: str) -> None:
        """Pass when a camera may have this address now; the worker checks again when it opens it.

        Looks the host's name up, so never call it inside a transaction.

        Raises:
            InvalidInputError: with the masked address and what is allowed.
        """
        if "://" not in source or source.startswith(("file://", "demo:", "loop+file:")):
            self._require_local(source)
            return
        self.pinned(source)

    def pinned(self, source: str) -> list[IpAddress]:
        """Return every address that a network source's host means now: who connects to these needs no second lookup.

        Raises:
            InvalidInputError: one of them is not allowed, or it is no address.
        """
        if not source.isprintable() or " " in source or "\\" in source:
            raise self._refusal(source, "it has a space, a backslash or a control character")
        found = self._named(source)
        for ip in found:
            reason = self._reason(ip)
            if reason:
                raise self._refusal(source, f"its host is {ip}, {reason}")
        return found

    def _named(self, source: str) -> list[IpAddress]:
        if "***@" in source:
            raise self._refusal(source, "the masked address is not the address: send the password again")
        try:
            return resolved(source, network_parts(source))
        except SourceError as error:
            raise self._refusal(source, error.reason) from None

    def _require_local(self, source: str) -> None:
        if not self.local:
            raise self._refusal(source, "it names a file, a scene or a device of the worker's machine")
        if not source.isprintable():
            raise self._refusal(source, "it has a control character")

    def _reason(self, ip: IpAddress) -> str:
        """Return why an address must not be opened; empty when it may."""
        plain = unwrapped(ip)
        never = forbidden(plain, _NEVER)
        if never or plain.is_global or any(plain in network for network in self.networks):
            return never
        return "a loopback address" if plain.is_loopback else "a private address"

    def _refusal(self, source: str, reason: str) -> InvalidInputError:
        return InvalidInputError("source", hidden(source), f"{self._allowed()} ({reason})")

    def _allowed(self) -> str:
        named = ", ".join(map(str, self.networks)) or f"none, {self.setting} is empty"
        local = "; also files, demo scenes and devices" if self.local else ""
        return f"{', '.join(NETWORK_SCHEMES)} to a public host or one of the networks allowed here: {named}{local}"
