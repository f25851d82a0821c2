"""My second factor: enrol an authenticator app, confirm it, give it up."""

from http import HTTPStatus
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.audit import Act
from api.audit import record as note
from api.auth import totp
from api.auth.caller import Caller
from api.auth.entering import proves
from api.auth.gate import GatedRoute, address_of
from api.auth.secrets import code_digest, new_code
from api.errors import ConflictError, ForbiddenError, NotFoundError, field_error
from api.routes.session import Person, refuse_haste, require_current
from api.services import Services, Wired
from api.shapes.accounts import OFFER, RECOVERY_CODES
from api.store import factors

router = APIRouter(prefix="/v1/session/second-factor", tags=["session"], route_class=GatedRoute)
_RECOVERY_CODES = 10
_ISSUER = "Mingchu"
Digits = Annotated[str, Field(min_length=1, max_length=64)]


class Enrolment(BaseModel):
    """My password again: who finds an open browser shall not put a phone of theirs in."""

    model_config = ConfigDict(extra="forbid")

    current: str = Field(default="", max_length=256)


class Proof(BaseModel):
    """Six digits that the app shows now."""

    model_config = ConfigDict(extra="forbid")

    code: Digits


class Farewell(BaseModel):
    """Six digits that the app shows now, or a recovery code."""

    model_config = ConfigDict(extra="forbid")

    code: Digits


@router.post("", summary="Enrol an authenticator app", status_code=HTTPStatus.CREATED)
def enrol(enrolment: Enrolment, request: Request, services: Wired, caller: Person) -> OFFER:
    """Return a secret with its `otpauth` address and QR code (SVG); it counts once it is confirmed.

    Who came in by a first-login code needs no `current` password. 409 when an app is enrolled: end it first.
    """
    if not caller.may_set_password:
        require_current(services, caller, enrolment.current, address_of(request))
    secret, now = totp.new_secret(), services.clock.now()
    with services.database.write() as connection:
        _require_none(connection, caller)
        factors.begin_factor(connection, caller.id, secret, now)
    told = totp.uri(secret, caller.name, _ISSUER)
    return {"secret": secret, "uri": told, "qr_svg": segno.make(told, error="m").svg_inline(scale=4)}


def _require_none(connection: Any, caller: Caller) -> None:
    factor = factors.factor_of(connection, caller.id)
    if factor is not None and factor["confirmed_at"] is not None:
        raise ConflictError("an authenticator app is enrolled; end it first")


@router.put("", summary="Confirm the authenticator app")
def confirm(proof: Proof, request: Request, services: Wired, caller: Person) -> RECOVERY_CODES:
    """Make the enrolled app count from now on; return ten recovery codes, which are shown this once."""
    codes, now = [new_code() for _ in range(_RECOVERY_CODES)], services.clock.now()
    refuse_haste(services, caller.name, address_of(request))
    with services.database.write() as connection:
        _require_none(connection, caller)
        factor = factors.factor_of(connection, caller.id)
        if factor is None:
            raise NotFoundError("no authenticator app is enrolled; begin by POST")
        right = proves(connection, factor, proof.code, now)
        if right:
            factors.confirm_factor(connection, caller.id, map(code_digest, codes), now)
            note(connection, Act(caller.actor, "user.factor_added", caller.name), now)
    if not right:
        _wrong(services, caller, request)
    return {"recovery_codes": codes}


@router.post("/end", summary="Give the authenticator app up", status_code=204)
def end(farewell: Farewell, request: Request, services: Wired, caller: Person) -> Response:
    """End my second factor by a code of it; 409 where my role needs one."""
    if caller.role in services.second_factor_roles:
        raise ConflictError(f"the role {caller.role} needs a second factor here")
    now = services.clock.now()
    refuse_haste(services, caller.name, address_of(request))
    with services.database.write() as connection:
        factor = factors.factor_of(connection, caller.id)
        if factor is None or factor["confirmed_at"] is None:
            raise NotFoundError("no authenticator app is enrolled")
        right = proves(connection, factor, farewell.code, now)
        if right:
            factors.end_factor(connection, caller.id)
            note(connection, Act(caller.actor, "user.factor_ended", caller.name), now)
    if not right:
        _wrong(services, caller, request)
    return Response(status_code=204)


def _wrong(services: Services, caller: Caller, request: Request) -> None:
    """Count the guess and refuse; ProblemError 403 names the field."""
    services.backoff.failed(caller.name, address_of(request), services.clock.now())
    told = field_error("code", "", "the six digits that the app shows now, each taken once")
    raise ForbiddenError("this code is wrong or was used", errors=[told]) from None
