"""What an answer of the API means for a thing in the spool: sent, later, everything later, or never."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx

from vision.outbox.spool import Queued
from vision.outbox.standing import State, state_of

MEDIA_PATIENCE = 100
"""So often the API may say that it knows no such event before a media file of it is buried: well over an hour."""
LONGEST_RETRY_AFTER_S = 3600.0

_ABOUT_US = frozenset({401, 403, 408, 425, 429, 502, 503, 504})
"""Statuses that speak of our key, our rate or the API's health and not of this item."""
_NOT_OUR_API = frozenset({404, 405})
"""Our API never answers an event body so: the address is wrong, and nothing may be lost to a typing error."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with an item: `later` lets its event wait, `pause` lets everything wait, `refused` buries it."""

    fate: Literal["sent", "later", "pause", "refused"]
    reason: str = ""
    """For people; never holds a header."""
    wait_s: float = 0.0
    """What the API asked for in Retry-After; 0 = nothing."""
    state: State = "silent"
    """How a `pause` leaves us with the API."""


def judged(response: httpx.Response, queued: Queued, now: datetime) -> Verdict:
    """Return what a response means for the item that was sent."""
    status, reason = response.status_code, f"{response.status_code} {detail(response)}"
    wait_s = retry_after_s(response.headers.get("Retry-After", ""), now)
    if response.is_success:
        return Verdict("sent")
    if speaks_of_us(response) or (queued.item.part == "event" and status in _NOT_OUR_API):
        return Verdict("pause", reason, wait_s, state_of(status))
    if response.is_client_error and not _may_come(status, queued):
        return Verdict("refused", reason)
    return Verdict("later", reason, wait_s)


def speaks_of_us(response: httpx.Response) -> bool:
    """Tell whether an answer is about our key, our rate or the API's health, and not about what was sent."""
    return response.status_code in _ABOUT_US or response.is_redirect


def knows_no_batches(response: httpx.Response) -> bool:
    """Tell whether the API is one without `POST /v1/events/batch`: what is sent singly will show what it is."""
    return response.status_code in _NOT_OUR_API


def taken_of(response: httpx.Response, count: int) -> list[bool]:
    """Return of each message of a batch whether it is in; of none where the answer is not one of a batch."""
    try:
        items = response.json()["items"] if response.is_success else []
        statuses = [int(item["status"]) for item in items]
    except (ValueError, KeyError, TypeError):
        statuses = []
    return [httpx.codes.is_success(each) for each in statuses] if len(statuses) == count else [False] * count


def failed(error: httpx.HTTPError) -> Verdict:
    """Return what it means that no response came; a protocol error of ours may quote headers, so it is only named."""
    name = type(error).__name__
    return Verdict("pause", name if isinstance(error, httpx.LocalProtocolError) else f"{name}: {error}")


def detail(response: httpx.Response) -> str:
    """Return what a problem+json answer says, shortened; otherwise the status's own phrase."""
    try:
        problem = response.json()
    except ValueError:
        return response.reason_phrase
    said = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else None
    return str(said or response.reason_phrase)[:300]


def retry_after_s(value: str, now: datetime) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110 10.2.3: seconds or a date), at most an hour."""
    try:
        wait_s = float(value) if value.strip().isdigit() else (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError):  # no header, rubbish, or a date without a zone
        return 0.0
    return min(max(wait_s, 0.0), LONGEST_RETRY_AFTER_S)


def _may_come(status: int, queued: Queued) -> bool:
    return queued.item.part == "media" and status == httpx.codes.NOT_FOUND and queued.attempts < MEDIA_PATIENCE
