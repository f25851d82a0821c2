"""Traces of a real server, as a collector on loopback receives them over OTLP."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api.accounts import new_stored_key
from api.shell import writing
from api.store import sites
from tests.contract.test_http import settings_of
from tests.contract.world import body_of, event_id, site_row
from tests.e2e.stack import Stack
from tests.servers.receiver import Receiver, running_receiver


@dataclass(frozen=True)
class Span:
    """One span as it arrived."""

    name: str
    trace: bytes
    id: bytes
    parent: bytes
    told: Mapping[str, str]


def spans_of(receiver: Receiver) -> Iterator[Span]:
    for got in receiver.got:
        sent = ExportTraceServiceRequest.FromString(got.body)
        for resource in sent.resource_spans:
            service = {each.key: each.value.string_value for each in resource.resource.attributes}
            assert service["service.name"] == "mingchu-api"
            for scope in resource.scope_spans:
                for span in scope.spans:
                    told = {each.key: each.value.string_value for each in span.attributes}
                    yield Span(span.name, span.trace_id, span.span_id, span.parent_span_id, told)


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        receiver.answer = lambda _: (200, {"Content-Type": "application/x-protobuf"})
        yield receiver


def test_a_request_is_followed_to_the_store_and_says_no_secret(collector: Receiver, tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"MINGCHU_OTLP_URL": f"http://127.0.0.1:{collector.port}"})
    with closing(stack):
        with writing(settings_of(stack)) as (connection, _):
            sites.add(connection, site_row("main"))
        key = new_stored_key(settings_of(stack), "box", ["events:write", "events:read"])
        stack.serve()
        with httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {key}"}) as box:
            answer = box.put(f"/v1/events/{event_id(1)}", json=body_of(1))
            box.get("/v1/events", params={"site": "whispered"})
        assert answer.status_code == 201
        stack.stop("serve")
    spans = list(spans_of(collector))
    (told,) = [span for span in spans if span.name == "PUT /v1/events/{event_id}"]
    assert told.told["mingchu.request_id"] == answer.headers["X-Request-Id"]
    mine = {span.name: span for span in spans if span.trace == told.trace}
    assert mine["intake"].parent == told.id
    assert mine["store.write"].parent == mine["intake"].id
    assert mine["store.write"].told["db.system.name"] == "sqlite"
    assert not [span for span in spans if "readyz" in span.name]
    sent = b"".join(got.body for got in collector.got)
    for secret in (key, "whispered", event_id(1)):
        assert secret.encode() not in sent
