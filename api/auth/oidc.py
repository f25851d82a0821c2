"""Coming in by an organisation's own login: OpenID Connect's code flow with PKCE, held to what the provider signs.

Two requests of ours: the provider's description of itself, and the exchange of the code (OpenID Connect Core 1.0, 3.1;
RFC 7636). joserfc checks the signature and the claims of what comes back. Between the two the browser carries a sealed
ticket, so that no process needs to remember anything.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.store.sealing import Keyring
from vision.errors import ConfigError, MingchuError, StorageError

TICKET_LIVES = timedelta(minutes=10)
_PLACE = "oidc.ticket"
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_LEEWAY_S = 60
_TIMEOUT_S = 10.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ProviderError(MingchuError):
    """The provider does not answer, or answers what cannot be believed; the text is for the log."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the browser brings back: whether it was we who sent it, and what the code is exchanged with."""

    state: str
    nonce: str
    verifier: str
    until: float


@dataclass(frozen=True, slots=True)
class Someone:
    """Whom the provider says that somebody is."""

    issuer: str
    subject: str
    name: str
    strong: bool
    """The provider has asked for a second factor (RFC 8176: `amr` has `mfa`)."""


class Provider:
    """One OpenID provider, as the settings name it."""

    def __init__(self, issuer: str, client: str, secret: str, claim: str) -> None:
        parts = urlsplit(issuer)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ConfigError("MINGCHU_OIDC_ISSUER", issuer, "an address that begins with https://")
        if not client:
            raise ConfigError("MINGCHU_OIDC_CLIENT_ID", client, "who we are to the provider")
        self.issuer, self._client, self._claim = issuer.rstrip("/"), client, claim
        self._secret = secret

    def __repr__(self) -> str:
        return f"Provider({self.issuer})"

    def begun(self, back: str, now: datetime) -> tuple[str, Ticket]:
        """Return where the browser goes, and the ticket that it carries; ProviderError when nobody is there."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        ticket = Ticket(state, nonce, verifier, (now + TICKET_LIVES).timestamp())
        challenge = urlsafe_b64encode(sha256(ticket.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": back,
            "scope": "openid profile email",
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        place = str(self._described()["authorization_endpoint"])
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(asked)}", ticket

    def ended(self, code: str, ticket: Ticket, back: str, now: datetime) -> Someone:
        """Exchange the code and return who came; ProviderError when that cannot be believed."""
        described = self._described()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        form |= {"code_verifier": ticket.verifier, "client_id": self._client}
        answer = self._fetched("POST", str(described["token_endpoint"]), data=form, auth=(self._client, self._secret))
        keys = self._fetched("GET", str(described["jwks_uri"]))
        return self._someone(self._claims(answer.get("id_token"), keys, ticket, now))

    def _described(self) -> Mapping[str, Any]:
        told = self._fetched("GET", f"{self.issuer}/.well-known/openid-configuration")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if str(told.get("issuer", "")).rstrip("/") != self.issuer or not all(told.get(name) for name in names):
            raise ProviderError(f"{self.issuer} describes another provider, or not all of it")
        return told

    def _fetched(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(method, url, timeout=_TIMEOUT_S, **options)
            answer.raise_for_status()
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(f"{url} does not answer as it should ({type(error).__name__})") from error
        if not isinstance(told, dict):
            raise ProviderError(f"{url} answers no object")
        return told

    def _claims(self, token: object, keys: dict[str, Any], ticket: Ticket, now: datetime) -> Mapping[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY_S,
            aud={"essential": True, "value": self._client},
            exp={"essential": True},
            nonce={"essential": True, "value": ticket.nonce},
            sub={"essential": True},
        )
        try:
            claims = jwt.decode(str(token), KeySet.import_key_set(keys), algorithms=list(_ALGORITHMS)).claims  # type: ignore[arg-type]
            rules.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError(f"the provider's token is not to be believed ({type(error).__name__})") from error
        if str(claims.get("iss", "")).rstrip("/") != self.issuer:
            raise ProviderError("the provider's token is another provider's")
        return claims

    def _someone(self, claims: Mapping[str, Any]) -> Someone:
        told, methods = claims.get(self._claim), claims.get("amr")
        strong = isinstance(methods, list) and "mfa" in methods
        return Someone(self.issuer, str(claims["sub"])[:255], told if isinstance(told, str) else "", strong)


def sealed(ticket: Ticket, keyring: Keyring) -> str:
    """Return a ticket as a cookie carries it."""
    return keyring.seal(json.dumps(asdict(ticket)), _PLACE)


def unsealed(text: str, state: str, keyring: Keyring, now: datetime) -> Ticket | None:
    """Return the ticket that fits a state, still in its time; None for everything else."""
    try:
        ticket = Ticket(**json.loads(keyring.unseal(text, _PLACE)))
    except (StorageError, ValueError, TypeError):
        return None
    right = secrets.compare_digest(ticket.state.encode(), state.encode()) and now.timestamp() < ticket.until
    return ticket if right else None
