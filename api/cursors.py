"""Cursors: the place behind the last item of a page, opaque to the client."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime

from api.fields import BIGGEST
from vision.errors import InvalidInputError


def pack(*parts: str | int) -> str:
    """Return a cursor that fits into a URL."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def unpack(cursor: str, kinds: Sequence[type[str | int]]) -> list[str | int]:
    """Return the parts; InvalidInputError unless each is of its kind."""
    try:
        parts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise _wrong(cursor) from None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds) or not all(map(_sound, parts)):
        raise _wrong(cursor)
    return parts


def _sound(part: str | int) -> bool:
    """Tell whether every database can compare with it."""
    return part.isprintable() if isinstance(part, str) else abs(part) <= BIGGEST


def instant(text: str | int) -> datetime:
    """Return the instant in a cursor."""
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _wrong(str(text)) from None


def _wrong(cursor: str) -> InvalidInputError:
    return InvalidInputError("cursor", cursor, "the `next` of the page before, with the same sort")
