"""Users: whom an administrator lets in, what they may do, and how they are let in again."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.auth.secrets import code_digest, new_code
from api.bodies import instant, version_etag
from api.cursors import pack, unpack
from api.errors import ConflictError, NotFoundError, StaleError
from api.fields import Slug, Truth
from api.merging import Patch, documented, patched
from api.people import Author, NewUser, Person, add_person, region_of
from api.preconditions import IfMatch, require
from api.services import Services, Wired
from api.shapes.accounts import INVITATION, NEW_USER, USER, USERS
from api.store import factors, users

router = APIRouter(prefix="/v1/users", tags=["accounts"], route_class=GatedRoute)
Admin = Annotated[Caller, Depends(Gate(Permission.USERS_WRITE))]


class ChangedUser(Person):
    """What can be changed about a user."""

    disabled: Truth = Field(default=False, description="May not come in; what the user did keeps the name.")


@router.get("", summary="Users")
def list_users(
    services: Wired,
    caller: Admin,
    cursor: Annotated[str, Query(max_length=512)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> USERS:
    """Return the users of the caller's region and below, by name."""
    after = str(unpack(cursor, (str,))[0]) if cursor else ""
    with services.database.read() as connection:
        rows = users.page(connection, caller.scope, after, limit + 1)
    following = pack(rows[limit - 1]["name"]) if len(rows) > limit else None
    return {"items": [user_body(row) for row in rows[:limit]], "next": following}


@router.post("", summary="Add a user", status_code=HTTPStatus.CREATED)
def add_user(user: NewUser, services: Wired, caller: Admin, response: Response) -> NEW_USER:
    """Add a user within the caller's region and return, this once, the code by which they log in and set a password."""
    with services.database.write() as connection:
        if users.by_name(connection, user.name) is not None:
            raise ConflictError(f"the name {user.name} is taken")
        user_id = add_person(connection, user, "", Author.of(caller), services.clock.now())
        code = _invite(connection, services, user_id)
        return {**_told(connection, caller, user_id, response), "first_login": code}


@router.get("/{user_id}", summary="One user")
def get_user(user_id: Slug, services: Wired, caller: Admin, response: Response) -> USER:
    """Return one user; the ETag is what a change's If-Match takes."""
    with services.database.read() as connection:
        return _told(connection, caller, user_id, response)


@router.patch("/{user_id}", summary="Change a user", openapi_extra=documented(ChangedUser))
def change_user(
    user_id: Slug, patch: Patch, services: Wired, caller: Admin, response: Response, if_match: IfMatch = ""
) -> USER:
    """Change role, place, language, or shut a user out (JSON merge patch); If-Match is required.

    409 for oneself: an administrator who shuts the door behind themselves needs another one anyway.
    """
    now = services.clock.now()
    with services.database.write() as connection:
        row = _found(connection, caller, user_id)
        require(if_match, version_etag(row))
        _require_another(caller, row)
        wanted = patched(ChangedUser, _facts_of(row), patch)
        region = region_of(connection, wanted, caller.scope)
        since = (row["disabled_at"] or now) if wanted.disabled else None
        place = {"region_id": region, "site_id": wanted.site or None, "role": wanted.role.value}
        values = {**place, "language": wanted.language}
        if not users.change(connection, user_id, row["version"], values):
            raise StaleError("somebody else has changed this user meanwhile")
        users.disable(connection, user_id, since)
        told = sorted(name for name, value in {**values, "disabled_at": since}.items() if value != row[name])
        note(connection, Act(caller.actor, "user.changed", row["name"], {"fields": told}), now)
        return _told(connection, caller, user_id, response)


@router.post("/{user_id}/code", summary="Let a user in again", status_code=HTTPStatus.CREATED)
def invite_again(user_id: Slug, services: Wired, caller: Admin) -> INVITATION:
    """Return, this once, a code by which the user logs in and sets a new password; earlier codes end.

    A second factor stays: end it by `DELETE /v1/users/{id}/second-factor` when the phone is lost, too.
    """
    with services.database.write() as connection:
        row = _found(connection, caller, user_id)
        _require_another(caller, row)
        if row["disabled_at"] is not None:
            raise ConflictError("this user is shut out; change `disabled` first")
        note(connection, Act(caller.actor, "user.invited", row["name"]), services.clock.now())
        return _invite(connection, services, user_id)


@router.delete("/{user_id}/sessions", summary="Log a user out everywhere", status_code=204)
def end_sessions(user_id: Slug, services: Wired, caller: Admin) -> Response:
    """End every session and every unused code of a user."""
    with services.database.write() as connection:
        row = _found(connection, caller, user_id)
        users.end_sessions_of(connection, user_id)
        factors.end_invitations(connection, user_id)
        note(connection, Act(caller.actor, "user.sessions_ended", row["name"]), services.clock.now())
    return Response(status_code=204)


@router.delete("/{user_id}/second-factor", summary="End a user's second factor", status_code=204)
def end_factor(user_id: Slug, services: Wired, caller: Admin) -> Response:
    """Forget the authenticator app of somebody who has lost it; their sessions end."""
    with services.database.write() as connection:
        row = _found(connection, caller, user_id)
        _require_another(caller, row)
        factors.end_factor(connection, user_id)
        users.end_sessions_of(connection, user_id)
        note(connection, Act(caller.actor, "user.factor_ended", row["name"]), services.clock.now())
    return Response(status_code=204)


def _require_another(caller: Caller, row: Mapping[Any, Any]) -> None:
    if row["id"] == caller.id:
        raise ConflictError("not on yourself: ask another administrator")


def _invite(connection: Connection, services: Services, user_id: str) -> dict[str, Any]:
    code, now = new_code(), services.clock.now()
    until = now + services.code_length
    factors.invite(connection, user_id, code_digest(code), now, until)
    return {"code": code, "expires_at": instant(until)}


def _found(connection: Connection, caller: Caller, user_id: str) -> Mapping[Any, Any]:
    row = users.find(connection, caller.scope, user_id)
    if row is None:
        raise NotFoundError(f"there is no user {user_id}")
    return row


def _facts_of(row: Mapping[Any, Any]) -> dict[str, Any]:
    place = {"region": row["region_id"], "site": row["site_id"] or ""}
    return {"role": row["role"], **place, "language": row["language"], "disabled": row["disabled_at"] is not None}


def _told(connection: Connection, caller: Caller, user_id: str, response: Response) -> dict[str, Any]:
    row = _found(connection, caller, user_id)
    response.headers["ETag"] = version_etag(row)
    return user_body(row)


def user_body(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a user as administrators see one."""
    return {
        "id": row["id"],
        "name": row["name"],
        **_facts_of(row),
        "has_password": bool(row["password_hash"]),
        "second_factor": bool(row["has_factor"]),
        "created_at": instant(row["created_at"]),
        "etag": version_etag(row),
    }
