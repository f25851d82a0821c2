"""One try at one receiver: signed, to the checked address only, bounded in time, and told as an answer."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from opentelemetry.trace import SpanKind

from api.dialling import Dialler, Question
from api.notify.ladder import Answer
from vision.errors import InvalidInputError
from vision.tracing import span

WITHIN_S = 10.0
"""For looking the name up, connecting, sending and the answer, all together."""
_READ_BYTES = 1 << 14
"""Of an answer's body, so that the connection can be used again; a longer one is cut."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, ready to go."""

    url: str
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Try:
    """What came of it."""

    answer: Answer
    took_ms: int


async def send(dialler: Dialler, client: httpx.AsyncClient, letter: Letter, now: datetime) -> Try:
    """Post a message and return what the receiver says; whatever goes wrong is an answer, too."""
    began_s = time.perf_counter()
    with span("webhook", kind=SpanKind.CLIENT) as asked:
        answer = await _answer(dialler, client, letter, now)
        asked.set_attributes({"mingchu.message_id": letter.headers.get("webhook-id", ""), **_seen(answer)})
    return Try(answer, round((time.perf_counter() - began_s) * 1000))


def _seen(answer: Answer) -> dict[str, str | int]:
    """Return what a span tells of an answer; where it came from is the receiver's business."""
    told = {"http.response.status_code": answer.status} if answer.status else {}
    return {**told, "mingchu.verdict": answer.verdict.value}


async def _answer(dialler: Dialler, client: httpx.AsyncClient, letter: Letter, now: datetime) -> Answer:
    question = Question(letter.url, "POST", letter.headers, letter.body.encode())
    try:
        async with asyncio.timeout(WITHIN_S):
            response = await dialler.ask(client, question)
            try:
                await _drain(response)
            finally:
                await response.aclose()
    except TimeoutError:
        return Answer(0, f"it took longer than {WITHIN_S:g} s")
    except InvalidInputError as error:
        return Answer(0, error.allowed[:300])
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        return Answer(0, f"it failed with {type(error).__name__}")
    return Answer(response.status_code, _told(response), _asked_s(response.headers.get("Retry-After", ""), now))


async def _drain(response: httpx.Response) -> None:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > _READ_BYTES:
            return


def _told(response: httpx.Response) -> str:
    if response.is_redirect:
        return "it redirects; name the address where it leads"
    return "" if response.is_success else f"it answered {response.status_code}"


def _asked_s(text: str, now: datetime) -> float:
    """Return the seconds that a `Retry-After` means; 0 when it means nothing."""
    if text.isascii() and text.isdecimal():
        return float(text[:6])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
