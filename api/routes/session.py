"""Coming in and going out: first-login code, password, second factor, session, logout."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller
from api.auth.entering import WRONG, by_code, by_password, passes_factor
from api.auth.gate import (
    COOKIE,
    Gate,
    GatedRoute,
    UnknownCallerError,
    address_of,
    person,
    refuse_other_sites,
)
from api.auth.secrets import csrf_of, digest, new_token
from api.bodies import instant
from api.errors import ForbiddenError, NotFoundError, ProblemError, field_error
from api.services import Services, Wired
from api.shapes.accounts import SESSION, SESSIONS
from api.store import users
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/session", tags=["session"], route_class=GatedRoute)
Person = Annotated[Caller, Depends(Gate(None))]
SESSION_ID_CHARACTERS = 24


class Login(BaseModel):
    """A first-login code, or name and password; with the second factor where the account has one."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(default="", max_length=64)
    name: str = Field(default="", max_length=64)
    password: str = Field(default="", max_length=256)
    second_factor: str = Field(default="", max_length=64)
    """Six digits of the authenticator app, or a recovery code."""


class NewPassword(BaseModel):
    """A password for the user of this session; who came in by a code has no `current` one to tell."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=256)
    current: str = Field(default="", max_length=256)


@router.post("", summary="Log in")
def log_in(login: Login, request: Request, response: Response, services: Wired) -> SESSION:
    """Begin a session; wrong guesses from one address at one account make that pair wait, nobody else.

    401 of type `second-factor-needed`: send the same again with `second_factor`.
    """
    refuse_other_sites(request)
    if not login.code and not login.name:
        raise InvalidInputError("code", "", "a first-login code, or name and password")
    account, address = "code" if login.code else login.name.lower(), address_of(request)
    services.login_pace.take(address, services.clock.now().timestamp())
    refuse_haste(services, account, address)
    user_id = _known(services, login)
    if user_id is None:
        services.backoff.failed(account, address, services.clock.now())
        raise UnknownCallerError(WRONG)
    services.backoff.succeeded(account, address)
    return begin(services, request, response, user_id, by="code" if login.code else "password")


def _known(services: Services, login: Login) -> str | None:
    """Return who this is: both factors are right, or there is only one."""
    if login.code:
        return by_code(services, login.code, login.second_factor)
    user_id = by_password(services, login.name, login.password)
    if user_id is None:
        return None
    with services.database.write() as connection:
        passed = passes_factor(connection, user_id, login.second_factor, services.clock.now())
    return user_id if passed else None


@router.get("", summary="Who am I")
def show(request: Request, caller: Person) -> SESSION:
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
        require_current(services, caller, new.current, address_of(request))
    hashed = services.passwords.hash(new.password)
    with services.database.write() as connection:
        users.set_password(connection, caller.id, hashed)
        users.end_sessions_of(connection, caller.id, keep=caller.session)
        note(connection, Act(caller.actor, "user.password_set", caller.name), services.clock.now())
    return Response(status_code=204)


@router.get("/all", summary="Where I am logged in")
def list_sessions(services: Wired, caller: Person) -> SESSIONS:
    """Return my live sessions, newest first: whoever finds one that is not theirs ends it."""
    with services.database.read() as connection:
        rows = users.sessions_of(connection, caller.id, services.clock.now())
    return {"items": [_session_body(row, caller) for row in rows], "next": None}


@router.delete("/all/{session_id}", summary="Log out elsewhere", status_code=204)
def end_session(
    session_id: Annotated[str, Path(pattern=r"^[0-9a-f]{24}$")], services: Wired, caller: Person
) -> Response:
    """End one of my sessions by its id."""
    now = services.clock.now()
    with services.database.write() as connection:
        rows = users.sessions_of(connection, caller.id, now)
        found = [row["digest"] for row in rows if row["digest"].startswith(session_id)]
        if not found:
            raise NotFoundError(f"you have no session {session_id}")
        users.end_session(connection, found[0])
        note(connection, Act(caller.actor, "session.ended", caller.name, {"session": session_id}), now)
    return Response(status_code=204)


def _session_body(row: Any, caller: Caller) -> dict[str, Any]:
    """Return a session; its id is a part of the digest, from which nobody finds the token."""
    return {
        "id": row["digest"][:SESSION_ID_CHARACTERS],
        "address": row["address"] or "",
        "agent": row["agent"] or "",
        "created_at": instant(row["created_at"]),
        "expires_at": instant(row["expires_at"]),
        "is_this": row["digest"] == caller.session,
    }


def require_current(services: Services, caller: Caller, current: str, address: str) -> None:
    """Pass when the password is the user's; a stolen session must not become a stolen account by guessing."""
    refuse_haste(services, caller.name, address)
    if by_password(services, caller.name, current) == caller.id:
        services.backoff.succeeded(caller.name, address)
        return
    services.backoff.failed(caller.name, address, services.clock.now())
    told = field_error("current", current, "the password that you have now, or log in by a first-login code")
    raise ForbiddenError("a new password needs the current one", errors=[told])


def refuse_haste(services: Services, account: str, address: str) -> None:
    """Pass unless this pair has guessed wrong too often; 429 says how long it waits."""
    wait_s = services.backoff.wait_s(account, address, services.clock.now())
    if wait_s > 0:
        headers = {"Retry-After": str(int(wait_s) + 1)}
        raise ProblemError(
            "too many wrong guesses from here; wait a little", status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers
        )


def begin(services: Services, request: Request, response: Response, user_id: str, *, by: str) -> dict[str, Any]:
    """Begin a session of a user who has proved to be one; return what the page must know."""
    token, now = new_token(), services.clock.now()
    seen = {"address": address_of(request)[:64], "agent": _printable(request.headers.get("User-Agent", ""))[:200]}
    session = {"digest": digest(token), "user_id": user_id, "by_code": by == "code", **seen}
    with services.database.write() as connection:
        users.add_session(connection, {**session, "expires_at": now + services.session_length}, now)
        row = users.by_session(connection, digest(token), now)
        if row is None:
            raise UnknownCallerError("this user may not come in any more")
        caller = person(services, row, digest(token))
        note(connection, Act(caller.actor, "session.began", caller.name, {"by": by}), now)
    _hand_over(services, response, token)
    return _body(caller, token)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _hand_over(services: Services, response: Response, token: str) -> None:
    seconds = int(services.session_length.total_seconds())
    secure = services.secure_cookies
    response.set_cookie(COOKIE, token, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def _body(caller: Caller, token: str) -> dict[str, Any]:
    user = {"name": caller.name, "role": caller.role, "language": caller.language}
    entered = {"may_set_password": caller.may_set_password, "second_factor": caller.second_factor}
    return {"user": {**user, **entered}, "csrf": csrf_of(token)}
