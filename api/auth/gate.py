"""The gate before every route: finds out who is asking, and turns away who may not."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from sqlalchemy import Connection

from api.auth.caller import OF_ROLE, Caller, Permission, Role, callers_of, permissions_of_key, who_may
from api.auth.secrets import csrf_of, digest, prefix_of, same
from api.errors import ForbiddenError, ProblemError
from api.services import Services
from api.store import keys, users
from api.store.scope import Scope

COOKIE = "mingchu_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class UnknownCallerError(ProblemError):
    """No session, no key, or one that has ended."""

    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, detail: str = "log in, or send an API key as bearer token") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Gate:
    """A dependency that lets those pass who have a permission and hands on who they are.

    Without a permission it lets every person with a session pass.
    """

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Caller:
        """Return the caller; 401 when there is none, 403 when it may not."""
        caller = identify(request)
        if self.permission is not None and not caller.may(self.permission):
            raise ForbiddenError(f"{caller.actor} may not do this. {who_may(self.permission)}")
        if self.permission is None and not caller.session:
            raise ForbiddenError("only a person with a session may do this")
        return caller


class GatedRoute(APIRoute):
    """A route whose OpenAPI tells who may call it, for people and for programs, read from its own gate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gates = [part.call for part in self.dependant.dependencies if isinstance(part.call, Gate)]
        gate = gates[0] if gates else None
        self.description = f"{self.description}\n\n{_sentence(gate)}".strip()
        self.openapi_extra = {**(self.openapi_extra or {}), "x-mingchu-who": _who(gate)}


def _sentence(gate: Gate | None) -> str:
    if gate is None:
        return "Who may call: anybody."
    return who_may(gate.permission) if gate.permission else "Who may call: every person with a session."


def _who(gate: Gate | None) -> dict[str, Any]:
    """Return what `x-mingchu-who` says: roles of people, scopes of keys, and whether anybody else may call."""
    if gate is None:
        return {"anybody": True, "roles": [], "scopes": []}
    roles, scopes = callers_of(gate.permission) if gate.permission else ([role.value for role in Role], [])
    return {"anybody": False, "roles": roles, "scopes": scopes}


def identify(request: Request) -> Caller:
    """Return who sent a request: by bearer key, else by session cookie with its CSRF token on writes."""
    services: Services = request.app.state.services
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_key(services, key.strip())
    token = request.cookies.get(COOKIE, "")
    caller = by_session(services, digest(token)) if token else None
    if caller is None:
        raise UnknownCallerError
    if request.method not in _SAFE and not same(request.headers.get(CSRF_HEADER, ""), csrf_of(token)):
        raise ForbiddenError(f"a write with a session needs the header {CSRF_HEADER} from GET /v1/session")
    return caller


def by_session(services: Services, session: str) -> Caller | None:
    """Return the user whose live session has this digest."""
    with services.database.read() as connection:
        row = users.by_session(connection, session, services.clock.now())
    return person(row, session) if row else None


def person(row: Mapping[Any, Any], session: str) -> Caller:
    """Return the caller that a user's row and a session's digest mean."""
    return Caller(
        id=row["id"],
        actor=f"user:{row['name']}",
        role=row["role"],
        name=row["name"],
        language=row["language"],
        permissions=OF_ROLE[Role(row["role"])],
        scope=Scope(row["region_path"], row["site_id"]),
        session=session,
        may_set_password=row["by_code"],
    )


def _by_key(services: Services, key: str) -> Caller:
    now = services.clock.now()
    with services.database.read() as connection:
        row = _matching(connection, key)
    if keys.used_long_ago(row, now):
        with services.database.write() as connection:
            keys.note_use(connection, row["id"], now)
    return Caller(
        id=row["id"],
        actor=f"key:{row['prefix']}",
        role="integrator",
        name=row["name"],
        language="en",
        permissions=permissions_of_key(row["scopes"]),
        scope=Scope(row["region_path"]),
    )


def _matching(connection: Connection, key: str) -> Mapping[Any, Any]:
    row = keys.by_prefix(connection, prefix_of(key))
    if row is None or not same(row["digest"], digest(key)):
        raise UnknownCallerError("this API key is not known or was revoked")
    return row
