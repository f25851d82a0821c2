"""Every route × everybody who may come × own and other region: what is answered, from one table (I9)."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
import numpy as np
import pytest
from fastapi.routing import iter_route_contexts

from api.auth.caller import KEY_SCOPES
from api.casework.delivering import order_id_of
from api.casework.following import case_id_of
from api.notify import signing
from api.notify.ladder import Answer
from api.notify.sending import Try
from api.store import keeping, webhooks
from api.store.schema import audit, log, viewing_register
from tests.unit.api.world import PASSWORD, World, again, event_id, message, send_media, streaming, tell

ROLES = frozenset({"admin", "supervisor", "analyst", "kitchen"})
SCOPES = frozenset(scope.value for scope in KEY_SCOPES)
PICTURE = b"a picture"


@dataclass(frozen=True)
class Rule:
    """Who may call a route, what is answered to them, and what when they name a thing of another region."""

    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    path: str = ""
    """With {region} where an id of that region stands."""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    ok: frozenset[int] = frozenset({200})
    other: int | None = None
    """None where no id of a region can be named."""
    anybody: bool = False
    streams: bool = False

    def request(self, region: str) -> dict[str, Any]:
        body = self.body(region) if callable(self.body) else self.body
        told = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        ids = {"event": event_id(f"event-{region}"), "case": case_in(region), "hook": hook_in(region)}
        ids |= {"order": order_id_of(ids["case"]), "hold": event_id(f"hold-{region}")}
        path = self.path.format(region=region, **ids)
        return {"url": path, "headers": self.headers, **told}


def case_in(region: str) -> str:
    """Return the id of the case that the one event of a region has begun."""
    return case_id_of(event_id(f"event-{region}"), 1)


def hook_in(region: str) -> str:
    """Return the id of the webhook of a region."""
    return "wh_" + UUID(event_id(region)).hex


def _of(roles: str = "", scopes: str = "", **rest: Any) -> Rule:
    return Rule(frozenset(roles.split()), frozenset(scopes.split()), **rest)


ANYBODY = Rule(anybody=True)
PERSON = Rule(ROLES)
EVENTS = _of("admin supervisor analyst kitchen", "events:read")
ADMIN = _of("admin")
REVIEW = _of("admin supervisor")
TALK = _of("admin supervisor kitchen")
INTAKE = _of("", "events:write")
WORKER = _of("", "workers")
DETECT = _of("admin supervisor analyst kitchen", "detect")
PLACES = _of("admin supervisor analyst kitchen", "sites:read")
BUILD = _of("admin", "sites:write")
HOOKS = _of("admin", "webhooks", path="/v1/webhooks/{hook}", other=404)
STEER = _of("admin supervisor analyst")
SEEN = {"If-Match": '"1"'}
BATCH = {"product": "prawns", "origin": "x", "made_on": "2026-11-01", "expires_on": "2027-05-01", "amount": "1"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
MEDIA = {"Content-Type": "image/jpeg", "X-Content-SHA256": sha256(PICTURE).hexdigest()}
NOBODYS, GONE, WRONG = UUID(int=1), frozenset({404}), frozenset({422})
GREY = cv2.imencode(".bmp", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
CREATED, EMPTY = frozenset({201}), frozenset({204})

TABLE: dict[tuple[str, str], Rule] = {
    ("GET", "/healthz"): replace(ANYBODY, path="/healthz"),
    ("GET", "/readyz"): replace(ANYBODY, path="/readyz"),
    ("GET", "/metrics"): replace(ANYBODY, path="/metrics"),
    ("GET", "/v1/openapi.json"): replace(ANYBODY, path="/v1/openapi.json"),
    ("GET", "/v1/docs"): replace(ANYBODY, path="/v1/docs"),
    ("GET", "/docs/oauth2-redirect"): replace(ANYBODY, path="/docs/oauth2-redirect"),
    ("GET", "/{path:path}"): replace(ANYBODY, path="/", ok=frozenset({200, 503})),  # 503: the console is not built
    ("GET", "/v1/session/organisation"): replace(ANYBODY, path="/v1/session/organisation", ok=frozenset({404})),
    ("GET", "/v1/session/organisation/back"): replace(
        ANYBODY,
        path="/v1/session/organisation/back",
        ok=frozenset({404}),  # no provider is named here
    ),
    ("GET", "/v1/session/organisation/ways"): replace(ANYBODY, path="/v1/session/organisation/ways"),
    ("POST", "/v1/session"): replace(ANYBODY, path="/v1/session", body={"name": "analyst-north", "password": PASSWORD}),
    ("GET", "/v1/session"): replace(PERSON, path="/v1/session"),
    ("DELETE", "/v1/session"): replace(PERSON, path="/v1/session", ok=EMPTY),
    ("POST", "/v1/session/password"): replace(
        PERSON, path="/v1/session/password", body={"password": "a new password", "current": PASSWORD}, ok=EMPTY
    ),
    ("GET", "/v1/session/all"): replace(PERSON, path="/v1/session/all"),
    ("DELETE", "/v1/session/all/{session_id}"): replace(PERSON, path=f"/v1/session/all/{'0' * 24}", ok=GONE),
    ("POST", "/v1/session/second-factor"): replace(
        PERSON, path="/v1/session/second-factor", body={"current": PASSWORD}, ok=CREATED
    ),
    # Nobody has begun, nobody has one.
    ("PUT", "/v1/session/second-factor"): replace(
        PERSON, path="/v1/session/second-factor", body={"code": "123456"}, ok=GONE
    ),
    ("POST", "/v1/session/second-factor/end"): replace(
        PERSON, path="/v1/session/second-factor/end", body={"code": "123456"}, ok=GONE
    ),
    ("GET", "/v1/users"): replace(ADMIN, path="/v1/users"),
    ("GET", "/v1/users/{user_id}"): replace(ADMIN, path="/v1/users/analyst-{region}", other=404),
    ("POST", "/v1/users"): replace(
        ADMIN,
        path="/v1/users",
        body=lambda region: {"name": "new", "role": "admin", "region": region},
        ok=CREATED,
        other=422,
    ),
    ("PATCH", "/v1/users/{user_id}"): replace(
        ADMIN, path="/v1/users/analyst-{region}", body={"language": "zh"}, headers=SEEN, other=404
    ),
    ("POST", "/v1/users/{user_id}/code"): replace(ADMIN, path="/v1/users/analyst-{region}/code", ok=CREATED, other=404),
    ("DELETE", "/v1/users/{user_id}/sessions"): replace(
        ADMIN, path="/v1/users/analyst-{region}/sessions", ok=EMPTY, other=404
    ),
    ("DELETE", "/v1/users/{user_id}/second-factor"): replace(
        ADMIN, path="/v1/users/analyst-{region}/second-factor", ok=EMPTY, other=404
    ),
    ("GET", "/v1/keys"): replace(ADMIN, path="/v1/keys"),
    ("GET", "/v1/keys/{key_id}"): replace(ADMIN, path="/v1/keys/key-{region}", other=404),
    ("POST", "/v1/keys"): replace(
        ADMIN,
        path="/v1/keys",
        body=lambda region: {"name": "new", "scopes": ["detect"], "region": region},
        ok=CREATED,
        other=422,
    ),
    ("POST", "/v1/keys/{key_id}/rotate"): replace(ADMIN, path="/v1/keys/key-{region}/rotate", body={}, other=404),
    ("DELETE", "/v1/keys/{key_id}"): replace(ADMIN, path="/v1/keys/key-{region}", ok=EMPTY, other=404),
    ("GET", "/v1/events"): replace(EVENTS, path="/v1/events"),
    ("GET", "/v1/events/counts"): replace(EVENTS, path="/v1/events/counts"),
    ("GET", "/v1/events/{event_id}"): replace(EVENTS, path="/v1/events/{event}", other=404),
    ("GET", "/v1/events/{event_id}/media/{name}"): replace(
        EVENTS, path="/v1/events/{event}/media/snapshot_blurred", other=404
    ),
    ("POST", "/v1/events/{event_id}/review"): replace(
        REVIEW, path="/v1/events/{event}/review", body={"verdict": "unsure"}, ok=frozenset({409}), other=404
    ),
    # 409: an order stands on the verdict.
    ("DELETE", "/v1/events/{event_id}/review"): replace(
        REVIEW, path="/v1/events/{event}/review", ok=frozenset({409}), other=404
    ),
    ("PUT", "/v1/events/{event_id}/claim"): replace(REVIEW, path="/v1/events/{event}/claim", other=404),
    ("DELETE", "/v1/events/{event_id}/claim"): replace(REVIEW, path="/v1/events/{event}/claim", ok=EMPTY, other=404),
    ("GET", "/v1/cases"): replace(EVENTS, path="/v1/cases"),
    ("GET", "/v1/cases/{case_id}"): replace(EVENTS, path="/v1/cases/{case}", other=404),
    # Within the own region the case machine tells supervisors and kitchens apart: 403 for the other's step.
    ("GET", "/v1/cases/{case_id}/order"): replace(REVIEW, path="/v1/cases/{case}/order", other=404),
    ("PUT", "/v1/cases/{case_id}/assignee"): replace(
        REVIEW, path="/v1/cases/{case}/assignee", body={"officer": None}, headers={"If-Match": "*"}, other=404
    ),
    ("POST", "/v1/cases/{case_id}/{action}"): _of(
        "admin supervisor kitchen",
        path="/v1/cases/{case}/withdraw",
        body={"reason": "a reason"},
        headers={"If-Match": "*"},
        ok=frozenset({200, 403}),
        other=404,
    ),
    ("GET", "/v1/cases/{case_id}/messages"): replace(TALK, path="/v1/cases/{case}/messages", other=404),
    ("POST", "/v1/cases/{case_id}/messages"): replace(
        TALK, path="/v1/cases/{case}/messages", body={"text": "hello"}, ok=CREATED, other=404
    ),
    ("PUT", "/v1/cases/{case_id}/messages/read"): replace(
        TALK, path="/v1/cases/{case}/messages/read", body={"number": 1}, ok=EMPTY, other=404
    ),
    ("GET", "/v1/calls"): replace(REVIEW, path="/v1/calls"),
    ("GET", "/v1/orders"): replace(EVENTS, path="/v1/orders"),
    ("GET", "/v1/orders/{case_id}"): replace(EVENTS, path="/v1/orders/{case}", other=404),
    ("GET", "/v1/orders/{case_id}/paper"): replace(EVENTS, path="/v1/orders/{case}/paper", other=404),
    ("GET", "/v1/notices"): replace(PERSON, path="/v1/notices"),
    ("GET", "/v1/notices/sent"): replace(REVIEW, path="/v1/notices/sent"),
    # A notice of the own region that came to somebody else is none of yours.
    ("GET", "/v1/notices/{notice_id}"): replace(
        PERSON, path="/v1/notices/{order}", ok=frozenset({200, 404}), other=404
    ),
    ("GET", "/v1/notices/{notice_id}/paper"): replace(
        PERSON, path="/v1/notices/{order}/paper", ok=frozenset({200, 404}), other=404
    ),
    ("POST", "/v1/notices/{notice_id}/read"): replace(
        PERSON, path="/v1/notices/{order}/read", ok=frozenset({204, 404}), other=404
    ),
    ("GET", "/v1/notices/{notice_id}/receipts"): replace(REVIEW, path="/v1/notices/{order}/receipts", other=404),
    ("POST", "/v1/notices/{notice_id}/urge"): replace(REVIEW, path="/v1/notices/{order}/urge", other=404),
    ("POST", "/v1/notices"): replace(
        REVIEW,
        path="/v1/notices",
        body=lambda region: {"texts": {"zh": {"title": "t", "body": "b"}}, "to": {"region": region}},
        ok=CREATED,
        other=422,
    ),
    # A proof or a phone of nobody: that of another region is answered alike.
    ("POST", "/v1/photos/challenge"): _of(
        "kitchen",
        path="/v1/photos/challenge",
        body=lambda region: {"device": "0" * 64, "subject": "case", "about": case_in(region)},
        ok=frozenset({422}),
        other=404,
    ),
    ("POST", "/v1/photos"): _of(
        "kitchen",
        path="/v1/photos",
        body=b"--x--",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        ok=WRONG,
    ),
    ("GET", "/v1/photos"): replace(EVENTS, path="/v1/photos"),
    ("GET", "/v1/photos/{photo_id}"): replace(EVENTS, path=f"/v1/photos/{NOBODYS}", ok=GONE),
    ("GET", "/v1/photos/{photo_id}/media/{name}"): replace(EVENTS, path=f"/v1/photos/{NOBODYS}/media/scene", ok=GONE),
    ("GET", "/v1/photos/devices"): replace(EVENTS, path="/v1/photos/devices"),
    ("POST", "/v1/photos/devices"): _of(
        "kitchen",
        path="/v1/photos/devices",
        body={"name": "x", "phone": "123456", "public_key": {}, "signature": ""},
        ok=WRONG,
    ),
    ("POST", "/v1/photos/devices/{device_id}"): replace(
        REVIEW, path="/v1/photos/devices/unknown", body={"approve": True}, ok=GONE
    ),
    ("GET", "/v1/photos/spots/{site_id}"): replace(EVENTS, path="/v1/photos/spots/{region}-site", other=404),
    ("POST", "/v1/photos/spots/{site_id}/{photo_id}"): replace(
        REVIEW, path=f"/v1/photos/spots/{{region}}-site/{NOBODYS}", body={"approve": True}, ok=GONE, other=404
    ),
    ("GET", "/v1/documents"): replace(EVENTS, path="/v1/documents"),
    ("POST", "/v1/documents"): _of(
        "kitchen", path="/v1/documents", body={"kind": "licence", "number": "JY1"}, ok=CREATED
    ),
    ("DELETE", "/v1/documents/{document_id}"): _of("kitchen", path=f"/v1/documents/{NOBODYS}", ok=GONE),
    ("POST", "/v1/batches"): _of("kitchen", path="/v1/batches", body=BATCH, ok=CREATED),
    ("GET", "/v1/batches/refusals"): replace(EVENTS, path="/v1/batches/refusals"),
    ("GET", "/v1/batches/traces/{trace_id}"): replace(REVIEW, path=f"/v1/batches/traces/{NOBODYS}", ok=GONE),
    ("POST", "/v1/batches/traces/{trace_id}"): replace(
        REVIEW, path=f"/v1/batches/traces/{NOBODYS}", body={"answer": "x"}, ok=GONE
    ),
    ("GET", "/v1/batches/{code}"): replace(EVENTS, path="/v1/batches/NOBODYS", ok=GONE),
    ("GET", "/v1/batches/{code}/label"): replace(EVENTS, path="/v1/batches/NOBODYS/label", ok=GONE),
    # No code, no sale: the refusal is a report of the own site.
    ("POST", "/v1/batches/{code}/scans"): _of(
        "kitchen", path="/v1/batches/NOBODYS/scans", body={"direction": "sale", "amount": "1"}, ok=WRONG
    ),
    ("POST", "/v1/batches/{code}/recall"): replace(
        REVIEW, path="/v1/batches/NOBODYS/recall", body={"reason": "x"}, ok=GONE
    ),
    ("POST", "/v1/batches/{code}/traces"): replace(
        REVIEW, path="/v1/batches/NOBODYS/traces", body={"reason": "x"}, ok=GONE
    ),
    ("GET", "/v1/inspections"): replace(PLACES, path="/v1/inspections"),
    ("GET", "/v1/inspections/lists"): replace(PLACES, path="/v1/inspections/lists"),
    ("POST", "/v1/inspections"): replace(
        REVIEW,
        path="/v1/inspections",
        body=lambda region: {"site": f"{region}-site", "list": "spot_check"},
        ok=frozenset({201, 409}),  # 409: the other one has begun it
        other=404,
    ),
    ("GET", "/v1/inspections/{inspection_id}"): replace(PLACES, path=f"/v1/inspections/{NOBODYS}", ok=GONE),
    ("PATCH", "/v1/inspections/{inspection_id}"): replace(
        REVIEW,
        path=f"/v1/inspections/{NOBODYS}",
        body={"answers": {"licence": {"result": "ok"}}},
        headers=SEEN,
        ok=GONE,
    ),
    ("POST", "/v1/inspections/{inspection_id}/conclude"): replace(
        REVIEW, path=f"/v1/inspections/{NOBODYS}/conclude", body={}, headers=SEEN, ok=GONE
    ),
    ("POST", "/v1/inspections/{inspection_id}/void"): replace(
        REVIEW, path=f"/v1/inspections/{NOBODYS}/void", body={"reason": "x"}, headers=SEEN, ok=GONE
    ),
    ("GET", "/v1/selfchecks"): replace(EVENTS, path="/v1/selfchecks"),
    ("GET", "/v1/selfchecks/record"): replace(EVENTS, path="/v1/selfchecks/record"),
    ("GET", "/v1/selfchecks/posts/{site_id}"): replace(EVENTS, path="/v1/selfchecks/posts/{region}-site", other=404),
    ("PUT", "/v1/selfchecks/posts/{site_id}/{name}"): replace(
        REVIEW,
        path="/v1/selfchecks/posts/{region}-site/kitchen-{region}",
        body={"posts": ["officer"]},
        other=404,
    ),
    ("GET", "/v1/selfchecks/{check_id}"): replace(EVENTS, path=f"/v1/selfchecks/{NOBODYS}", ok=GONE),
    ("PATCH", "/v1/selfchecks/{check_id}"): _of(
        "kitchen",
        path=f"/v1/selfchecks/{NOBODYS}",
        body={"answers": {"health": {"result": "ok"}}},
        headers=SEEN,
        ok=GONE,
    ),
    ("POST", "/v1/selfchecks/{check_id}/sign"): _of(
        "kitchen", path=f"/v1/selfchecks/{NOBODYS}/sign", headers=SEEN, ok=GONE
    ),
    ("GET", "/v1/my/cases"): _of("kitchen", path="/v1/my/cases"),
    # Whoever pushes learns only that the site is none to write to, whether it exists or not.
    ("PUT", "/v1/events/{event_id}"): replace(
        INTAKE, path="/v1/events/{event}", body=lambda region: message(f"event-{region}", region=region), other=422
    ),
    ("PUT", "/v1/events/{event_id}/media/{name}"): replace(
        INTAKE, path="/v1/events/{event}/media/clip", body=PICTURE, headers=MEDIA, ok=CREATED, other=404
    ),
    ("POST", "/v1/detect"): replace(DETECT, path="/v1/detect", body=GREY, headers={"Content-Type": "image/bmp"}),
    ("POST", "/v1/detect/batch"): replace(
        DETECT, path="/v1/detect/batch", body={"pictures": [{"image": b64encode(GREY).decode()}]}
    ),
    ("POST", "/v1/detect/compatible/aliyun/DetectChefCap"): replace(
        DETECT,
        path="/v1/detect/compatible/aliyun/DetectChefCap",
        body={"ImageURL": "ftp://10.0.0.1/x"},
        ok=frozenset({400}),
    ),
    ("POST", "/v1/detect/compatible/tencent/DetectChefDress"): replace(
        DETECT,
        path="/v1/detect/compatible/tencent/DetectChefDress",
        body={"ImageBase64": b64encode(GREY).decode()},
    ),
    # A film is its sender's alone, whoever else has the same permission.
    ("POST", "/v1/videos"): replace(
        DETECT, path="/v1/videos", body=b"no film", headers={"Content-Type": "video/mp4"}, ok=frozenset({202, 429})
    ),
    ("GET", "/v1/videos"): replace(DETECT, path="/v1/videos"),
    ("GET", "/v1/videos/{video_id}"): replace(DETECT, path=f"/v1/videos/{NOBODYS}", ok=GONE),
    ("GET", "/v1/videos/{video_id}/result"): replace(DETECT, path=f"/v1/videos/{NOBODYS}/result", ok=GONE),
    ("GET", "/v1/videos/{video_id}/events/{event_id}/{part}"): replace(
        DETECT, path=f"/v1/videos/{NOBODYS}/events/{NOBODYS}/clip.mp4", ok=GONE
    ),
    ("DELETE", "/v1/videos/{video_id}"): replace(DETECT, path=f"/v1/videos/{NOBODYS}", ok=GONE),
    ("GET", "/v1/log"): replace(EVENTS, path="/v1/log"),
    ("GET", "/v1/stream"): replace(EVENTS, path="/v1/stream?after=0", streams=True),
    # The folder of a test has no address to give away, and nothing was put anywhere.
    ("POST", "/v1/events/{event_id}/uploads/{name}"): replace(
        INTAKE, path="/v1/events/{event}/uploads/clip", ok=frozenset({409}), other=404
    ),
    ("POST", "/v1/events/{event_id}/uploads/{name}/{token}"): replace(
        INTAKE,
        path=f"/v1/events/{{event}}/uploads/clip/{NOBODYS}",
        body={"sha256": "0" * 64, "media_type": "video/mp4"},
        ok=GONE,
        other=404,
    ),
    ("GET", "/v1/boxes"): replace(INTAKE, path="/v1/boxes"),
    # Each message is answered for itself, also one that names another region's site: 422 in its own entry.
    ("POST", "/v1/events/batch"): replace(
        INTAKE, path="/v1/events/batch", body=lambda region: [message(f"event-{region}", region=region)]
    ),
    ("POST", "/v1/boxes/{mapping}"): replace(INTAKE, path="/v1/boxes/none", body={}, ok=GONE),  # none is declared
    ("GET", "/v1/webhooks"): replace(HOOKS, path="/v1/webhooks", other=None),
    ("POST", "/v1/webhooks"): replace(
        HOOKS,
        path="/v1/webhooks",
        body=lambda region: {"url": "https://8.8.8.8/x", "region": region},
        ok=CREATED,
        other=422,
    ),
    ("GET", "/v1/webhooks/{webhook_id}"): HOOKS,
    ("PATCH", "/v1/webhooks/{webhook_id}"): replace(HOOKS, body={"name": "Renamed"}, headers=SEEN),
    ("DELETE", "/v1/webhooks/{webhook_id}"): replace(HOOKS, headers=SEEN, ok=EMPTY),
    ("POST", "/v1/webhooks/{webhook_id}/secret"): replace(HOOKS, path="/v1/webhooks/{hook}/secret"),
    ("POST", "/v1/webhooks/{webhook_id}/test"): replace(HOOKS, path="/v1/webhooks/{hook}/test"),  # nobody is there
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): replace(HOOKS, path="/v1/webhooks/{hook}/deliveries"),
    ("GET", "/v1/webhooks/{webhook_id}/letters"): replace(HOOKS, path="/v1/webhooks/{hook}/letters"),
    ("POST", "/v1/webhooks/{webhook_id}/replay"): replace(
        HOOKS, path="/v1/webhooks/{hook}/replay", body={"letters": []}, ok=frozenset({202})
    ),
    ("GET", "/v1/regions"): replace(PLACES, path="/v1/regions"),
    ("GET", "/v1/regions/{region_id}"): replace(PLACES, path="/v1/regions/{region}", other=404),
    ("POST", "/v1/regions"): _of(
        "admin",
        path="/v1/regions",
        body=lambda region: {"id": "new", "name": "New", "parent": region},
        ok=CREATED,
        other=422,
    ),
    ("GET", "/v1/sites"): replace(PLACES, path="/v1/sites"),
    ("GET", "/v1/sites/{site_id}"): replace(PLACES, path="/v1/sites/{region}-site", other=404),
    ("POST", "/v1/sites"): replace(
        BUILD,
        path="/v1/sites",
        body=lambda region: {"id": "new", "name": "New", "region": region},
        ok=CREATED,
        other=422,
    ),
    ("PATCH", "/v1/sites/{site_id}"): replace(
        BUILD, path="/v1/sites/{region}-site", body={"name": "Renamed"}, headers=SEEN, other=404
    ),
    # 422: it is there already.
    ("POST", "/v1/sites/{site_id}/handover"): replace(
        BUILD,
        path="/v1/sites/{region}-site/handover",
        body=lambda region: {"region": region, "reason": "x"},
        headers={"If-Match": "*"},
        ok=WRONG,
        other=404,
    ),
    ("GET", "/v1/cameras"): replace(PLACES, path="/v1/cameras"),
    ("GET", "/v1/cameras/{camera_id}"): replace(PLACES, path="/v1/cameras/{region}-camera", other=404),
    ("GET", "/v1/cameras/{camera_id}/status"): replace(PLACES, path="/v1/cameras/{region}-camera/status", other=404),
    ("POST", "/v1/cameras"): replace(
        BUILD,
        path="/v1/cameras",
        body=lambda region: {"id": "new", "site": f"{region}-site", "source": "rtsp://8.8.8.8/x"},
        ok=CREATED,
        other=422,
    ),
    ("PATCH", "/v1/cameras/{camera_id}"): replace(
        BUILD, path="/v1/cameras/{region}-camera", body={"name": "Renamed"}, headers=SEEN, other=404
    ),
    ("DELETE", "/v1/cameras/{camera_id}"): replace(
        BUILD, path="/v1/cameras/{region}-camera", headers=SEEN, ok=EMPTY, other=404
    ),
    ("POST", "/v1/cameras/probe"): _of(
        "admin supervisor",
        path="/v1/cameras/probe",
        body=lambda region: {"camera": f"{region}-camera"},
        ok=frozenset({422}),  # nobody is there
        other=404,
    ),
    ("GET", "/v1/sites/{site_id}/duties"): replace(PLACES, path="/v1/sites/{region}-site/duties", other=404),
    ("GET", "/v1/sites/{site_id}/gradings"): replace(PLACES, path="/v1/sites/{region}-site/gradings", other=404),
    ("POST", "/v1/sites/{site_id}/gradings"): replace(
        REVIEW,
        path="/v1/sites/{region}-site/gradings",
        body={"static_other": 8, "dynamic": 12},
        ok=frozenset({422}),  # nobody has said how large the site is
        other=404,
    ),
    ("GET", "/v1/cameras/{camera_id}/reviews"): replace(PLACES, path="/v1/cameras/{region}-camera/reviews", other=404),
    ("POST", "/v1/cameras/{camera_id}/reviews"): replace(
        REVIEW,
        path="/v1/cameras/{region}-camera/reviews",
        body=dict.fromkeys(("legal", "technical", "siting", "signs", "published"), True),
        ok=CREATED,
        other=404,
    ),
    ("POST", "/v1/imports"): replace(
        BUILD,
        path="/v1/imports?table=sites",
        body=lambda region: f"id,name,region\nnew,New,{region}\n".encode(),
        headers={"Content-Type": "text/csv"},
        other=422,
    ),
    ("GET", "/v1/sites/{site_id}/score"): replace(EVENTS, path="/v1/sites/{region}-site/score", other=404),
    ("GET", "/v1/targets"): replace(STEER, path="/v1/targets"),
    # Nobody has published anything here.
    ("GET", "/v1/public/sites"): replace(ANYBODY, path="/v1/public/sites"),
    ("GET", "/v1/public/sites/{site_id}"): replace(ANYBODY, path="/v1/public/sites/{region}-site", ok=GONE),
    ("GET", "/p/{site_id}"): replace(ANYBODY, path="/p/{region}-site", ok=GONE),
    ("GET", "/v1/public/lists/{name}"): replace(ANYBODY, path="/v1/public/lists/black"),
    ("GET", "/v1/public/cases/{case_id}/picture"): replace(ANYBODY, path="/v1/public/cases/{case}/picture", ok=GONE),
    **{
        ("GET", f"/v1/insight/{name}"): replace(STEER, path=f"/v1/insight/{name}")
        for name in ("trends", "heat", "pareto", "funnel", "precision")
    },
    ("GET", "/v1/reports/{period}.{ending}"): replace(
        STEER, path="/v1/reports/2026-11.xlsx?region={region}", other=404
    ),
    ("GET", "/v1/exports"): replace(PLACES, path="/v1/exports?table=sites&format=csv"),
    ("GET", "/v1/workers/{worker}/assignment"): replace(WORKER, path="/v1/workers/w1/assignment"),
    ("PUT", "/v1/workers/{worker}/status"): replace(
        WORKER,
        path="/v1/workers/w1/status",
        # A camera of another region is passed over without a word.
        body=lambda region: {"cameras": [{"camera": f"{region}-camera", "state": "ok"}]},
        ok=EMPTY,
        other=204,
    ),
    ("GET", "/v1/wall"): replace(PLACES, path="/v1/wall"),
    ("GET", "/v1/wall/sheet"): replace(
        PLACES,
        path="/v1/wall/sheet?camera={region}-camera",
        other=404,
    ),
    ("GET", "/v1/wall/{camera_id}/picture"): replace(
        PLACES,
        path="/v1/wall/{region}-camera/picture",
        ok=GONE,  # nobody has sent one
        other=404,
    ),
    ("PUT", "/v1/workers/{worker}/pictures/{camera_id}"): replace(
        WORKER,
        path="/v1/workers/w1/pictures/{region}-camera",
        body={"at": "2026-11-24T08:00:00Z", "jpeg": b64encode(JPEG).decode()},
        other=404,
    ),
    ("GET", "/v1/catalogue"): replace(PLACES, path="/v1/catalogue"),
    ("GET", "/v1/access-log"): replace(REVIEW, path="/v1/access-log"),
    ("GET", "/v1/access-log/export"): replace(REVIEW, path="/v1/access-log/export"),
    # An administrator of a region is none of the whole tree.
    ("GET", "/v1/audit"): _of("admin", path="/v1/audit", ok=frozenset({403})),
    ("GET", "/v1/audit/export"): _of("admin", path="/v1/audit/export", ok=frozenset({403})),
    ("GET", "/v1/evidence/key"): replace(ANYBODY, path="/v1/evidence/key"),
    ("GET", "/v1/evidence/days"): replace(ANYBODY, path="/v1/evidence/days"),
    ("POST", "/v1/cases/{case_id}/evidence"): replace(
        REVIEW, path="/v1/cases/{case}/evidence", body={"reason": "a reason"}, other=404
    ),
    ("GET", "/v1/retention"): replace(REVIEW, path="/v1/retention"),
    ("GET", "/v1/deletions"): replace(REVIEW, path="/v1/deletions"),
    ("GET", "/v1/holds"): replace(REVIEW, path="/v1/holds"),
    ("POST", "/v1/holds"): replace(
        REVIEW,
        path="/v1/holds",
        body=lambda region: {"case": case_in(region), "reason": "a reason"},
        ok=CREATED,
        other=404,
    ),
    ("POST", "/v1/holds/{hold_id}/lift"): replace(
        REVIEW, path="/v1/holds/{hold}/lift", body={"reason": "a reason"}, other=404
    ),
}


@pytest.fixture(scope="module")
def busy(founded: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with one judged event and one blurred picture in each region."""
    world = again(founded, tmp_path_factory.mktemp("busy"))
    asyncio.run(_busy(world))
    world.database.close()
    return world


async def _busy(world: World) -> None:
    for region in ("north", "south"):
        world.new_key("detect", region=region, key_id=f"key-{region}")
        event = await tell(world, f"event-{region}", region=region)
        await send_media(world, event, "snapshot_blurred", region=region)
        async with world.person(f"supervisor-{region}") as supervisor:
            judged = await supervisor.post(f"/v1/events/{event}/review", json={"verdict": "confirmed"})
            assert judged.status_code == 200
            case = f"/v1/cases/{case_in(region)}"
            ordered = await supervisor.post(f"{case}/order", json={}, headers=SEEN)
            assert ordered.status_code == 200
            said = await supervisor.post(f"{case}/messages", json={"text": "a word"})
            assert said.status_code == 201
        with world.database.write() as connection:
            thing = {"case_id": None, "event_id": event, "site_id": f"{region}-site"}
            by = {"user_id": f"supervisor-{region}", "reason": "", "placed_at": world.clock.now()}
            keeping.add_hold(connection, {"id": event_id(f"hold-{region}"), **thing, **by})
        row = {"id": hook_in(region), "region_id": region, "name": "", "url": "https://127.0.0.1:9/", "types": []}
        with world.database.write() as connection:
            known = signing.rotated((), signing.new_secret(), world.clock.now(), timedelta())
            row |= {"kinds": [], "secrets": known, "state": "active"}
            webhooks.add(connection, row, 0, world.clock.now())


@pytest.fixture
def fresh(busy: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a function that makes one more copy of the busy world."""
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 554))])
    monkeypatch.setattr("api.notify.webhook.send", nobody_there)
    made: list[World] = []

    def make() -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(again(busy, folder))
        return made[-1]

    yield make
    for world in made:
        world.database.close()


async def nobody_there(*_: Any) -> Try:
    """Stand in for the network, which a unit test does not have."""
    return Try(Answer(0, "nobody is there"), 0)


def routes(world: World) -> list[tuple[str, str]]:
    contexts = iter_route_contexts(world.app.routes)
    return [(method, str(each.path)) for each in contexts for method in (each.methods or ()) if method != "HEAD"]


def test_every_route_has_its_line_in_the_table(busy: World) -> None:
    assert sorted(routes(busy)) == sorted(TABLE)


EVERYBODY = (*sorted(ROLES), *sorted(SCOPES), "nobody")


def client_of(world: World, who: str) -> httpx.AsyncClient:
    if who in ROLES:
        return world.person(f"{who}-north")
    return world.key(who) if who in SCOPES else world.client()


def may(rule: Rule, who: str) -> bool:
    return rule.anybody or who in rule.roles or who in rule.scopes


@asynccontextmanager
async def answered(world: World, method: str, rule: Rule, who: str, region: str) -> AsyncIterator[tuple[int, str]]:
    """Ask as somebody; give status and text, of a stream its beginning."""
    async with client_of(world, who) as client:
        if not rule.streams:
            answer = await client.request(method, **rule.request(region))
            yield answer.status_code, answer.text
            return
        async with streaming(world, rule.path, client.headers) as channel:
            begun = await channel.next()
            said = [await channel.next() for _ in range(3)] if begun["status"] == 200 else []
            yield begun["status"], "".join(part["body"].decode() for part in said)


def written(world: World) -> int:
    return sum(len(world.rows(table)) for table in (audit, log, viewing_register))


@pytest.mark.parametrize(("method", "path"), TABLE)
async def test_who_may_not_is_turned_away_and_changes_nothing(method: str, path: str, fresh: Any) -> None:
    rule, world = TABLE[method, path], fresh()
    before = written(world)
    for who in [who for who in EVERYBODY if not may(rule, who)]:
        async with answered(world, method, rule, who, "north") as (status, _):
            assert status == (401 if who == "nobody" else 403), who
    assert written(world) == before


@pytest.mark.parametrize(("method", "path"), TABLE)
async def test_who_may_is_served_and_hears_of_the_own_region_only(method: str, path: str, fresh: Any) -> None:
    rule = TABLE[method, path]
    served = [who for who in EVERYBODY if may(rule, who)]
    assert served
    for who in served:
        async with answered(fresh(), method, rule, who, "north") as (status, text):
            assert status in rule.ok, (who, text)
            assert "south" not in text, who


@pytest.mark.parametrize(("method", "path"), [key for key, rule in TABLE.items() if rule.other is not None])
async def test_another_region_does_not_exist(method: str, path: str, fresh: Any) -> None:
    rule, world = TABLE[method, path], fresh()
    before = written(world)
    for who in [who for who in EVERYBODY if may(rule, who)]:
        async with (
            answered(world, method, rule, who, "south") as (status, text),
            answered(world, method, rule, who, "nowhere") as (missing, told),
        ):
            assert status == missing == rule.other, (who, text)
            said = text.replace("south", "nowhere").replace(event_id("event-south"), event_id("event-nowhere"))
            said = said.replace(case_in("south"), case_in("nowhere"))
            said = said.replace(hook_in("south"), hook_in("nowhere"))
            said = said.replace(event_id("hold-south"), event_id("hold-nowhere"))
            said = said.replace(order_id_of(case_in("south")), order_id_of(case_in("nowhere")))
            assert said == told, "a region that is not yours and one that is not there sound alike"
    assert written(world) == before


def test_every_route_says_who_may_call(busy: World) -> None:
    described = busy.app.openapi()["paths"]
    told = {(method.upper(), path): each for path, methods in described.items() for method, each in methods.items()}
    assert told.keys() >= {key for key in TABLE if key[1].startswith("/v1/")} - {
        ("GET", "/v1/openapi.json"),
        ("GET", "/v1/docs"),
    }
    for key, each in told.items():
        rule = TABLE[key]
        assert each["description"].count("Who may call") == 1, key
        who = each["x-mingchu-who"]
        assert (who["anybody"], set(who["roles"]), set(who["scopes"])) == (rule.anybody, rule.roles, rule.scopes), key
