"""The gate before every route: finds out who is asking, and turns away who may not."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from sqlalchemy import Connection

from api.auth.caller import OF_ROLE, Caller, Permission, Role, SecondFactor, callers_of, permissions_of_key, who_may
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


_TO_ENROL = "your role needs a second factor: enrol one by POST /v1/session/second-factor"


class Gate:
    """A dependency that lets those pass who have a permission and hands on who they are.

    Without a permission it lets every person with a session pass.
    """

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Caller:
        """Return the caller; 401 when there is none, 403 when it may not."""
        caller = identify(request)
        services: Services = request.app.state.services
        services.pace.take(caller.id, services.clock.now().timestamp())
        if self.permission is not None and caller.second_factor == "to_enrol":
            raise ForbiddenError(_TO_ENROL, kind="second-factor-to-enrol")
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
        return _by_key(services, key.strip(), address_of(request))
    token = request.cookies.get(COOKIE, "")
    caller = by_session(services, digest(token)) if token else None
    if caller is None:
        raise UnknownCallerError
    if request.method not in _SAFE:
        refuse_other_sites(request)
        if not same(request.headers.get(CSRF_HEADER, ""), csrf_of(token)):
            raise ForbiddenError(f"a write with a session needs the header {CSRF_HEADER} from GET /v1/session")
    return caller


def refuse_other_sites(request: Request) -> None:
    """Pass unless a browser says that a page of another site has made it send this."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForbiddenError("a page of another site may not do this in your name", kind="cross-site")


def address_of(request: Request) -> str:
    """Return the address that the request came from; behind a trusted proxy, the one that it tells."""
    return request.client.host if request.client else ""


def by_session(services: Services, session: str) -> Caller | None:
    """Return the user whose live session has this digest."""
    with services.database.read() as connection:
        row = users.by_session(connection, session, services.clock.now())
    return person(services, row, session) if row else None


def person(services: Services, row: Mapping[Any, Any], session: str) -> Caller:
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
        second_factor=_second_factor(services, row),
    )


def _second_factor(services: Services, row: Mapping[Any, Any]) -> SecondFactor:
    if row["has_factor"]:
        return "on"
    return "to_enrol" if row["role"] in services.second_factor_roles else "off"


def _by_key(services: Services, key: str, address: str) -> Caller:
    now = services.clock.now()
    with services.database.read() as connection:
        row = _matching(connection, key, now)
    if not at_home(row["networks"], address):
        raise ForbiddenError(f"this API key may not be used from {address or 'here'}", kind="key-not-from-here")
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
        limited=row["events_a_day"] is not None,
    )


def _matching(connection: Connection, key: str, now: datetime) -> Mapping[Any, Any]:
    row, told = keys.by_prefix(connection, prefix_of(key)), digest(key)
    if row is None or not (same(row["digest"], told) or _was_rotated(row, told, now)):
        raise UnknownCallerError("this API key is not known or was revoked")
    if row["expires_at"] is not None and row["expires_at"] <= now:
        raise UnknownCallerError("this API key has run out")
    return row


def _was_rotated(row: Mapping[Any, Any], told: str, now: datetime) -> bool:
    """Tell whether this is the secret before the present one, still in its time."""
    return row["old_until"] is not None and row["old_until"] > now and same(row["old_digest"] or "", told)


def at_home(networks: Iterable[str] | None, address: str) -> bool:
    """Tell whether an address lies in one of the networks; null and none at all mean anywhere."""
    if not networks:
        return True
    try:
        told = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(told, "ipv4_mapped", None)
    return any((mapped or told) in ip_network(network) for network in networks)
