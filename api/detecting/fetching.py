"""Fetches what a URL from outside names, from the very address that was checked (against SSRF), bounded in all ways."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx

from api.addresses import AddressRules, hidden
from api.detecting.receiving import Bounds, Sink, TooLargeError
from vision.errors import InvalidInputError
from vision.sources.address import IpAddress

MOST_REDIRECTS = 3
MOST_CHARACTERS = 2048
"""Of an address."""
LOOKUPS = 4
"""Names that are looked up at once: a slow name server must not take all threads."""
_ALLOWED = "an http or https address that answers 200"


class Fetcher:
    """Opens URLs that the address rules allow; every hop is checked and pinned anew."""

    def __init__(self, rules: AddressRules, tls: ssl.SSLContext | None = None) -> None:
        self._rules = rules
        self._tls = tls or ssl.create_default_context()
        self._lookups = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="lookup")

    async def fetch(self, url: str, bounds: Bounds, sink: Sink) -> None:
        """Hand on what a URL answers, chunk by chunk.

        Raises:
            InvalidInputError: the address is not allowed, or does not answer as it should in time.
            TooLargeError: it answers more than so many bytes.
        """
        size = 0
        try:
            async with asyncio.timeout(bounds.within_s), self._client() as client, self._opened(client, url) as answer:
                async for chunk in answer.aiter_raw(1 << 16):
                    size += len(chunk)
                    if size > bounds.most_bytes:
                        raise TooLargeError(f"url: it answers more than {bounds.most_bytes} bytes")
                    await sink(chunk)
        except TimeoutError:
            raise _refusal(url, f"it took longer than {bounds.within_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _refusal(url, f"it failed with {type(error).__name__}") from None

    async def check(self, url: str) -> list[IpAddress]:
        """Return every address that a URL's host means now; InvalidInputError when one of them is not allowed."""
        try:
            scheme = httpx.URL(url).scheme
        except httpx.InvalidURL:
            raise _refusal(url, "it is no URL") from None
        if scheme not in {"http", "https"}:
            raise _refusal(url, "another scheme")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._lookups, self._rules.pinned, url)
        except InvalidInputError as error:
            raise InvalidInputError("url", hidden(url), error.allowed) from None

    def close(self) -> None:
        """Wait for no lookup any more."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def _client(self) -> httpx.AsyncClient:
        # No proxy of the environment: it would look the name up again.
        return httpx.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False, timeout=10.0)

    @asynccontextmanager
    async def _opened(self, client: httpx.AsyncClient, url: str) -> AsyncIterator[httpx.Response]:
        """Follow redirects to an answer of 200; each hop is looked up, checked and pinned."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._asked(client, url)
            try:
                if answer.has_redirect_location:
                    url = _joined(url, answer.headers["Location"])
                    continue
                _require_plain(url, answer)
                yield answer
                return
            finally:
                await answer.aclose()
        raise _refusal(url, f"it redirects more than {MOST_REDIRECTS} times")

    async def _asked(self, client: httpx.AsyncClient, url: str) -> httpx.Response:
        """Ask the first of the host's addresses that lets us connect."""
        addresses = await self.check(url)
        for address in addresses[:-1]:
            try:
                return await client.send(_pinned(client, url, address), stream=True)
            except httpx.ConnectError:
                continue
        return await client.send(_pinned(client, url, addresses[-1]), stream=True)


def _joined(url: str, location: str) -> str:
    """Return where a redirect leads; its length is bounded before anything looks at it."""
    if len(location) > MOST_CHARACTERS:
        raise _refusal(url, "it redirects to a very long address")
    return str(httpx.URL(url).join(location))


def _pinned(client: httpx.AsyncClient, url: str, address: IpAddress) -> httpx.Request:
    """Return a request to an address that says whom it means, in `Host` and to TLS, whose certificate must name it."""
    named = httpx.URL(url)
    headers = {"Host": named.netloc.decode("ascii"), "Accept-Encoding": "identity", "User-Agent": "mingchu"}
    return client.build_request(
        "GET", named.copy_with(host=str(address)), headers=headers, extensions={"sni_hostname": named.host}
    )


def _require_plain(url: str, answer: httpx.Response) -> None:
    if answer.status_code != httpx.codes.OK:
        raise _refusal(url, f"it answers {answer.status_code}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _refusal(url, "it answers compressed, though it was asked not to")


def _refusal(url: str, reason: str) -> InvalidInputError:
    return InvalidInputError("url", hidden(url), f"{_ALLOWED} ({reason})")
