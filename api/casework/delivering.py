"""Hands an order over: to the site and to the local officers, in the transaction in which it is given."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller
from api.casework.holding import Row
from api.store import notices, sites
from api.store.notices import Box, Reach
from api.store.scope import WHOLE, Scope


def order_id_of(case_id: str) -> str:
    """Return the id of the notice that carries a case's order."""
    return str(uuid5(UUID(case_id), "order"))


def deliver(connection: Connection, caller: Caller, case: Row, texts: Mapping[str, Any], at: datetime) -> None:
    """Put the order into the boxes of the site and of its local officers; who gave it has read it."""
    site = sites.find(connection, WHOLE, case["site_id"])
    assert site is not None  # noqa: S101 - the case refers to it
    notice_id = order_id_of(case["id"])
    officers = notices.local_officers(connection, case["site_id"])
    values = {"kind": "order", "region_id": site["region_id"], "case_id": case["id"], "user_id": caller.id}
    target = {"sites": [case["site_id"]], "officers": list(officers)}
    notices.add(connection, {"id": notice_id, "sent_at": at, "texts": dict(texts), "target": target, **values})
    notices.copy_to_sites(connection, notice_id, Reach(Scope("/", case["site_id"])))
    notices.copy_to_users(connection, notice_id, officers)
    notices.read(connection, Box(None, caller.id), notice_id, caller.id, at)
    note(connection, Act(caller.actor, "order.sent", case["id"], target), at)


def warn_site(connection: Connection, caller: Caller, case: Row, texts: Mapping[str, Any], at: datetime) -> None:
    """Tell a site that the deadlines of an order have become shorter."""
    site = sites.find(connection, WHOLE, case["site_id"])
    assert site is not None  # noqa: S101 - the case refers to it
    notice_id, target = str(uuid5(UUID(case["id"]), f"warning/{at.isoformat()}")), {"sites": [case["site_id"]]}
    values = {"kind": "warning", "region_id": site["region_id"], "case_id": None, "user_id": caller.id}
    notices.add(connection, {"id": notice_id, "sent_at": at, "texts": dict(texts), "target": target, **values})
    notices.copy_to_sites(connection, notice_id, Reach(Scope("/", case["site_id"])))
    note(connection, Act(caller.actor, "order.hastened", case["id"], target), at)


def seen_by_site(connection: Connection, caller: Caller, case_id: str, at: datetime) -> None:
    """Write the receipt of a site whose people act on an order: they have read it."""
    notices.read(connection, Box(caller.scope.site, caller.id), order_id_of(case_id), caller.id, at)
