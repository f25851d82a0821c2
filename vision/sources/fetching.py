"""Asks a camera or a media server for one picture over HTTP, bounded in bytes and time, with Basic or Digest login."""

import logging
import time
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

import httpx

from vision.errors import SourceError, SourceRefusedError, SourceUnavailableError
from vision.sources.address import AddressPolicy, SourceAddress, parse

# It logs each request with its whole address, where a secret may stand in the query.
logging.getLogger("httpx").setLevel(logging.WARNING)

MOST_BYTES = 16 << 20
WITHIN_S = 6.0
"""For one picture, redirects and login included."""
STEP_S = 3.0
"""For connecting, and for each read."""
MOST_HOPS = 4
"""Requests for one picture: a login's second one and redirects."""
_REFUSED = frozenset({401, 403, 407})


@dataclass(slots=True)
class Login:
    """Who we are, if the address says so, and how the server wants to hear it."""

    user: str = ""
    password: str = field(default="", repr=False)
    auth: httpx.Auth | None = None

    @classmethod
    def of(cls, url: httpx.URL) -> Self:
        """Return the login of a URL."""
        return cls(unquote(url.username), unquote(url.password))

    def learn(self, answer: httpx.Response) -> bool:
        """Take the kind of login that a refusal asks for; tell whether it is worth another request."""
        if answer.status_code != httpx.codes.UNAUTHORIZED or not self.user or self.auth is not None:
            return False
        wanted = answer.headers.get("WWW-Authenticate", "").lower()
        kind = httpx.DigestAuth if "digest" in wanted else httpx.BasicAuth
        self.auth = kind(self.user, self.password)
        return True


class Fetcher:
    """One camera's snapshot address; keeps its connection open between two pictures."""

    def __init__(self, address: SourceAddress, policy: AddressPolicy) -> None:
        url = httpx.URL(address.target)
        self._shown = address.shown
        self._policy = policy
        self._login = Login.of(url)
        self._url = url.copy_with(userinfo=b"")
        # No proxy of the environment: it would look the name up again.
        self._client = httpx.Client(trust_env=False, follow_redirects=False, timeout=STEP_S)

    def fetch(self) -> bytes:
        """Return what the address answers now.

        Raises:
            SourceError: one of its family; in `WITHIN_S` and one read at most.
        """
        until_s = time.monotonic() + WITHIN_S
        url = self._url
        try:
            for _ in range(MOST_HOPS):
                with self._client.stream("GET", self._checked(url), auth=self._auth(url)) as answer:
                    if answer.has_redirect_location:
                        url = url.join(answer.headers["Location"])
                    elif not self._login.learn(answer):
                        return self._read(answer, until_s)
        except httpx.HTTPError as error:
            # `from None`: the original's request holds the address.
            raise SourceUnavailableError(self._shown, f"cannot be reached ({type(error).__name__})") from None
        raise SourceUnavailableError(self._shown, f"no picture after {MOST_HOPS} requests")

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _auth(self, url: httpx.URL) -> httpx.Auth | None:
        """A redirect to another host is not told the password."""
        return self._login.auth if url.host == self._url.host else None

    def _checked(self, url: httpx.URL) -> httpx.URL:
        """Return where to ask: every hop is held to the policy before it is taken."""
        if url.scheme not in {"http", "https"}:
            raise SourceRefusedError(self._shown, f"it leads to scheme {url.scheme!r}")
        parse(str(url), self._policy)
        return url

    def _read(self, answer: httpx.Response, until_s: float) -> bytes:
        if answer.status_code in _REFUSED:
            raise SourceRefusedError(self._shown, f"access refused ({answer.status_code})")
        if answer.status_code != httpx.codes.OK:
            raise SourceUnavailableError(self._shown, f"answers {answer.status_code}")
        data = bytearray()
        for chunk in answer.iter_bytes(1 << 16):
            data += chunk
            if len(data) > MOST_BYTES or time.monotonic() > until_s:
                raise _too_much(self._shown, len(data))
        return bytes(data)


def _too_much(shown: str, size_bytes: int) -> SourceError:
    if size_bytes > MOST_BYTES:
        return SourceUnavailableError(shown, f"answers more than {MOST_BYTES} bytes")
    return SourceUnavailableError(shown, f"{size_bytes} bytes after {WITHIN_S:g} s")
