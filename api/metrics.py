"""What Prometheus may ask: requests, events, the log, its listeners."""

import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The instruments of one app; no global registry, so that two apps can live in one process."""

    registry: CollectorRegistry
    requests: Counter
    durations: Histogram
    events: Counter
    log_sequence: Gauge
    stream_clients: Gauge
    spool: Gauge
    spool_told: Gauge
    cameras: Gauge

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self.registry)


def new_metrics() -> Metrics:
    """Return instruments that stand at zero."""
    registry = CollectorRegistry()
    labels = ("method", "route", "status")
    return Metrics(
        registry,
        Counter("mingchu_requests_total", "Answers by route and status", labels, registry=registry),
        Histogram("mingchu_request_seconds", "Time to the last byte", labels[:2], registry=registry, buckets=_BUCKETS),
        Counter("mingchu_events_total", "Messages taken into the log", ("kind", "type"), registry=registry),
        Gauge(
            "mingchu_log_sequence", "Last number of the log that this process has written or read", registry=registry
        ),
        Gauge("mingchu_stream_clients", "Listeners on /v1/stream", registry=registry),
        Gauge(
            "mingchu_spool_waiting", "What waits in a worker's spool, as it told last", ("worker",), registry=registry
        ),
        # Of several API processes the one that was told last knows best.
        Gauge("mingchu_spool_told_seconds", "When a worker told, seconds since 1970", ("worker",), registry=registry),
        # A city has 124,000 cameras: each one's figures are at /v1/cameras/{id}/status, here only their number.
        Gauge("mingchu_cameras", "Cameras to be looked at, by what was told last", ("state",), registry=registry),
    )


class Measured:
    """ASGI middleware that times every request by its route, never by its path: ids must not become labels."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, watch)
        finally:
            self._count(scope, status, time.perf_counter() - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.requests.labels(scope["method"], route, status).inc()
        self._metrics.durations.labels(scope["method"], route).observe(seconds)
