"""Coming in by an organisation's own login: to the provider and back, into an account that was made here."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.gate import GatedRoute, address_of
from api.auth.oidc import TICKET_LIVES, ProviderError, Someone, sealed, unsealed
from api.errors import NotFoundError
from api.routes.session import begin
from api.services import Services, Wired
from api.shapes.accounts import WAYS
from api.store import factors, identities, users
from api.store.sealing import Keyring

router = APIRouter(prefix="/v1/session/organisation", tags=["session"], route_class=GatedRoute)
TICKET = "mingchu_ticket"
_log = logging.getLogger(__name__)
_NONE = {
    "description": "No organisation's login is set up here.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_MOVED: dict[int | str, dict[str, Any]] = {
    404: _NONE,
    303: {"description": "Go there.", "headers": {"Location": {"schema": {"type": "string"}}}},
}
_SENT_BACK: dict[int | str, dict[str, Any]] = {
    404: _NONE,
    303: {
        "description": "To the console: inside, or with `#refused=` and `provider`, `account` or `second-factor`.",
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
}


@router.get("/ways", summary="Whether an organisation's login is set up")
def show_ways(services: Wired) -> WAYS:
    """Return whether there is one: the console asks before anybody has logged in."""
    return {"organisation": services.provider is not None}


@router.get(
    "", summary="Log in by the organisation", status_code=303, response_class=RedirectResponse, responses=_MOVED
)
def leave(request: Request, services: Wired) -> RedirectResponse:
    """Send a browser to the provider of `MINGCHU_OIDC_ISSUER`; 404 where there is none."""
    provider, keyring = _required(services)
    services.login_pace.take(address_of(request), services.clock.now().timestamp())
    try:
        place, ticket = provider.begun(_back(services, request), services.clock.now())
    except ProviderError as error:
        return _refused("provider", error)
    answer = RedirectResponse(place, 303)
    answer.set_cookie(
        TICKET,
        sealed(ticket, keyring),
        max_age=int(TICKET_LIVES.total_seconds()),
        path=router.prefix,
        httponly=True,
        samesite="lax",  # it comes back from the provider's site
        secure=services.secure_cookies,
    )
    return answer


@router.get(
    "/back", summary="Back from the provider", status_code=303, response_class=RedirectResponse, responses=_SENT_BACK
)
def come_back(
    request: Request,
    services: Wired,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=256)] = "",
) -> RedirectResponse:
    """Begin a session of the account that the provider's user has here.

    An account belongs to the provider's user whose name it has and who came first; from then on to that user's
    subject, whatever the name becomes. Accounts are made by administrators, never here.
    """
    provider, keyring = _required(services)
    now = services.clock.now()
    services.login_pace.take(address_of(request), now.timestamp())
    ticket = unsealed(request.cookies.get(TICKET, ""), state, keyring, now)
    if ticket is None or not code:
        return _refused("provider", "no ticket that fits, or no code")
    try:
        someone = provider.ended(code, ticket, _back(services, request), now)
    except ProviderError as error:
        return _refused("provider", error)
    return _entered(services, request, someone)


def _required(services: Services) -> tuple[Any, Keyring]:
    if services.provider is None or services.database.keyring is None:
        raise NotFoundError("no organisation's login is set up here (MINGCHU_OIDC_ISSUER)")
    return services.provider, services.database.keyring


def _back(services: Services, request: Request) -> str:
    return f"{services.public_url or str(request.base_url).rstrip('/')}{router.prefix}/back"


def _refused(why: str, detail: object) -> RedirectResponse:
    _log.warning("event=organisation-login-refused why=%s detail=%s", why, detail)
    answer = RedirectResponse(f"/#refused={why}", 303)
    answer.delete_cookie(TICKET, path=router.prefix)
    return answer


def _entered(services: Services, request: Request, someone: Someone) -> RedirectResponse:
    with services.database.write() as connection:
        user = _account(services, connection, someone)
        factor = factors.factor_of(connection, user) if user else None
    if user is None:
        return _refused("account", f"{someone.issuer} {someone.subject}")
    if factor is not None and factor["confirmed_at"] is not None and not someone.strong:
        return _refused("second-factor", someone.subject)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(TICKET, path=router.prefix)
    begin(services, request, answer, user, by="organisation")
    return answer


def _account(services: Services, connection: Connection, someone: Someone) -> str | None:
    """Return the id of the live account that is this user's; the first time it is bound to the user's subject."""
    known = identities.user_of(connection, someone.issuer, someone.subject)
    row = users.by_id(connection, known) if known else users.by_name(connection, someone.name)
    if row is None or row["disabled_at"] is not None:
        return None
    if known is None:
        if identities.is_bound(connection, someone.issuer, row["id"]):
            return None
        now = services.clock.now()
        identities.bind(connection, someone.issuer, someone.subject, row["id"], now)
        told = {"issuer": someone.issuer, "subject": someone.subject}
        note(connection, Act(f"user:{row['name']}", "user.bound", row["name"], told), now)
    return str(row["id"])
