"""Phones that may sign proofs, and spots that proofs are compared with: registered by kitchens, vouched for here."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.errors import ConflictError, NotFoundError
from api.fields import Line, Slug, Truth
from api.photos.bodies import device_body, spot_body
from api.photos.signing import decoded, is_signed, thumbprint
from api.places.contacts import masked
from api.services import Wired
from api.shapes.kitchen import PHONE, PHONES, SPOT, SPOTS
from api.store import photos, sites
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/photos", tags=["kitchen"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Taker = Annotated[Caller, Depends(Gate(Permission.PHOTOS_TAKE))]
Voucher = Annotated[Caller, Depends(Gate(Permission.PHOTOS_VOUCH))]
MOST_PHONES = 8
"""Of one account, retired ones included: who changes phones more often talks to a supervisor."""


class NewPhone(BaseModel):
    """A key that the browser made and does not give away, and the number of the phone that it is in."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=64)
    phone: Annotated[str, Field(pattern=r"^\+?[0-9]{6,19}$")] = Field(repr=False)
    public_key: dict[str, Any] = Field(max_length=16)
    signature: Line = Field(max_length=128)
    """Of the text `mingchu phone\\n<account name>\\n<phone>` by this key: who registers a key has it."""


class Decision(BaseModel):
    """What a supervisor says about a phone or a spot."""

    model_config = ConfigDict(extra="forbid")

    approve: Truth


@router.get("/devices", summary="Registered phones")
def list_phones(services: Wired, caller: Reader) -> PHONES:
    """Return the phones of the caller's sites; a kitchen sees those of its own accounts."""
    with services.database.read() as connection:
        rows = photos.devices(connection, caller.scope)
    in_full = caller.may(Permission.PHOTOS_VOUCH)
    return {"items": [device_body(row, in_full=in_full) for row in rows], "next": None}


@router.post("/devices", summary="Register a phone", status_code=201)
def register_phone(phone: NewPhone, services: Wired, caller: Taker) -> PHONE:
    """Bind a phone's key and number to this account.

    The first phone of an account is active at once; a further one waits for a supervisor, so that a stolen password
    brings no phone in. A number belongs to one account only.
    """
    device_id, now = thumbprint(phone.public_key), services.clock.now()
    message = f"mingchu phone\n{caller.name}\n{phone.phone}".encode()
    if not is_signed(phone.public_key, message, decoded(phone.signature, "signature")):
        raise InvalidInputError("signature", "what was sent", "the key's own, of 'mingchu phone', account and number")
    with services.database.write() as connection:
        _require_free(connection, caller, device_id, phone.phone)
        earlier = photos.devices(connection, caller.scope, caller.id)
        if len(earlier) >= MOST_PHONES:
            raise ConflictError(f"an account registers {MOST_PHONES} phones at most")
        state = "pending" if earlier else "active"
        row = {"id": device_id, "user_id": caller.id, "site_id": caller.scope.site, "state": state}
        key = {name: phone.public_key[name] for name in ("kty", "crv", "x", "y")}
        told = {"public_key": key, "phone": phone.phone, "name": phone.name, "registered_at": now}
        photos.add_device(connection, {**row, **told, "decided_at": None, "decided_by": None})
        note(connection, Act(caller.actor, "phone.registered", device_id, {"phone": masked(phone.phone)}), now)
        return _phone(connection, caller, device_id)


def _require_free(connection: Connection, caller: Caller, device_id: str, phone: str) -> None:
    if photos.device(connection, device_id) is not None:
        raise ConflictError("this key is registered already")
    if any(row["user_id"] != caller.id for row in photos.devices_of_number(connection, phone)):
        raise ConflictError("this number belongs to another account; a supervisor can retire its phone")


@router.post("/devices/{device_id}", summary="Approve or retire a phone")
def decide_phone(device_id: Slug, decision: Decision, services: Wired, caller: Voucher) -> PHONE:
    """Let a phone sign, or never again."""
    now = services.clock.now()
    with services.database.write() as connection:
        body = _phone(connection, caller, device_id)
        if body["state"] == "retired":
            raise ConflictError("a retired phone stays retired; register it anew with a fresh key")
        state = "active" if decision.approve else "retired"
        photos.decide_device(connection, device_id, state, caller.id, now)
        note(connection, Act(caller.actor, f"phone.{state}", device_id), now)
        return _phone(connection, caller, device_id)


def _phone(connection: Connection, caller: Caller, device_id: str) -> dict[str, Any]:
    found = [row for row in photos.devices(connection, caller.scope) if row["id"] == device_id]
    if not found:
        raise NotFoundError(f"there is no phone {device_id}")
    return device_body(found[0], in_full=caller.may(Permission.PHOTOS_VOUCH))


@router.get("/spots/{site_id}", summary="Enrolled spots of a site")
def list_spots(site_id: Slug, services: Wired, caller: Reader) -> SPOTS:
    """Return the spots that scenes are compared with, and those that wait for approval."""
    with services.database.read() as connection:
        if sites.find(connection, caller.scope, site_id) is None:
            raise NotFoundError(f"there is no site {site_id}")
        return {"items": [spot_body(row) for row in photos.spots(connection, caller.scope, site_id)], "next": None}


@router.post("/spots/{site_id}/{photo_id}", summary="Approve or remove a spot")
def decide_spot(site_id: Slug, photo_id: UUID, decision: Decision, services: Wired, caller: Voucher) -> SPOT:
    """Let scenes be compared with a spot, or no longer."""
    now, state = services.clock.now(), _STATES[decision.approve]
    with services.database.write() as connection:
        if str(photo_id) not in {row["photo_id"] for row in photos.spots(connection, caller.scope, site_id)}:
            raise NotFoundError(f"there is no spot {photo_id} of site {site_id}")
        photos.decide_spot(connection, str(photo_id), state, caller.id, now)
        note(connection, Act(caller.actor, f"spot.{state}", str(photo_id), {"site": site_id}), now)
        rows = photos.spots(connection, caller.scope, site_id)
    return next(spot_body(row) for row in rows if row["photo_id"] == str(photo_id))


_STATES: dict[bool, Literal["approved", "removed"]] = {True: "approved", False: "removed"}
