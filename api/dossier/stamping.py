"""Asks an authority to stamp a day's root (RFC 3161): it proves to others that the day was sealed by then."""

import httpx
from rfc3161_client import TimeStampRequest, TimestampRequestBuilder, decode_timestamp_response

from vision.errors import StorageError

TIMEOUT_S = 20.0
_MOST_BYTES = 1 << 20
_HEADERS = {"Content-Type": "application/timestamp-query"}


def stamp(url: str, root: str) -> bytes:
    """Return the response of an authority over a root, as it came; the root is stamped as its 32 bytes.

    Raises:
        StorageError: it does not answer, refuses, or stamps something else.
    """
    asked = (
        TimestampRequestBuilder().data(bytes.fromhex(root)).nonce(nonce=True).cert_request(cert_request=True).build()
    )
    try:
        answer = httpx.post(url, content=asked.as_bytes(), headers=_HEADERS, timeout=TIMEOUT_S)
        answer.raise_for_status()
        fits = _fits(answer.content, asked)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        reason = type(error).__name__
        raise StorageError(f"the time stamping authority does not answer as it should ({reason})") from error
    if not fits:
        raise StorageError("the time stamping authority refused, or stamped something else")
    return answer.content


def _fits(content: bytes, asked: TimeStampRequest) -> bool:
    """Tell whether a response stamps what was asked; ValueError where it is none."""
    if len(content) > _MOST_BYTES:
        return False
    response = decode_timestamp_response(content)
    if response.status not in (0, 1):  # granted, granted with modifications
        return False
    told = response.tst_info
    return (told.message_imprint.message, told.nonce) == (asked.message_imprint.message, asked.nonce)
