"""Gives every request an id, which stands in its answer and in each line that is logged about it."""

import json
import logging
import re
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from random import getrandbits

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="-")
_log = logging.getLogger(__name__)


def current_id() -> str:
    """Return the id of the request that is being answered, `-` outside of any."""
    return _current.get()


class Identified:
    """ASGI middleware: takes a caller's X-Request-Id when it can be one, else makes one; logs faults, or all."""

    def __init__(self, app: ASGIApp, *, log_all: bool) -> None:
        self._app, self._log_all = app, log_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get(HEADER, "")
        request_id = told if _ID.fullmatch(told) else f"{getrandbits(128):032x}"
        status, began_s = 500, time.perf_counter()

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        trace.get_current_span().set_attribute("mingchu.request_id", request_id)
        _current.set(request_id)  # of this request's own task; who answers a fault, further out, still needs it
        try:
            await self._app(scope, receive, marked)
        finally:
            self._note(scope, status, time.perf_counter() - began_s)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        level = logging.ERROR if status >= 500 else logging.INFO
        if level == logging.ERROR or self._log_all:
            route = getattr(scope.get("route"), "path", "other")  # ids and names stay out of the log
            _log.log(
                level,
                "event=request method=%s route=%s status=%d ms=%.1f",
                scope["method"],
                route,
                status,
                seconds * 1e3,
            )


class _Lines(logging.Formatter):
    """One line a record: time, level, logger, request and what happened."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{_at(record)} {record.levelname} {record.name}"
        return f"{head} request={_current.get()} {_message(self, record)}"


class _Json(logging.Formatter):
    """The same as one JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"at": _at(record), "level": record.levelname, "logger": record.name, "request": _current.get()}
        return json.dumps({**told, "message": _message(self, record)}, ensure_ascii=False)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """Return the message on one line: what somebody sent must not look like a line of ours."""
    text = record.getMessage()
    if record.exc_info:
        text = f"{text} {formatter.formatException(record.exc_info)}"
    return text.replace("\r", "\\r").replace("\n", "\\n")


def log_as(form: str) -> None:
    """Make every handler of this process write `text` or `json` lines with the request's id."""
    formatter = _Json() if form == "json" else _Lines()
    for handler in logging.getLogger().handlers:
        handler.setFormatter(formatter)
