"""Serves until it is told to stop, and then leaves in order: no longer ready, streams told, requests finished."""

import asyncio
import socket

import uvicorn
from fastapi import FastAPI

from api.services import Services
from api.settings import Settings

_LOOK_S = 0.05


class Server(uvicorn.Server):
    """Uvicorn, with a while between "not ready" and "closed" in which load balancers can look away."""

    def __init__(self, config: uvicorn.Config, services: Services, drain_s: float) -> None:
        super().__init__(config)
        self._services, self._drain_s = services, drain_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer 503 to /readyz, end the streams, go on serving for `drain_s`, then finish what is under way."""
        for bell in (self._services.log_bell, self._services.camera_bell):
            bell.silence()
        until = asyncio.get_running_loop().time() + self._drain_s
        while asyncio.get_running_loop().time() < until and not self.force_exit:  # noqa: ASYNC110 - uvicorn's own flag
            await asyncio.sleep(_LOOK_S)
        await super().shutdown(sockets)


def run(app: FastAPI, settings: Settings, host: str, port: int) -> None:
    """Serve an app; returns when a signal has ended it."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.finish_s,
        forwarded_allow_ips=settings.trusted_proxies,
    )
    Server(config, app.state.services, settings.drain_s).run()
