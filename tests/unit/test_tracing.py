"""What is traced: nothing unless it is wanted, no more than the share says, and never what somebody sent."""

import sys
from collections.abc import Callable, Iterator, Sequence

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState

from api.notify import sending
from api.notify.ladder import Answer
from vision import tracing
from vision.errors import ConfigError
from vision.tracing import HIDDEN, Tracing, provider_to, sending_traces, span

PLACE = "http://collector.test:4318"
Recorder = Callable[[], Sequence[ReadableSpan]]


@pytest.fixture
def provider(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TracerProvider, Recorder]]:
    """Give spans of a share (parameter, else all) into memory, and a function that returns what has ended."""
    memory = InMemorySpanExporter()
    made = provider_to(memory, Tracing("mingchu-test", PLACE, getattr(request, "param", 1.0)))
    monkeypatch.setattr(tracing, "_tracer", made.get_tracer("mingchu"))

    def ended() -> Sequence[ReadableSpan]:
        made.force_flush()
        return memory.get_finished_spans()

    yield made, ended
    made.shutdown()


def test_nothing_happens_unless_it_is_wanted() -> None:
    with span("outer", {"mingchu.messages": 1}) as begun:
        assert not begun.is_recording()


def test_spans_lie_within_each_other_and_say_whose_they_are(provider: tuple[TracerProvider, Recorder]) -> None:
    _, ended = provider
    with span("outer", {"mingchu.messages": 2}), span("inner"):
        pass
    inner, outer = ended()
    assert (inner.name, outer.name) == ("inner", "outer")
    assert inner.parent
    assert outer.context
    assert inner.parent.span_id == outer.context.span_id
    assert outer.attributes == {"mingchu.messages": 2}
    assert outer.resource.attributes["service.name"] == "mingchu-test"


def test_of_an_error_only_its_kind_is_told(provider: tuple[TracerProvider, Recorder]) -> None:
    _, ended = provider
    with pytest.raises(ValueError, match="secret"), span("outer"):
        raise ValueError("secret")
    (told,) = ended()
    assert told.attributes == {"error.type": "ValueError"}
    assert (told.status.status_code, told.status.description, told.events) == (StatusCode.ERROR, None, ())


def test_what_an_address_says_is_hidden(provider: tuple[TracerProvider, Recorder]) -> None:
    made, ended = provider
    asked = {"url.path": "/v1/events/1/uploads/clip/token", "url.query": "q=secret", "http.route": "/v1/events"}
    made.get_tracer("fastapi").start_span("GET", attributes=asked).end()
    (told,) = ended()
    assert told.attributes == {"http.route": "/v1/events", **dict.fromkeys(HIDDEN, "…")}


@pytest.mark.parametrize("provider", [0.0], indirect=True)
def test_who_calls_cannot_make_us_trace_more_than_the_share(provider: tuple[TracerProvider, Recorder]) -> None:
    made, ended = provider
    caller = SpanContext(7, 7, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED), trace_state=TraceState())
    wanted = trace.set_span_in_context(NonRecordingSpan(caller))
    made.get_tracer("fastapi").start_span("GET", context=wanted).end()
    with span("outer"):
        pass
    assert ended() == ()


@pytest.mark.parametrize("url", ["collector:4318", "ftp://collector", "http://", "http://c/?token=secret", "x"])
def test_what_is_no_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="MINGCHU_OTLP_URL") as refused:
        Tracing("mingchu-test", url, 1.0)
    assert "secret" not in str(refused.value)


def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError, match=r"mingchu\[otel\]"), sending_traces(Tracing("mingchu-test", PLACE, 1.0)):
        pass


async def test_a_try_of_a_webhook_tells_its_answer_and_no_address(
    provider: tuple[TracerProvider, Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ended = provider

    async def refused(*_: object) -> Answer:
        return Answer(503, "it answered 503")

    monkeypatch.setattr(sending, "_answer", refused)
    letter = sending.Letter("https://receiver.test/hook?token=secret", {"webhook-id": "m1"}, "{}")
    async with httpx.AsyncClient() as client:
        await sending.send(None, client, letter, None)  # type: ignore[arg-type]  # neither is asked
    (told,) = ended()
    assert told.kind is SpanKind.CLIENT
    assert told.attributes == {"mingchu.message_id": "m1", "http.response.status_code": 503, "mingchu.verdict": "away"}
