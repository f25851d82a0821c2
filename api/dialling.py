"""Connects to what a URL from outside means, to the very address that was checked and to no other (against SSRF)."""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from api.addresses import AddressRules, hidden
from vision.errors import InvalidInputError
from vision.sources.address import IpAddress

LOOKUPS = 4
"""Names that are looked up at once: a slow name server must not take all threads."""
_ALLOWED = "an http or https address that answers as it should"


@dataclass(frozen=True, slots=True)
class Question:
    """One HTTP request to somebody outside."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


class Dialler:
    """Opens URLs that the address rules allow; each is looked up once, checked and pinned."""

    def __init__(self, rules: AddressRules, tls: ssl.SSLContext | None = None) -> None:
        self._rules = rules
        self._tls = tls or ssl.create_default_context()
        self._lookups = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="lookup")

    async def check(self, url: str) -> list[IpAddress]:
        """Return every address that a URL's host means now; InvalidInputError when one of them is not allowed."""
        return await asyncio.get_running_loop().run_in_executor(self._lookups, self.require, url)

    def require(self, url: str) -> list[IpAddress]:
        """Do the same in this thread, which waits for the name server."""
        try:
            scheme = httpx.URL(url).scheme
        except httpx.InvalidURL:
            raise refusal(url, "it is no URL") from None
        if scheme not in {"http", "https"}:
            raise refusal(url, "another scheme")
        try:
            return self._rules.pinned(url)
        except InvalidInputError as error:
            raise InvalidInputError("url", hidden(url), error.allowed) from None

    def client(self) -> httpx.AsyncClient:
        """Return a client for one host: connections are kept by address, and a certificate is looked at once for each.

        It has no proxy of the environment, which would look the name up again.
        """
        return httpx.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False, timeout=10.0)

    async def ask(self, client: httpx.AsyncClient, question: Question) -> httpx.Response:
        """Ask the first of the host's addresses that lets us connect; the caller reads and closes the answer.

        Raises:
            InvalidInputError: the address is not allowed.
            httpx.HTTPError: nobody is there, or does not answer.
        """
        addresses = await self.check(question.url)
        for address in addresses[:-1]:
            try:
                return await client.send(_pinned(client, question, address), stream=True)
            except httpx.ConnectError:
                continue
        return await client.send(_pinned(client, question, addresses[-1]), stream=True)

    def close(self) -> None:
        """Wait for no lookup any more."""
        self._lookups.shutdown(wait=False, cancel_futures=True)


def _pinned(client: httpx.AsyncClient, question: Question, address: IpAddress) -> httpx.Request:
    """Return a request to an address that says whom it means, in `Host` and to TLS, whose certificate must name it."""
    named = httpx.URL(question.url)
    usual = {"Host": named.netloc.decode("ascii"), "Accept-Encoding": "identity", "User-Agent": "mingchu"}
    return client.build_request(
        question.method,
        named.copy_with(host=str(address)),
        headers={**usual, **question.headers},
        content=question.content or None,
        extensions={"sni_hostname": named.host},
    )


def refusal(url: str, reason: str) -> InvalidInputError:
    """Return what is said of a URL that cannot be used."""
    return InvalidInputError("url", hidden(url), f"{_ALLOWED} ({reason})")
