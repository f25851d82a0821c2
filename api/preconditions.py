"""If-Match: who changes something says which version they saw, so that nobody's change is lost unseen."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Header

from api.errors import ProblemError, StaleError, field_error

IfMatch = Annotated[str, Header(alias="If-Match", max_length=1000)]
"""Put this with the default "" on a route's parameter; `require` says what is missing."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which conditions a write is wanted, and by which key it is known when it is sent again."""

    if_match: IfMatch = ""
    idempotency_key: Annotated[str, Header(max_length=128)] = ""


class PreconditionMissingError(ProblemError):
    """A change that does not say of which version."""

    status = HTTPStatus.PRECONDITION_REQUIRED


def require(if_match: str, etag: str) -> None:
    """Pass when If-Match names the present ETag or is `*`.

    A weak mark is looked through: proxies that compress put one on our strong tags.

    Raises:
        PreconditionMissingError: 428, there is no If-Match.
        StaleError: 412, it names another version.
    """
    if not if_match.strip():
        told = field_error("If-Match", "", "the ETag of what you saw, from GET")
        raise PreconditionMissingError("a change needs If-Match", errors=[told])
    named = {tag.strip().removeprefix("W/") for tag in if_match.split(",")}
    if not named & {etag, "*"}:
        told = field_error("If-Match", if_match, etag)
        raise StaleError("it was changed since you looked", errors=[told])
