"""Every answer that says no is one RFC 9457 problem, whoever noticed first: we, the framework, or a library.

::

    MingchuError
    ├── InvalidInputError                 422, field by field
    ├── StorageError                      503, the worker tries again
    └── ProblemError                      whatever status it carries
        ├── NotFoundError                 404, also for what the caller may not know of (I9)
        ├── ForbiddenError                403
        ├── ConflictError                 409
        ├── StaleError                    412
        └── PreconditionMissingError      428, see api.preconditions
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from api.addresses import hidden
from api.requests import HEADER, current_id
from vision.errors import InvalidInputError, MingchuError, StorageError

_log = logging.getLogger(__name__)
_SECRET_FIELDS = frozenset({"password", "current", "code", "second_factor"})
_SHOWN_CHARACTERS = 80
_MASKED_CHARACTERS = 512
FieldError = Mapping[str, str]
Entry = Mapping[str, str | int]
"""A field's error, perhaps with more that says where it is."""


class ProblemError(MingchuError):
    """A refusal with its HTTP status and, where fields are to blame, one entry for each."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(
        self,
        detail: str,
        *,
        status: HTTPStatus | None = None,
        errors: Sequence[Entry] = (),
        headers: Mapping[str, str] | None = None,
        kind: str = "",
        told: Mapping[str, Any] | None = None,
    ) -> None:
        """Take what happened; `kind` ends the problem's `type` where its status tells programs too little.

        `told` are further members of the problem (RFC 9457, section 3.2).
        """
        super().__init__(detail)
        self.detail = detail
        self.kind = kind
        self.told = dict(told or {})
        self.status = status or self.status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class NotFoundError(ProblemError):
    """It is not there, or not for this caller; the two answers do not differ."""

    status = HTTPStatus.NOT_FOUND


class ForbiddenError(ProblemError):
    """The caller is known and may not do this."""

    status = HTTPStatus.FORBIDDEN


class ConflictError(ProblemError):
    """It contradicts what is already stored."""

    status = HTTPStatus.CONFLICT


class StaleError(ProblemError):
    """Somebody changed it since the caller looked."""

    status = HTTPStatus.PRECONDITION_FAILED


def field_error(field: str, value: object, allowed: str) -> FieldError:
    """Return one entry of `errors`; secrets and rubbish from outside are not repeated."""
    return _told(field, repr(value), allowed)


def entry_of(error: InvalidInputError) -> FieldError:
    """Return the entry of `errors` that an error of ours means."""
    return _told(error.field, error.value, error.allowed)


def _told(field: str, text: str, allowed: str) -> FieldError:
    if len(text) > _MASKED_CHARACTERS:  # masking takes time that grows with the cube of the length
        text = f"{len(text)} characters"
    # Masked before it is cut: half an address may hold a whole password.
    safe = "***" if field.rsplit(".", 1)[-1] in _SECRET_FIELDS else hidden(text)
    cut = safe if len(safe) <= _SHOWN_CHARACTERS else f"{safe[: _SHOWN_CHARACTERS - 3]}..."
    return {"field": field, "value": cut, "allowed": allowed}


def problem_body(
    status: int,
    detail: str,
    errors: Sequence[Entry] = (),
    kind: str = "",
    told: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a problem says."""
    phrase = HTTPStatus(status).phrase
    body: dict[str, Any] = {
        **(told or {}),
        "type": f"urn:mingchu:problem:{kind or phrase.lower().replace(' ', '-')}",
        "title": phrase,
        "status": int(status),
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    return body


def problem(
    status: int,
    detail: str,
    errors: Sequence[Entry] = (),
    headers: Mapping[str, str] | None = None,
    kind: str = "",
    told: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Return a problem+json answer."""
    body = problem_body(status, detail, errors, kind, told)
    return JSONResponse(body, status, dict(headers or {}), media_type="application/problem+json")


def problem_of(error: ProblemError | InvalidInputError | ValidationError) -> dict[str, Any]:
    """Return what would have been the answer, where one of many is refused and the others are not."""
    if isinstance(error, InvalidInputError):
        return problem_body(422, str(error), [entry_of(error)])
    if isinstance(error, ValidationError):
        return _wrong_fields(error.errors(include_url=False))
    return problem_body(error.status, error.detail, error.errors, error.kind, error.told)


def _wrong_fields(errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return problem_body(422, f"{len(errors)} field(s) are wrong", [_entry(error) for error in errors[:32]])


def _where(loc: Sequence[str | int]) -> str:
    parts = [str(part) for part in loc]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0] in {"body", "query", "path", "header"} else parts)


def _entry(error: Mapping[str, Any]) -> FieldError:
    value = error.get("input")
    # Neither repeated nor even written out: it may be nested deeper than Python can follow.
    told = f"{len(value)} item(s)" if isinstance(value, dict | list | tuple | set) else value
    return field_error(_where(error["loc"]), told, str(error["msg"]))


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - the registration below guarantees it
    return problem(error.status, error.detail, error.errors, error.headers, error.kind, error.told)


def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the registration below guarantees it
    return JSONResponse(_wrong_fields(error.errors()), 422, media_type="application/problem+json")


def _invalid_input(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidInputError)  # noqa: S101 - the registration below guarantees it
    return JSONResponse(problem_of(error), 422, media_type="application/problem+json")


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - the registration below guarantees it
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(request.app.state.methods.of(request.url.path)) or headers.get("Allow", "GET")
    return problem(error.status_code, str(error.detail), headers=headers)


def _store_down(_: Request, error: Exception) -> JSONResponse:
    # Our own errors say what and where, and hold no secret; a library's may quote the statement with its values.
    _log.error("store_unavailable reason=%s", error if isinstance(error, StorageError) else type(error).__name__)
    return problem(503, "the store does not answer; try again", headers={"Retry-After": "1"})


def _unexpected(_: Request, error: Exception) -> JSONResponse:
    _log.error("unexpected kind=%s", type(error).__name__)
    # The framework answers this outside of everything that would put the id on.
    return problem(500, "something went wrong on our side; it has been logged", headers={HEADER: current_id()})


def register_errors(app: FastAPI) -> None:
    """Answer each family of errors in its own way; the most specific class wins."""
    app.add_exception_handler(ProblemError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(InvalidInputError, _invalid_input)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StorageError, _store_down)
    app.add_exception_handler(OperationalError, _store_down)
    app.add_exception_handler(Exception, _unexpected)
