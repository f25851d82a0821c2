"""What every answer carries and every request must keep to, before any route sees it."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

_SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Guarded:
    """ASGI middleware: security headers on every answer, 415 for a body that is not JSON where JSON is asked for."""

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

        refusal = _wrong_type(scope)
        await (refusal or self._app)(scope, receive, dressed)


def _wrong_type(scope: Scope) -> ASGIApp | None:
    headers = Headers(scope=scope)
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    raw = "/media/" in scope["path"]
    if scope["method"] not in _WITH_BODY or not scope["path"].startswith("/v1/") or raw or empty:
        return None
    subtype = headers.get("content-type", "").partition(";")[0].strip().lower().partition("/")[2]
    if subtype == "json" or subtype.endswith("+json"):
        return None
    return problem(415, "send JSON with a Content-Type of application/json")
