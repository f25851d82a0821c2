"""Sends a notice: to a region, some types of sites or a list of sites, at once and wholly, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller
from api.cases.orders import Language
from api.errors import ConflictError, NotFoundError
from api.store import notices, regions
from api.store.notices import Reach
from api.store.scope import Scope
from vision.errors import InvalidInputError

URGED_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be told, and to whom."""

    kind: str
    texts: Mapping[Language, Mapping[str, str]]
    """Title and body by language."""
    region: str = ""
    """Empty = the sender's own."""
    types: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    officers: bool = False
    """The supervisors of the region and below get a copy, too."""


def send(connection: Connection, caller: Caller, region: str, letter: Letter, now: datetime) -> str:
    """Send a letter and return its id; `region` is where it is sent from unless the letter names one.

    Raises:
        InvalidInputError: a region or site is not the sender's, or no site is reached.
    """
    where = regions.find(connection, caller.scope, letter.region or region)
    if where is None:
        raise InvalidInputError("to.region", letter.region, "a region of yours")
    reach = Reach(Scope(where["path"]), letter.types, letter.sites)
    _require_sites(connection, reach, letter)
    notice_id, target = str(uuid4()), _target(where["id"], letter)
    values = {"kind": letter.kind, "region_id": where["id"], "case_id": None, "user_id": caller.id, "sent_at": now}
    texts = {language: dict(text) for language, text in letter.texts.items()}
    notices.add(connection, {"id": notice_id, "texts": texts, "target": target, **values})
    notices.copy_to_sites(connection, notice_id, reach)
    if letter.officers:
        notices.copy_to_users(connection, notice_id, notices.officers_within(connection, reach.scope))
    note(connection, Act(caller.actor, "notice.sent", notice_id, {"kind": letter.kind, **target}), now)
    return notice_id


def _require_sites(connection: Connection, reach: Reach, letter: Letter) -> None:
    found = notices.reached(connection, reach)
    missing = sorted(set(letter.sites) - set(found))
    if missing:
        raise InvalidInputError(
            "to.sites", missing[0], "sites of that region, and of those types where types are named"
        )
    if not found:
        raise InvalidInputError("to", dict(_target(letter.region, letter)), "a region or types that have a site")


def _target(region: str, letter: Letter) -> dict[str, Any]:
    lists = {"types": list(letter.types), "sites": list(letter.sites)}
    return {"region": region, **lists, "officers": letter.officers}


def urge(connection: Connection, caller: Caller, notice_id: str, now: datetime) -> int:
    """Urge everybody who has not read a notice; return how many copies that are.

    Raises:
        NotFoundError: there is no such notice for this caller.
        ConflictError: everybody has read it, or they were urged a moment ago.
    """
    row = notices.find_sent(connection, caller.scope, notice_id, lock=True)
    if row is None:
        raise NotFoundError(f"there is no notice {notice_id}")
    if row["urged_at"] is not None and now - row["urged_at"] < URGED_AGAIN_AFTER:
        minutes = URGED_AGAIN_AFTER // timedelta(minutes=1)
        raise ConflictError(f"they were urged less than {minutes} minutes ago")
    count = notices.urge(connection, caller.scope, notice_id, now)
    if not count:
        raise ConflictError("everybody has read it")
    note(connection, Act(caller.actor, "notice.urged", notice_id, {"copies": count}), now)
    return count
