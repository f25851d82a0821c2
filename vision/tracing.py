"""Traces by OpenTelemetry: they cost next to nothing until a place to send them is named, and carry no secret."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context

from vision.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_tracer = trace.get_tracer("mingchu")
HIDDEN = ("url.path", "url.query")
"""What an address says beside its route: tokens of uploads, ids, words that somebody looked for."""
PATIENCE_S = 5
"""For a collector that does not answer, also when the process is about to end."""
_VARIABLE = "MINGCHU_OTLP_URL"


@contextmanager
def span(
    name: str, about: Mapping[str, str | int] | None = None, kind: trace.SpanKind = trace.SpanKind.INTERNAL
) -> Iterator[trace.Span]:
    """Begin a part of the trace that this thread or task is in; it is nothing until `sending_traces`.

    Of an error that ends it, only the kind is told: what it says may quote what somebody sent.
    """
    begin = partial(_tracer.start_as_current_span, record_exception=False, set_status_on_exception=False)
    with begin(name, kind=kind, attributes=about) as begun, ExitStack() as ending:
        ending.push(partial(_mark, begun))
        yield begun


def _mark(
    begun: trace.Span, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
) -> None:
    del error, at
    if kind is not None:
        begun.set_attribute("error.type", kind.__qualname__)
        begun.set_status(trace.StatusCode.ERROR)


@dataclass(frozen=True, slots=True)
class Tracing:
    """Where spans go, and how many of them."""

    service: str
    """As it is named there: `mingchu-api`, `mingchu-worker`."""
    url: str
    """Of a collector that takes OTLP over HTTP, without `/v1/traces`: `http://127.0.0.1:4318`."""
    share: float
    """Of the traces that begin here or elsewhere, 0 to 1; which ones is told by their id, the same everywhere."""

    def __post_init__(self) -> None:
        """Refuse what is no address, without repeating what may hold a password."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(_VARIABLE, "…", "http://HOST[:PORT] or https://HOST[:PORT] of a collector")


@contextmanager
def sending_traces(tracing: Tracing | None) -> Iterator[None]:
    """Send the spans of this process in the background until the block ends, and the last ones then; None sends none.

    Raises:
        ConfigError: the extra `otel` is not installed.
    """
    if tracing is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - of an extra
            OTLPSpanExporter,
        )
    except ModuleNotFoundError as error:
        raise ConfigError(_VARIABLE, "…", "empty until mingchu[otel] is installed") from error
    provider = provider_to(OTLPSpanExporter(f"{tracing.url.rstrip('/')}/v1/traces", timeout=PATIENCE_S), tracing)
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def flush_traces() -> None:
    """Send what has ended already: a server ends by the signal that it was sent, and no block of ours ends then."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
        cast("TracerProvider", provider).force_flush()


def provider_to(exporter: "SpanExporter", tracing: Tracing) -> "TracerProvider":
    """Return what makes spans and hands them on, by hundreds, to an exporter; what it cannot take soon is dropped."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - of an extra
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

    class Discreet(SpanProcessor):
        def on_start(self, span: "Span", parent_context: Context | None = None) -> None:  # noqa: ARG002 - overridden
            for name in HIDDEN:
                if name in (span.attributes or {}):
                    span.set_attribute(name, "…")

    some = TraceIdRatioBased(tracing.share)
    # Who calls may say that a trace is wanted, but not how many of them we shall make.
    sampler = ParentBased(some, remote_parent_sampled=some)
    about = {"service.name": tracing.service, "service.version": version("mingchu")}
    provider = TracerProvider(sampler=sampler, resource=Resource.create(about))
    provider.add_span_processor(Discreet())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
