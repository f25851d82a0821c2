"""Webhooks: who outside is told what the log says, how it goes, and what to do where it does not go."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import httpx
from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import version_etag
from api.errors import ConflictError, NotFoundError, StaleError
from api.fields import BIGGEST, Line, Slug
from api.merging import Patch, documented, patched
from api.notify import settling, signing
from api.notify.bodies import TEST_TYPE, delivery_body, letter_body, test_message, webhook_body
from api.notify.sending import Letter
from api.preconditions import IfMatch, require
from api.services import Services, Wired
from api.shapes.outward import DEAD_LETTERS, DELIVERIES, REPLAYED, TRIED, WEBHOOK, WEBHOOK_WITH_SECRET, WEBHOOKS
from api.store import followers, log, regions, webhooks
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/webhooks", tags=["out"], route_class=GatedRoute)
Keeper = Annotated[Caller, Depends(Gate(Permission.WEBHOOKS))]
MOST_WEBHOOKS = 500
Type = Annotated[str, Field(max_length=64, pattern=r"^cn\.mingchu\.violation\.([a-z_]+\.)*([a-z_]+|\*)$")]
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
WebhookId = Annotated[str, Field(pattern=r"^wh_[0-9a-f]{32}$")]


class WebhookFacts(BaseModel):
    """What can be said about a webhook, and changed later."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, max_length=2048)
    """https; http only into networks that the operator has opened. Redirects are not followed."""
    name: Line = Field(default="", max_length=128)
    types: tuple[Type, ...] = Field(default=(), max_length=32)
    """CloudEvents types, `cn.mingchu.violation.case.*` for all that begin so; empty = everything."""
    kinds: tuple[Kind, ...] = Field(default=(), max_length=64)
    """Kinds of violation; empty = all."""
    enabled: bool = True


class NewWebhook(WebhookFacts):
    """A receiver for what happens in a region."""

    region: Slug | None = None
    """Default: the caller's own."""
    after: Annotated[int, Field(ge=0, le=BIGGEST)] | None = None
    """Number of the log after which it begins; default: with what happens from now on."""


class Rotation(BaseModel):
    """How long the secret before the new one still signs."""

    model_config = ConfigDict(extra="forbid")

    overlap_h: float = Field(default=24.0, ge=0, le=168)


class Replay(BaseModel):
    """What is to be told again: everything after a number, or dead letters."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=BIGGEST)] | None = None
    letters: tuple[Annotated[int, Field(ge=1, le=BIGGEST)], ...] | None = Field(default=None, max_length=1000)
    """Numbers of dead letters; an empty list = all of them."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Replay":
        if (self.after is None) == (self.letters is None):
            raise ValueError("either after or letters is allowed")
        return self


@router.get("", summary="Webhooks")
def list_webhooks(services: Wired, caller: Keeper) -> WEBHOOKS:
    """Return the webhooks of the caller's regions with how it stands with each."""
    with services.database.read() as connection:
        rows = webhooks.everything(connection, caller.scope)
        dead = webhooks.count_letters(connection, [row["id"] for row in rows])
        head, now = log.head(connection), services.clock.now()
    return {"items": [webhook_body(row, head, dead.get(row["id"], 0), now) for row in rows], "next": None}


@router.post("", summary="Add a webhook", status_code=201)
def add_webhook(webhook: NewWebhook, services: Wired, caller: Keeper, response: Response) -> WEBHOOK_WITH_SECRET:
    """Add a receiver; `secret` is told in this answer and never again. It is called at the next event."""
    _require_address(services, webhook.url)
    now, secret = services.clock.now(), signing.new_secret()
    with services.database.write() as connection:
        place = {"id": f"wh_{uuid4().hex}", "region_id": _region(connection, caller, webhook.region)}
        if webhooks.count(connection) >= MOST_WEBHOOKS:
            raise ConflictError(f"there are {MOST_WEBHOOKS} webhooks already")
        head = log.head(connection)
        row = {**place, **_columns(webhook), "secrets": signing.rotated((), secret, now, timedelta())}
        webhooks.add(connection, row, head if webhook.after is None else min(webhook.after, head), now)
        note(connection, Act(caller.actor, "webhook.added", row["id"], {"region": place["region_id"]}), now)
        body = _told(connection, caller, row["id"], now, response)
    services.log_bell.ring()
    return {**body, "secret": secret}


@router.get("/{webhook_id}", summary="One webhook")
def get_webhook(webhook_id: WebhookId, services: Wired, caller: Keeper, response: Response) -> WEBHOOK:
    """Return one webhook; its ETag is what a change's If-Match takes, and deliveries do not change it."""
    with services.database.read() as connection:
        return _told(connection, caller, webhook_id, services.clock.now(), response)


@router.patch("/{webhook_id}", summary="Change a webhook", openapi_extra=documented(WebhookFacts))
def change_webhook(
    webhook_id: WebhookId, patch: Patch, services: Wired, caller: Keeper, response: Response, if_match: IfMatch = ""
) -> WEBHOOK:
    """Change the fields that are sent (JSON merge patch); If-Match is required.

    `"enabled": true` also starts one again that we have switched off: it goes on where it stopped.
    """
    with services.database.read() as connection:
        row = _found(connection, caller, webhook_id)
    require(if_match, version_etag(row))
    facts = patched(WebhookFacts, {**_facts(row)}, patch)
    if facts.url != row["url"]:
        _require_address(services, facts.url)
    now = services.clock.now()
    with services.database.write() as connection:
        _change(connection, row, {**_columns(facts), "reason": ""}, now)
        followers.move(connection, webhook_id, now)
        fields = sorted(patch.keys() & WebhookFacts.model_fields.keys())
        note(connection, Act(caller.actor, "webhook.changed", webhook_id, {"fields": fields}), now)
        body = _told(connection, caller, webhook_id, now, response)
    services.log_bell.ring()
    return body


@router.delete("/{webhook_id}", summary="Remove a webhook", status_code=204)
def remove_webhook(webhook_id: WebhookId, services: Wired, caller: Keeper, if_match: IfMatch = "") -> Response:
    """Remove a webhook with its dead letters; what it has not been told yet it never will be. If-Match is required."""
    now = services.clock.now()
    with services.database.write() as connection:
        row = _found(connection, caller, webhook_id)
        require(if_match, version_etag(row))
        webhooks.remove(connection, webhook_id)
        note(connection, Act(caller.actor, "webhook.removed", webhook_id), now)
    return Response(status_code=204)


@router.post("/{webhook_id}/secret", summary="Change a webhook's secret")
def rotate_secret(
    webhook_id: WebhookId, services: Wired, caller: Keeper, response: Response, rotation: Rotation | None = None
) -> WEBHOOK_WITH_SECRET:
    """Make a new secret and tell it once; until the overlap ends each message is signed with the old one, too."""
    now, secret = services.clock.now(), signing.new_secret()
    overlap = timedelta(hours=(rotation or Rotation()).overlap_h)
    with services.database.write() as connection:
        row = _found(connection, caller, webhook_id)
        _change(connection, row, {"secrets": signing.rotated(row["secrets"], secret, now, overlap)}, now)
        note(connection, Act(caller.actor, "webhook.secret_changed", webhook_id), now)
        body = _told(connection, caller, webhook_id, now, response)
    return {**body, "secret": secret}


@router.post("/{webhook_id}/test", summary="Try a webhook")
async def try_webhook(webhook_id: WebhookId, services: Wired, caller: Keeper) -> TRIED:
    """Send a message of type `cn.mingchu.test` now and return what the receiver answered, within 10 s."""
    row = await run_in_threadpool(_read, services, caller, webhook_id)
    now, message_id = services.clock.now(), f"msg_test_{uuid4().hex}"
    body = test_message(message_id, webhook_id, now)
    tried = await services.webhooks.try_out(
        Letter(row["url"], signing.headers(message_id, body, row["secrets"], now), body)
    )
    told = settling.note(webhook_id, log.Logged(0, TEST_TYPE, body), 1, tried, services.clock.now())
    await run_in_threadpool(_note, services, told)
    return {"verdict": tried.answer.verdict, "status": tried.answer.status, "reason": tried.answer.reason} | {
        "took_ms": tried.took_ms
    }


@router.get("/{webhook_id}/deliveries", summary="What was sent")
def list_deliveries(
    webhook_id: WebhookId,
    services: Wired,
    caller: Keeper,
    before: Annotated[int, Query(ge=0, le=BIGGEST)] = BIGGEST,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DELIVERIES:
    """Return the tries of the last two weeks, newest first; `next` is the `before` of the next page."""
    with services.database.read() as connection:
        _found(connection, caller, webhook_id)
        rows = webhooks.deliveries(connection, webhook_id, before, limit)
    return {"items": list(map(delivery_body, rows)), "next": rows[-1]["number"] if len(rows) == limit else None}


@router.get("/{webhook_id}/letters", summary="Dead letters")
def list_letters(
    webhook_id: WebhookId,
    services: Wired,
    caller: Keeper,
    after: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DEAD_LETTERS:
    """Return the messages that the receiver refused to the end; `next` is the `after` of the next page."""
    with services.database.read() as connection:
        _found(connection, caller, webhook_id)
        rows = webhooks.letters(connection, webhook_id, after, limit)
    return {"items": list(map(letter_body, rows)), "next": rows[-1]["sequence"] if len(rows) == limit else None}


@router.post("/{webhook_id}/replay", summary="Tell a webhook again", status_code=202)
def replay(webhook_id: WebhookId, wanted: Replay, services: Wired, caller: Keeper) -> REPLAYED:
    """Tell everything after a number of the log again, in order, or try dead letters once more, before anything new."""
    now = services.clock.now()
    with services.database.write() as connection:
        row = _found(connection, caller, webhook_id)
        if wanted.after is not None and wanted.after > row["cursor"]:
            raise InvalidInputError("after", wanted.after, f"at most {row['cursor']}, the last number that is settled")
        letters = 0 if wanted.letters is None else webhooks.queue(connection, webhook_id, wanted.letters)
        followers.move(connection, webhook_id, now, wanted.after)
        told = {"after": wanted.after, "letters": letters}
        note(connection, Act(caller.actor, "webhook.replayed", webhook_id, told), now)
    services.log_bell.ring()
    return {"after": row["cursor"] if wanted.after is None else wanted.after, "letters": letters}


def _require_address(services: Services, url: str) -> None:
    """Pass when a webhook may have this address; the host is looked up, so never call it inside a transaction."""
    found = services.dialler.require(url)
    parts = httpx.URL(url)
    if parts.userinfo:
        raise InvalidInputError("url", "***", "a URL without user and password: signatures say who sends")
    if parts.scheme == "http" and any(ip.is_global for ip in found):
        raise InvalidInputError("url", url, "https for a host that is not in a network of the operator's")


def _region(connection: Connection, caller: Caller, wanted: str | None) -> str:
    """Return the region whose events are told."""
    own = caller.scope.region_path.rstrip("/").rpartition("/")[2] or "root"
    region = wanted or own
    if regions.find(connection, caller.scope, region) is None:
        raise InvalidInputError("region", region, "a region of yours")
    return region


def _columns(facts: WebhookFacts) -> dict[str, Any]:
    told = facts.model_dump(mode="json", include={"url", "name", "types", "kinds"})
    return {**told, "state": "active" if facts.enabled else "paused"}


def _facts(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in ("url", "name", "types", "kinds")}, "enabled": row["state"] == "active"}


def _change(connection: Connection, row: Mapping[Any, Any], values: Mapping[str, Any], now: datetime) -> None:
    if not webhooks.change(connection, row["id"], row["version"], {**values, "updated_at": now}):
        raise StaleError("somebody else has changed this webhook meanwhile")


def _read(services: Services, caller: Caller, webhook: str) -> Mapping[Any, Any]:
    with services.database.read() as connection:
        return _found(connection, caller, webhook)


def _note(services: Services, row: Mapping[str, Any]) -> None:
    with services.database.write() as connection:
        if webhooks.version(connection, row["webhook_id"]):
            webhooks.note(connection, row)


def _found(connection: Connection, caller: Caller, webhook: str) -> Mapping[Any, Any]:
    row = webhooks.find(connection, caller.scope, webhook)
    if row is None:
        raise NotFoundError(f"there is no webhook {webhook}")
    return row


def _told(connection: Connection, caller: Caller, webhook: str, now: datetime, response: Response) -> dict[str, Any]:
    row = _found(connection, caller, webhook)
    response.headers["ETag"] = version_etag(row)
    dead = webhooks.count_letters(connection, [webhook]).get(webhook, 0)
    return webhook_body(row, log.head(connection), dead, now)
