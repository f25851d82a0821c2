"""What every answer carries and every request must keep to, before any route sees it."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

_SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_PICTURES = ("/v1/detect", "/v1/videos", "/v1/imports")
_PROOFS = "/v1/photos"
"""These routes take bodies in other forms, and bound them themselves; what lies below the proofs takes JSON."""
MAX_JSON_BYTES = 1 << 20
"""The longest event that the rules can make has some tens of KiB."""


class Guarded:
    """ASGI middleware: security headers on every answer, 415 and 413 for a body that is no JSON or too much of it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(_SECURITY)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the type of the body, pass on, and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if not _tells_json(scope):
            await self._app(scope, receive, dressed)
            return
        refusal = _wrong_type(scope) or _too_long(scope)
        await (refusal or self._app)(scope, _measured(receive), dressed)


def _tells_json(scope: Scope) -> bool:
    """Tell whether this request should carry JSON: media and pictures have their own rules."""
    path = scope["path"]
    free = "/media/" in path or path.startswith(_PICTURES) or path == _PROOFS
    return scope["method"] in _WITH_BODY and path.startswith("/v1/") and not free


def _too_long(scope: Scope) -> ASGIApp | None:
    length = Headers(scope=scope).get("content-length", "0")
    return problem(413, _TOO_LONG) if length.isdecimal() and int(length) > MAX_JSON_BYTES else None


_TOO_LONG = f"a JSON body may have {MAX_JSON_BYTES} bytes"


def _measured(receive: Receive) -> Receive:
    """Count what arrives: a chunked body does not say beforehand how long it is."""
    arrived_bytes = 0

    async def counted() -> Message:
        nonlocal arrived_bytes
        message = await receive()
        arrived_bytes += len(message.get("body", b""))
        if arrived_bytes > MAX_JSON_BYTES:
            raise HTTPException(413, _TOO_LONG)  # the one kind that the framework lets through its parser
        return message

    return counted


def _wrong_type(scope: Scope) -> ASGIApp | None:
    headers = Headers(scope=scope)
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return None
    subtype = headers.get("content-type", "").partition(";")[0].strip().lower().partition("/")[2]
    if subtype == "json" or subtype.endswith("+json"):
        return None
    return problem(415, "send JSON with a Content-Type of application/json")
