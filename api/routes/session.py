"""Coming in and going out: first-login code, password, session, logout."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller
from api.auth.gate import COOKIE, Gate, GatedRoute, UnknownCallerError, person
from api.auth.secrets import code_digest, csrf_of, digest, new_token
from api.errors import ForbiddenError, ProblemError, field_error
from api.services import Services, Wired
from api.store import users
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/session", tags=["session"], route_class=GatedRoute)
Person = Annotated[Caller, Depends(Gate(None))]


class Login(BaseModel):
    """A first-login code, or name and password."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(default="", max_length=64)
    name: str = Field(default="", max_length=64)
    password: str = Field(default="", max_length=256)


class NewPassword(BaseModel):
    """A password for the user of this session; who came in by a code has no `current` one to tell."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=256)
    current: str = Field(default="", max_length=256)


@router.post("", summary="Log in")
def log_in(login: Login, request: Request, response: Response, services: Wired) -> dict[str, Any]:
    """Begin a session; wrong guesses from one address at one account make that pair wait, nobody else."""
    if not login.code and not login.name:
        raise InvalidInputError("code", "", "a first-login code, or name and password")
    account = "code" if login.code else login.name.lower()
    address = _address(request)
    _refuse_haste(services, account, address)
    user_id = _by_code(services, login.code) if login.code else _by_password(services, login.name, login.password)
    if user_id is None:
        services.backoff.failed(account, address, services.clock.now())
        raise UnknownCallerError("this code or password is wrong, used up or too old")
    services.backoff.succeeded(account, address)
    return _begin(services, response, user_id, by_code=bool(login.code))


@router.get("", summary="Who am I")
def show(request: Request, caller: Person) -> dict[str, Any]:
    """Return the user of this session and its CSRF token."""
    return _body(caller, request.cookies[COOKIE])


@router.delete("", summary="Log out", status_code=204)
def log_out(services: Wired, caller: Person) -> Response:
    """End this session."""
    with services.database.write() as connection:
        users.end_session(connection, caller.session)
        note(connection, Act(caller.actor, "session.ended", caller.name), services.clock.now())
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response


@router.post("/password", summary="Set my password", status_code=204)
def set_password(new: NewPassword, request: Request, services: Wired, caller: Person) -> Response:
    """Set my password: after logging in by code, or by telling the current one; my other sessions end."""
    if not caller.may_set_password:
        _require_current(services, caller, new.current, _address(request))
    hashed = services.passwords.hash(new.password)
    with services.database.write() as connection:
        users.set_password(connection, caller.id, hashed)
        users.end_sessions_of(connection, caller.id, keep=caller.session)
        note(connection, Act(caller.actor, "user.password_set", caller.name), services.clock.now())
    return Response(status_code=204)


def _require_current(services: Services, caller: Caller, current: str, address: str) -> None:
    """Pass when the password is the user's; a stolen session must not become a stolen account by guessing."""
    _refuse_haste(services, caller.name, address)
    if _by_password(services, caller.name, current) == caller.id:
        services.backoff.succeeded(caller.name, address)
        return
    services.backoff.failed(caller.name, address, services.clock.now())
    told = field_error("current", current, "the password that you have now, or log in by a first-login code")
    raise ForbiddenError("a new password needs the current one", errors=[told])


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _refuse_haste(services: Services, account: str, address: str) -> None:
    wait_s = services.backoff.wait_s(account, address, services.clock.now())
    if wait_s > 0:
        headers = {"Retry-After": str(int(wait_s) + 1)}
        raise ProblemError(
            "too many wrong guesses from here; wait a little", status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers
        )


def _by_code(services: Services, code: str) -> str | None:
    """Use a code up and return the first administrator, made now if nobody is there yet."""
    now = services.clock.now()
    with services.database.write() as connection:
        if not users.use_code(connection, code_digest(code), now):
            return None
        return _first_user(connection, services)


def _first_user(connection: Connection, services: Services) -> str:
    known = users.by_name(connection, users.FIRST_USER)
    if known is not None:
        return str(known["id"])
    now = services.clock.now()
    user = {"id": uuid4().hex, "name": users.FIRST_USER, "password_hash": "", "role": "admin", "language": "zh"}
    users.add(connection, {**user, "region_id": "root", "site_id": None, "created_at": now})
    note(connection, Act("code", "user.added", users.FIRST_USER, {"role": "admin", "region": "root"}), now)
    return user["id"]


def _by_password(services: Services, name: str, password: str) -> str | None:
    with services.database.read() as connection:
        row = users.by_name(connection, name)
    live = row if row is not None and row["disabled_at"] is None else None
    right = services.passwords.verify(password, live["password_hash"] if live else "")
    return str(live["id"]) if right and live else None


def _begin(services: Services, response: Response, user_id: str, *, by_code: bool) -> dict[str, Any]:
    token, now = new_token(), services.clock.now()
    session = {"digest": digest(token), "user_id": user_id, "by_code": by_code}
    with services.database.write() as connection:
        users.add_session(connection, {**session, "expires_at": now + services.session_length}, now)
        row = users.by_session(connection, digest(token), now)
        if row is None:
            raise UnknownCallerError("this user may not come in any more")
        caller = person(row, digest(token))
        by = "code" if by_code else "password"
        note(connection, Act(caller.actor, "session.began", caller.name, {"by": by}), now)
    _hand_over(services, response, token)
    return _body(caller, token)


def _hand_over(services: Services, response: Response, token: str) -> None:
    seconds = int(services.session_length.total_seconds())
    secure = services.secure_cookies
    response.set_cookie(COOKIE, token, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def _body(caller: Caller, token: str) -> dict[str, Any]:
    user = {"name": caller.name, "role": caller.role, "language": caller.language}
    return {"user": {**user, "may_set_password": caller.may_set_password}, "csrf": csrf_of(token)}
