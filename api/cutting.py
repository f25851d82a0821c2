"""Tells who is cut off at the end of a process that nothing was taken, instead of leaving them with a fault of ours."""

from asyncio import CancelledError

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

RETRY_S = 5
"""About what another process needs to be ready."""


class CutOff:
    """ASGI middleware: a request that is still under way when the time to finish is over is answered 503.

    The server then cancels it; what it had begun is undone, or was done and may be sent again. An answer that has
    begun cannot be taken back: it ends in the middle, which its reader sees by its length.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answer 503 when cancelled before an answer has begun."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except CancelledError:
            if begun or scope["type"] != "http":
                raise
            headers = {"Retry-After": str(RETRY_S), "Connection": "close"}
            await problem(503, "this process is stopping; send it again", headers=headers)(scope, receive, send)
