"""Fetches what a URL from outside names, from the very address that was checked (against SSRF), bounded in all ways."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from api.addresses import AddressRules
from api.detecting.receiving import Bounds, Sink, TooLargeError
from api.dialling import Dialler, Question, refusal
from vision.sources.address import IpAddress

MOST_REDIRECTS = 3
MOST_CHARACTERS = 2048
"""Of an address."""


class Fetcher:
    """Opens URLs that the address rules allow; every hop is checked and pinned anew."""

    def __init__(self, rules: AddressRules, tls: ssl.SSLContext | None = None) -> None:
        self._dialler = Dialler(rules, tls)

    async def fetch(self, url: str, bounds: Bounds, sink: Sink) -> None:
        """Hand on what a URL answers, chunk by chunk.

        Raises:
            InvalidInputError: the address is not allowed, or does not answer as it should in time.
            TooLargeError: it answers more than so many bytes.
        """
        size = 0
        try:
            async with (
                asyncio.timeout(bounds.within_s),
                self._dialler.client() as client,
                self._opened(client, url) as answer,
            ):
                async for chunk in answer.aiter_raw(1 << 16):
                    size += len(chunk)
                    if size > bounds.most_bytes:
                        raise TooLargeError(f"url: it answers more than {bounds.most_bytes} bytes")
                    await sink(chunk)
        except TimeoutError:
            raise refusal(url, f"it took longer than {bounds.within_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise refusal(url, f"it failed with {type(error).__name__}") from None

    async def check(self, url: str) -> list[IpAddress]:
        """Return every address that a URL's host means now; InvalidInputError when one of them is not allowed."""
        return await self._dialler.check(url)

    def close(self) -> None:
        """Wait for no lookup any more."""
        self._dialler.close()

    @asynccontextmanager
    async def _opened(self, client: httpx.AsyncClient, url: str) -> AsyncIterator[httpx.Response]:
        """Follow redirects to an answer of 200; each hop is looked up, checked and pinned."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._dialler.ask(client, Question(url))
            try:
                if answer.has_redirect_location:
                    url = _joined(url, answer.headers["Location"])
                    continue
                _require_plain(url, answer)
                yield answer
                return
            finally:
                await answer.aclose()
        raise refusal(url, f"it redirects more than {MOST_REDIRECTS} times")


def _joined(url: str, location: str) -> str:
    """Return where a redirect leads; its length is bounded before anything looks at it."""
    if len(location) > MOST_CHARACTERS:
        raise refusal(url, "it redirects to a very long address")
    return str(httpx.URL(url).join(location))


def _require_plain(url: str, answer: httpx.Response) -> None:
    if answer.status_code != httpx.codes.OK:
        raise refusal(url, f"it answers {answer.status_code}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise refusal(url, "it answers compressed, though it was asked not to")
