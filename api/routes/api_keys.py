"""API keys: issued, listed, rotated and revoked within the administrator's own region."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.cursors import instant as instant_in
from api.cursors import pack, unpack
from api.errors import ConflictError, NotFoundError
from api.fields import Slug
from api.issuing import WantedKey, issue, rotate
from api.people import Author
from api.services import Wired
from api.shapes.accounts import KEY, KEYS, NEW_KEY
from api.store import keys

router = APIRouter(prefix="/v1/keys", tags=["accounts"], route_class=GatedRoute)
Admin = Annotated[Caller, Depends(Gate(Permission.KEYS_WRITE))]


class Rotation(BaseModel):
    """How long the secret before stays good, so that no program stops while it is told the new one."""

    model_config = ConfigDict(extra="forbid")

    overlap_h: float = Field(default=24.0, ge=0, le=720, examples=[24])


@router.get("", summary="API keys")
def list_keys(
    services: Wired,
    caller: Admin,
    cursor: Annotated[str, Query(max_length=512)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> KEYS:
    """Return the keys of the caller's region and below, newest first, ended ones too."""
    told = unpack(cursor, (str, str)) if cursor else None
    before = (instant_in(told[0]), str(told[1])) if told else None
    with services.database.read() as connection:
        rows = keys.page(connection, caller.scope, before, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = pack(last["created_at"].isoformat(), last["id"]) if last else None
    return {"items": [key_body(row) for row in rows[:limit]], "next": following}


@router.post("", summary="Issue an API key", status_code=HTTPStatus.CREATED)
def add_key(wanted: WantedKey, services: Wired, caller: Admin) -> NEW_KEY:
    """Issue a key; `key` is its text, shown this once and stored as a digest only."""
    with services.database.write() as connection:
        key_id, key = issue(connection, wanted, Author.of(caller), services.clock.now())
        return {**key_body(_found(connection, caller, key_id)), "key": key.text}


@router.get("/{key_id}", summary="One API key")
def get_key(key_id: Slug, services: Wired, caller: Admin) -> KEY:
    """Return one key, without its secret."""
    with services.database.read() as connection:
        return key_body(_found(connection, caller, key_id))


@router.post("/{key_id}/rotate", summary="Rotate an API key")
def rotate_key(key_id: Slug, rotation: Rotation, services: Wired, caller: Admin) -> NEW_KEY:
    """Return a new text of the key, this once; prefix, scopes and place stay, and so does what the key has sent."""
    now, overlap = services.clock.now(), timedelta(hours=rotation.overlap_h)
    with services.database.write() as connection:
        row = _found(connection, caller, key_id)
        if row["revoked_at"] is not None:
            raise ConflictError("this key was revoked; issue another")
        text = rotate(connection, row, overlap, Author.of(caller), now)
        return {**key_body(_found(connection, caller, key_id)), "key": text}


@router.delete("/{key_id}", summary="Revoke an API key", status_code=204)
def revoke_key(key_id: Slug, services: Wired, caller: Admin) -> Response:
    """End a key at once; its open streams end, too."""
    with services.database.write() as connection:
        row = _found(connection, caller, key_id)
        if keys.revoke(connection, row["prefix"], services.clock.now()):
            note(connection, Act(caller.actor, "key.revoked", row["prefix"]), services.clock.now())
    return Response(status_code=204)


def _found(connection: Connection, caller: Caller, key_id: str) -> Mapping[Any, Any]:
    row = keys.find(connection, caller.scope, key_id)
    if row is None:
        raise NotFoundError(f"there is no key {key_id}")
    return row


def key_body(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a key as administrators see it."""
    instants = ("created_at", "expires_at", "last_used_at", "revoked_at", "old_until")
    return {
        "id": row["id"],
        "prefix": f"mck_{row['prefix']}_",
        "name": row["name"],
        "scopes": row["scopes"],
        "region": row["region_id"],
        "networks": row["networks"] or [],
        "events_a_day": row["events_a_day"],
        **{name: instant(row[name]) for name in instants},
    }
