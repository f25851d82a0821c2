"""A small OpenID provider for tests: a real server on loopback that describes itself, redirects, and signs tokens.

It lets everybody in without asking, as the user of `claims`; what a test changes is what it then does wrong.
"""

import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "mingchu", "provider's secret"


@dataclass
class OpenId:
    """What the provider knows."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "subject-1", "preferred_username": "anna"})
    published: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: RSAKey | None = None
    """Another key than the published one, for a token that nobody may believe."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    is_away: bool = False

    def described(self) -> dict[str, Any]:
        places = {name: f"{self.url}/{path}" for name, path in _PLACES.items()}
        return {"issuer": self.url, **places}

    def approved(self, asked: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        assert asked["client_id"] == CLIENT
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchanged(self, form: dict[str, str], login: str) -> dict[str, Any] | None:
        """Return tokens for a code that was given out, once, to who can prove to have asked for it."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or login != f"{CLIENT}:{SECRET}" or challenge != asked["code_challenge"]:
            return None
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return None
        now = int(time.time())
        usual = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        told = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        key = self.signs_with or self.published
        return {"token_type": "Bearer", "id_token": jwt.encode({"alg": "RS256", "kid": "one"}, told, key)}


_PLACES = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}


def _handler(provider: OpenId) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if provider.is_away:
                self.send_error(503)
            elif parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.approved(asked))
                self.end_headers()
            elif parts.path == "/keys":
                self._tell({"keys": [provider.published.as_dict(private=False)]})
            else:
                self._tell(provider.described())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            login = b64decode(self.headers.get("Authorization", "Basic ").partition(" ")[2]).decode()
            told = provider.exchanged(form, login)
            self._tell(told or {"error": "invalid_grant"}, 200 if told else 400)

        def _tell(self, told: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def running_provider() -> Iterator[OpenId]:
    """Serve one until the block ends."""
    provider = OpenId()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
